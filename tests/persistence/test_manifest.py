"""What files a log has: written, read, and refused."""

from pathlib import Path

import pytest

from dflite.persistence.manifest import (
    BASE,
    INCREMENT,
    UNFINISHED,
    BadManifest,
    LogFile,
    Manifest,
    quoted,
    read_manifest,
)

REDIS = b"""\
# a comment
file appendonly.aof.2.base.rdb seq 2 type b
file appendonly.aof.1.incr.aof seq 1 type h
file appendonly.aof.2.incr.aof seq 2 type i startoffset 7
file "with space" seq 3 type i
"""


def test_redis_manifest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(REDIS)
    manifest = read_manifest(str(path))
    names = [file.name for file in manifest.files()]
    assert names == ["appendonly.aof.2.base.rdb", "appendonly.aof.2.incr.aof", "with space"]
    assert [file.name for file in manifest.history] == ["appendonly.aof.1.incr.aof"]
    assert manifest.last_number == 3


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "m"
    manifest = Manifest()
    manifest.replace_base(manifest.next_base("log ü"), 0)
    manifest.add_increment("log ü")
    manifest.write(str(path))
    text = path.read_bytes()
    assert text == (
        b'file "log \\xc3\\xbc.1.base.rdb" seq 1 type b\n'
        b'file "log \\xc3\\xbc.1.incr.aof" seq 1 type i\n'
    )
    again = read_manifest(str(path))
    assert again.text().encode() == text
    assert [file.name for file in again.files()] == ["log ü.1.base.rdb", "log ü.1.incr.aof"]
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_new_base_makes_history_of_what_it_holds() -> None:
    manifest = Manifest()
    manifest.base = LogFile("appendonly.aof", 1, BASE)  # the one file of old versions
    manifest.add_increment("a")
    manifest.add_increment("a")
    before = manifest.copy()
    manifest.replace_base(manifest.next_base("a"), 1)
    assert [file.name for file in manifest.files()] == ["a.2.base.rdb", "a.2.incr.aof"]
    assert [file.name for file in manifest.history] == ["appendonly.aof", "a.1.incr.aof"]
    assert manifest.add_increment("a").number == 3
    assert [file.name for file in before.files()] == [
        "appendonly.aof",
        "a.1.incr.aof",
        "a.2.incr.aof",
    ]
    manifest.replace_base(manifest.next_base("a"), 0)
    assert manifest.add_increment("a").number == 4  # history too has its number


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "it names no files"),
        (b"# nothing\n", "it names no files"),
        (b"file a seq 1 type i", "its last line does not end"),
        (b"\n", "line 1: no pairs"),
        (b"file a seq 1 type\n", "line 1: no pairs"),
        (b"file a seq 1 kind i\n", "needs the words"),
        (b"file a/b seq 1 type i\n", "no plain name"),
        (b"file a seq 0 type i\n", "no number from 1"),
        (b"file a seq x type i\n", "no number from 1"),
        (b"file a seq 1 type x\n", "type 'x' is not known"),
        (b"file a seq 1 type b\nfile b seq 2 type b\n", "line 2: a second base"),
        (b"file a seq 2 type i\nfile b seq 2 type i\n", "line 2: increments are out of order"),
        (b"file " + b"a" * 2000 + b" seq 1 type i\n", "line 1 is too long"),
        (b'file "a seq 1 type i\n', "no pairs"),
    ],
)
def test_others_are_refused(tmp_path: Path, text: bytes, problem: str) -> None:
    path = tmp_path / "m"
    path.write_bytes(text)
    with pytest.raises(BadManifest, match=problem):
        read_manifest(str(path))


def test_plain_names_stand_as_they_are() -> None:
    assert quoted("appendonly.aof.1.incr.aof") == "appendonly.aof.1.incr.aof"
    assert quoted('a"b') == '"a\\x22b"'
    assert LogFile("a", 1, INCREMENT).line() == "file a seq 1 type i\n"


def test_a_log_that_is_nothing_yet_has_a_manifest_that_says_so(tmp_path: Path) -> None:
    path = tmp_path / "manifest"
    Manifest().write(str(path))
    assert path.read_text() == UNFINISHED
    assert read_manifest(str(path)).text() == UNFINISHED


def test_numbers_are_not_given_again() -> None:
    manifest = Manifest()
    manifest.replace_base(manifest.next_base("a"), 0)
    manifest.add_increment("a")
    attempt = manifest.copy()
    second = attempt.add_increment("a")
    attempt.replace_base(attempt.next_base("a"), 1)
    assert attempt.base is not None
    manifest.give_up(second.name, second.number)
    manifest.give_up(attempt.base.name, attempt.base.number)
    manifest.give_up(attempt.base.name, attempt.base.number)
    assert len(manifest.history) == 2
    assert manifest.next_base("a") == "a.3.base.rdb"
    assert manifest.add_increment("a").name == "a.3.incr.aof"
    manifest.replace_base(manifest.next_base("a"), 1)
    assert [file.name for file in manifest.files()] == ["a.3.base.rdb", "a.3.incr.aof"]
