"""Files that are there whole or not at all."""

import errno
import os
import threading
from pathlib import Path

import pytest

from dflite.native.base.bytesops import crc64
from dflite.persistence.disk import DiskWriter, SafeFile, seal

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_file_appears_when_it_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    file = SafeFile(str(path))
    file.write(b"new ")
    file.write(b"text")
    assert path.read_bytes() == b"old"
    seal(file, b"\xff", True)
    body = b"new text\xff"
    assert path.read_bytes() == body + crc64(body).to_bytes(8, "little")
    assert os.listdir(tmp_path) == ["f"]


def test_a_file_without_a_checksum_ends_in_zeros(tmp_path: Path) -> None:
    file = SafeFile(str(tmp_path / "f"))
    seal(file, b"\xff", False)
    assert (tmp_path / "f").read_bytes() == b"\xff" + bytes(8)


def test_what_is_discarded_never_was(tmp_path: Path) -> None:
    file = SafeFile(str(tmp_path / "f"))
    file.write(b"something")
    file.discard()
    file.discard()
    assert os.listdir(tmp_path) == []


def test_two_for_one_path_at_once_do_not_meet(tmp_path: Path) -> None:
    first, second = SafeFile(str(tmp_path / "f")), SafeFile(str(tmp_path / "f"))
    first.write(b"first")
    second.write(b"second")
    first.write(b", longer")
    second.commit()
    first.discard()
    assert (tmp_path / "f").read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["f"]


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SafeFile(str(tmp_path / "none" / "f"))


def test_a_thread_writes_what_it_is_given(tmp_path: Path) -> None:
    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    for number in range(1000):
        writer.write(b"%d," % number)
    writer.finish()
    writer.thread.join()
    assert writer.finished
    assert writer.error is None
    body = b"".join(b"%d," % number for number in range(1000)) + b"end"
    assert (tmp_path / "f").read_bytes()[:-8] == body
    assert writer.waiting <= 0


def test_a_thread_that_is_called_off_leaves_nothing(tmp_path: Path) -> None:
    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    writer.write(b"x" * 100_000)
    writer.cancel()
    writer.thread.join()
    assert not writer.finished
    assert os.listdir(tmp_path) == []


def test_who_calls_off_does_not_wait_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, may_go_on, began = os.write, threading.Event(), threading.Event()

    def slow(fd: int, data: bytes) -> int:
        began.set()
        may_go_on.wait(10)
        return write(fd, data)

    monkeypatch.setattr(os, "write", slow)
    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    join = writer.thread.join
    monkeypatch.setattr(writer.thread, "join", None)
    writer.write(b"old")
    began.wait(10)
    writer.cancel()
    assert writer.thread.is_alive()
    may_go_on.set()
    join()
    assert os.listdir(tmp_path) == []


def test_one_that_is_called_off_when_it_is_nearly_done_takes_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "f").write_bytes(b"newer")
    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    monkeypatch.setattr(os, "fsync", lambda fd: writer.cancel())
    writer.write(b"older")
    writer.finish()
    writer.thread.join()
    assert not writer.finished
    assert (tmp_path / "f").read_bytes() == b"newer"
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_disk_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (tmp_path / "f").write_bytes(b"old")

    def fail(*_: object) -> int:
        raise FULL

    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    monkeypatch.setattr(os, call, fail)
    writer.write(b"new")
    writer.finish()
    writer.thread.join()
    assert writer.error is FULL
    assert not writer.finished
    assert (tmp_path / "f").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["f"]


def test_whatever_goes_wrong_in_the_thread_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("no room")

    writer = DiskWriter(str(tmp_path / "f"), b"end", True)
    monkeypatch.setattr(writer.file, "write", fail)
    writer.write(b"new")
    writer.thread.join()
    assert str(writer.error).endswith("no room")
    assert os.listdir(tmp_path) == []
