"""The directory of a log belongs to one process, and data in it to a manifest."""

import os
from pathlib import Path

import pytest

from dflite.persistence.log_folder import FolderLock, without_manifest


def test_one_at_a_time_has_the_lock(tmp_path: Path) -> None:
    first, second = FolderLock(), FolderLock()
    first.take(str(tmp_path))
    first.take(str(tmp_path))
    with pytest.raises(OSError, match=f"another process writes the log in {tmp_path}"):
        second.take(str(tmp_path))
    first.let_go()
    first.give_back()
    second.take(str(tmp_path))
    assert not os.get_inheritable(second.fd)
    second.close()


def test_what_is_taken_again_is_not_given_back(tmp_path: Path) -> None:
    first, second = FolderLock(), FolderLock()
    first.take(str(tmp_path))
    first.let_go()
    first.take(str(tmp_path))
    first.give_back()
    with pytest.raises(OSError, match="another process"):
        second.take(str(tmp_path))
    first.close()


def test_a_directory_in_the_place_of_another_is_another(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    first, second = FolderLock(), FolderLock()
    first.take(str(folder))
    folder.rename(tmp_path / "old")
    folder.mkdir()
    first.take(str(folder))
    second.take(str(tmp_path / "old"))
    with pytest.raises(OSError, match="another process"):
        second.take(str(folder))
    first.close()


def test_files_with_data_need_a_manifest(tmp_path: Path) -> None:
    assert without_manifest(str(tmp_path / "nowhere"), "log") == ""
    (tmp_path / "log.1.incr.aof").touch()
    (tmp_path / "other.1.incr.aof").write_text("data")
    (tmp_path / "log.1.base.rdb.17.1.tmp").write_text("data")
    assert without_manifest(str(tmp_path), "log") == ""
    (tmp_path / "log.1.incr.aof").write_text("data")
    (tmp_path / "log.1.base.rdb").write_text("data")
    said = without_manifest(str(tmp_path), "log")
    assert f"{tmp_path} holds log.1.base.rdb, log.1.incr.aof, but not log.manifest" in said
    (tmp_path / "log.manifest").touch()
    assert without_manifest(str(tmp_path), "log") == ""
