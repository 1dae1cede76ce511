"""The working directory: shared with a warning, changed by CONFIG SET where one can go."""

import os
from pathlib import Path

import pytest

from dflite.server.working_directory import WorkingDirectory
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused


class Place:
    """Settings of a node whose log is on or off."""

    def __init__(self) -> None:
        self.log_is_on = False
        self.settings = Settings()
        self.settings.enable_protected_configs = "yes"
        self.directory = WorkingDirectory(self.settings, lambda: self.log_is_on)

    def refusal(self, folder: str) -> str:
        with pytest.raises(ChangeRefused) as refused:
            self.settings.change([("dir", folder)])
        return str(refused.value)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    return Place()


def test_the_process_goes_there_and_the_setting_is_the_whole_path(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    place.settings.change([("dir", "a")])
    assert place.settings.text("dir") == str(tmp_path / "a") == os.getcwd()
    place.settings.change([("dir", "..")])
    assert place.settings.text("dir") == str(tmp_path) == os.getcwd()


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("missing", "No such file or directory"),
        ("file", "Not a directory"),
        ("", "dir can't be empty"),
    ],
)
def test_where_one_cannot_go_nothing_changes(
    place: Place, tmp_path: Path, folder: str, why: str
) -> None:
    (tmp_path / "file").touch()
    expected = f"CONFIG SET failed (possibly related to argument 'dir') - {why}"
    assert place.refusal(folder) == expected
    assert place.settings.text("dir") == str(tmp_path) == os.getcwd()


def test_a_log_is_not_left_behind(place: Place, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    place.log_is_on = True
    assert "switch appendonly off first" in place.refusal("a")
    assert os.getcwd() == str(tmp_path)


def test_it_comes_back_when_another_change_of_the_same_request_is_refused(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()

    def refuse() -> None:
        raise OSError(28, "No space left on device")

    place.settings.on_change("dbfilename", refuse)
    with pytest.raises(ChangeRefused, match="No space left"):
        place.settings.change([("dir", "a"), ("dbfilename", "other.rdb")])
    assert place.settings.text("dir") == str(tmp_path) == os.getcwd()


def test_two_nodes_with_one_directory_are_warned_of(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place.directory.claim()
    assert not caplog.records
    other = Place()
    other.directory.claim()
    assert f"another node has {tmp_path} for its --dir" in caplog.text

    caplog.clear()
    (tmp_path / "a").mkdir()
    place.settings.change([("dir", "a")])
    other.directory.claim()  # it is free now
    assert not caplog.records
