"""The file of a log that is being written: whole pieces only."""

import errno
import os
from pathlib import Path

import pytest

from dflite.persistence.increment import Increment

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_appended_stands_behind_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"old,")
    file = Increment(str(path))
    assert file.size == 4
    file.append(b"new")
    file.sync()
    file.close()
    file.close()
    assert path.read_bytes() == b"old,new"
    Increment(str(path), fresh=True).close()
    assert path.read_bytes() == b""


def test_a_disk_that_is_full_leaves_no_half_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log"
    file = Increment(str(path))
    file.append(b"whole,")
    write, cut = os.write, os.ftruncate

    def write_some(fd: int, data: bytes) -> int:
        if len(data) < 5:
            raise FULL
        return write(fd, data[:3])

    def fail(*_: object) -> None:
        raise FULL

    monkeypatch.setattr(os, "write", write_some)
    with pytest.raises(OSError, match="No space"):
        file.append(b"too long")
    assert path.read_bytes() == b"whole,"
    monkeypatch.setattr(os, "ftruncate", fail)
    with pytest.raises(OSError, match="No space"):
        file.append(b"too long")
    assert path.read_bytes() == b"whole,too lo"  # nothing could be done about it yet
    with pytest.raises(OSError, match="No space"):
        file.append(b"next")
    monkeypatch.setattr(os, "ftruncate", cut)
    monkeypatch.setattr(os, "write", write)
    file.append(b"next")
    assert path.read_bytes() == b"whole,next"
    assert file.size == 10
    file.close()


def test_what_could_not_be_synced_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "log"
    file = Increment(str(path))
    file.append(b"synced")
    file.append(b"lost")
    file.go_back(6)
    assert path.read_bytes() == b"synced"
    file.close()


def test_annotations_tell_each_second_once(tmp_path: Path) -> None:
    file = Increment(str(tmp_path / "log"))
    assert file.stamp(5) == b"#TS:5\r\n"
    assert file.stamp(5) == b""
    assert file.stamp(6) == b"#TS:6\r\n"
    file.close()
