"""Names of snapshots: one file, or a series by time."""

from pathlib import Path

from dflite.persistence.names import (
    files_of,
    name_at,
    remove_old,
    remove_unfinished,
    remove_unfinished_of_log,
)

MOMENT = 1_795_392_000.5


def test_a_plain_name_is_the_same_each_time() -> None:
    assert name_at("dump.rdb", MOMENT) == "dump.rdb"
    assert name_at("data", MOMENT) == "data"


def test_a_timestamp_gives_each_a_name_and_a_suffix() -> None:
    assert name_at("dump-{timestamp}", MOMENT) == "dump-2026-11-23T00:00:00.rdb"
    assert name_at("{timestamp}.bak", MOMENT) == "2026-11-23T00:00:00.bak"


def test_the_newest_comes_first_and_others_are_left_alone(tmp_path: Path) -> None:
    names = [name_at("d-{timestamp}", MOMENT + day * 86_400) for day in range(4)]
    for name in [*names, "d-.rdb", "other.rdb", "d-2026-11-23T00:00:00.rdb.7.tmp"]:
        (tmp_path / name).touch()
    assert files_of(str(tmp_path), "d-{timestamp}") == names[::-1]
    assert remove_old(str(tmp_path), "d-{timestamp}", 3) == names[:1]
    assert remove_old(str(tmp_path), "d-{timestamp}", 0) == []
    assert remove_old(str(tmp_path), "other.rdb", 1) == []
    assert files_of(str(tmp_path), "d-{timestamp}") == names[:0:-1]
    remove_unfinished(str(tmp_path), "d-{timestamp}")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[1:], "d-.rdb", "other.rdb"}


def test_a_plain_file_is_there_or_not(tmp_path: Path) -> None:
    assert files_of(str(tmp_path), "dump.rdb") == []
    (tmp_path / "dump.rdb").touch()
    (tmp_path / "dump.rdb.123.tmp").touch()
    (tmp_path / "dump.rdb.123.4.tmp").touch()
    assert files_of(str(tmp_path), "dump.rdb") == ["dump.rdb"]
    remove_unfinished(str(tmp_path), "dump.rdb")
    assert [path.name for path in tmp_path.iterdir()] == ["dump.rdb"]


def test_what_a_rewrite_has_left_goes(tmp_path: Path) -> None:
    kept = ["a.aof.1.base.rdb", "a.aof.manifest", "a.aof.1.incr.aof", "b.aof.manifest.1.2.tmp"]
    for name in [*kept, "a.aof.1.base.rdb.7.1.tmp", "a.aof.manifest.7.12.tmp"]:
        (tmp_path / name).touch()
    remove_unfinished_of_log(str(tmp_path), "a.aof")
    remove_unfinished_of_log(str(tmp_path / "none"), "a.aof")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
