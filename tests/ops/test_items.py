"""What memcached's clients can do to a key, without words and replies."""

import pytest

from dflite.native.memcached import mc_items
from dflite.ops import items
from dflite.store.db import NEVER, Db
from tests.support.databases import NOW, announced, journaled, make_db


@pytest.fixture
def db() -> Db:
    return make_db()


def test_storing_is_announced_and_journaled(db: Db) -> None:
    assert items.store(db, b"k", b"v", items.SET, 7, NOW + 5) == items.DONE
    assert announced(db) == [("set", b"k"), ("expire", b"k")]
    assert journaled(db) == [b"SET k v PXAT %d" % (NOW + 5), b"ECHO memcached-flags 7 k"]
    assert items.flags_of(db, b"k") == 7
    assert items.read(db, b"k") == b"v"


def test_a_deadline_that_has_passed_leaves_nothing(db: Db) -> None:
    items.store(db, b"k", b"v", items.SET, 0, NEVER)
    announced(db)
    journaled(db)
    assert items.store(db, b"k", b"w", items.SET, 0, NOW) == items.DONE
    assert announced(db) == [("del", b"k")]
    assert journaled(db) == [b"DEL k"]
    assert not items.is_item(db, b"k")


def test_conditions(db: Db) -> None:
    assert items.store(db, b"k", b"v", items.REPLACE, 0, NEVER) == items.NOT_STORED
    assert items.store(db, b"k", b"v", items.ADD, 0, NEVER) == items.DONE
    assert items.store(db, b"k", b"v", items.ADD, 0, NEVER) == items.NOT_STORED
    assert items.extend(db, b"k", b"w", False, 1) == items.NOT_STORED
    assert items.extend(db, b"k", b"w", False, 2) == items.DONE
    assert items.extend(db, b"k", b"u", True, 3) == items.DONE
    assert items.read(db, b"k") == b"uvw"


def test_cas_numbers(db: Db) -> None:
    assert items.compare(db, b"k", 5) == items.NOT_FOUND
    items.store(db, b"k", b"v", items.SET, 0, NEVER)
    assert items.compare(db, b"k", 0) == items.EXISTS
    number = items.cas_of(db, b"k")
    assert items.cas_of(db, b"k") == number
    assert items.compare(db, b"k", number) == items.DONE
    items.store(db, b"k", b"v", items.SET, 0, NEVER)
    assert items.compare(db, b"k", number) == items.EXISTS
    assert items.cas_of(db, b"k") > number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (b"5", 5), (b"-5", None), (b"", None), (b" 5 x", 5), (b"+5", 5), (b"5x", None),
        (b"18446744073709551615", 2**64 - 1), (b"18446744073709551616", None), (b"  ", None),
    ],
)  # fmt: skip
def test_what_counts_as_a_number(value: bytes, number: int | None) -> None:
    assert items.number_in(value) == number


def test_counting(db: Db) -> None:
    assert items.count(db, b"n", 1, True) == items.NOT_FOUND
    items.store(db, b"n", b"10", items.SET, 3, NOW + 9)
    mc_items.mark_fetched(db.table(b"n"), b"n")
    journaled(db)
    assert items.count(db, b"n", 11, False) == items.DONE
    assert journaled(db) == [b"SET n 0 KEEPTTL", b"ECHO memcached-flags 3 n"]
    assert db.deadline(b"n") == NOW + 9
    assert mc_items.is_fetched(db.table(b"n"), b"n")
    assert items.count(db, b"n", 100, True) == items.DONE
    assert not mc_items.is_fetched(db.table(b"n"), b"n")
    items.store(db, b"n", b"x", items.SET, 0, NEVER)
    assert items.count(db, b"n", 1, True) == items.NOT_A_NUMBER


def test_touching_and_deleting(db: Db) -> None:
    assert not items.touch(db, b"k", NEVER)
    assert not items.delete(db, b"k")
    items.store(db, b"k", b"v", items.SET, 0, NEVER)
    journaled(db)
    assert items.touch(db, b"k", NOW + 7)
    assert items.touch(db, b"k", NEVER)
    assert items.touch(db, b"k", NEVER)
    assert items.delete(db, b"k")
    assert journaled(db) == [b"PEXPIREAT k %d" % (NOW + 7), b"PERSIST k", b"DEL k"]


def test_a_stale_item_keeps_its_value(db: Db) -> None:
    items.store(db, b"k", b"v", items.SET, 0, NEVER)
    number = items.cas_of(db, b"k")
    announced(db)
    items.make_stale(db, b"k", -2)
    assert announced(db) == [("touch", b"k")]
    assert mc_items.marks(db.table(b"k"), b"k") == mc_items.MARK_STALE
    assert items.cas_of(db, b"k") > number
    items.make_stale(db, b"k", NOW)
    assert not items.is_item(db, b"k")


def test_what_is_no_string_is_not_there(db: Db) -> None:
    db.put_value(b"l", 2, object())
    assert items.read(db, b"l") is None
    assert db.misses == 1
    assert items.store(db, b"l", b"v", items.SET, 0, NEVER) == items.NOT_STORED
    assert items.extend(db, b"l", b"v", True, 9) == items.NOT_STORED
    assert items.count(db, b"l", 1, True) == items.NOT_FOUND
    assert not items.touch(db, b"l", NEVER)
    assert not items.delete(db, b"l")
