"""Files that nobody else may read, at no moment."""

import os
import stat
from pathlib import Path

import pytest

from dflite.server.private_files import (
    close_to_others,
    halves_of,
    remove_halves,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_a_file_is_the_owners_alone_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "secret"
    before = os.umask(mask)
    try:
        write_private(str(path), b"one")
        write_private(str(path), b"two")
    finally:
        os.umask(before)
    assert path.read_bytes() == b"two"
    assert mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_what_is_written_over_is_closed_before_it_has_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"open")
    path.chmod(0o644)
    seen = []
    replace = os.replace

    def watch(source: str, target: str) -> None:
        seen.append(mode(Path(source)))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_private(str(path), b"closed")
    assert seen == [0o600]
    assert mode(path) == 0o600


def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secret"
    write_private(str(path), b"old")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_private(str(path), b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret"]


def test_rights_of_others_are_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"")
    path.chmod(0o644)
    assert close_to_others(str(path))
    assert mode(path) == 0o600
    assert not close_to_others(str(path))


def test_what_was_left_half_written_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    names = ["secret", "secret.0123abcd", "secret.bak", "secret.0123abcg", "other.0123abcd"]
    for name in names:
        (tmp_path / name).touch()
    assert halves_of(str(path)) == [str(tmp_path / "secret.0123abcd")]
    remove_halves(str(path))
    assert {entry.name for entry in tmp_path.iterdir()} == set(names) - {"secret.0123abcd"}


def test_a_full_disk_is_told_by_the_name_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left") as raised:
        write_private(str(tmp_path / "secret"), b"x")
    assert raised.value.filename == str(tmp_path / "secret")
    assert list(tmp_path.iterdir()) == []
