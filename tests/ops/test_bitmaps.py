"""Operations on bits: results, announcements, journal; an error leaves nothing behind."""

import pytest

from dflite.base.errors import WrongType
from dflite.native.values.bits import AND, NOT, OR
from dflite.ops import bitmaps
from dflite.ops.bitmaps import FAIL, GET, INCREMENT, SATURATE, SET, WRAP, BitRange, FieldStep
from dflite.store.db import Db
from tests.support.databases import announced, make_db
from tests.support.values import LIST, Thing


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def places(start: int = 0, end: int | None = None, in_bits: bool = False) -> BitRange:
    given = BitRange()
    given.start = start
    given.in_bits = in_bits
    if end is not None:
        given.end = end
        given.has_end = True
    return given


def step(what: int, encoding: str, offset: int, amount: int = 0, overflow: int = WRAP) -> FieldStep:
    made = FieldStep(what, encoding[0] == "i", int(encoding[1:]), offset)
    made.amount = amount
    made.overflow = overflow
    return made


def test_only_a_bit_that_changes_is_announced(db: Db) -> None:
    assert bitmaps.set_bit(db, b"k", 7, False) == 0
    assert announced(db) == [("setbit", b"k")]
    assert bitmaps.set_bit(db, b"k", 7, True) == 0
    assert announced(db) == [("setbit", b"k")]
    assert bitmaps.set_bit(db, b"k", 7, True) == 1
    assert announced(db) == []
    assert bitmaps.set_bit(db, b"k", 8, False) == 0
    assert announced(db) == [("setbit", b"k")]
    assert db.read(b"k") == b"\x01\0"


def test_a_range_of_nothing(db: Db) -> None:
    db.put_string(b"k", b"\xff")
    assert bitmaps.count_ones(db, b"k", places(1, 5)) == 0
    assert bitmaps.count_ones(db, b"k", places(-1, -2)) == 0
    assert bitmaps.find_bit(db, b"k", False, places(1, 5)) == -1
    assert bitmaps.find_bit(db, b"k", True, places(-1, -2)) == 0  # counted from the start of k
    db.put_string(b"empty", b"")
    assert bitmaps.find_bit(db, b"empty", False, places()) == -1
    assert bitmaps.find_bit(db, b"none", False, places(3, 5)) == 0
    assert bitmaps.find_bit(db, b"none", True, places(3, 5)) == -1


def test_zeros_follow_a_string_without_an_end(db: Db) -> None:
    db.put_string(b"k", b"\xff\xff")
    assert bitmaps.find_bit(db, b"k", False, places()) == 16
    assert bitmaps.find_bit(db, b"k", False, places(1)) == 16
    assert bitmaps.find_bit(db, b"k", False, places(0, -1)) == -1
    assert bitmaps.find_bit(db, b"k", False, places(0, -1, True)) == -1


def test_combining_nothing_removes_what_was_there(db: Db) -> None:
    db.put_value(b"k", LIST, Thing())
    assert bitmaps.combine(db, AND, b"k", [b"none", b"other"]) == 0
    assert announced(db) == [("del", b"k")]
    assert bitmaps.combine(db, NOT, b"k", [b"none"]) == 0
    assert announced(db) == []
    db.put_string(b"a", b"x")
    assert bitmaps.combine(db, OR, b"k", [b"none", b"a"]) == 1
    assert announced(db) == [("set", b"k")]


def test_numbers_that_do_not_fit(db: Db) -> None:
    answers = bitmaps.change_fields(
        db,
        b"k",
        [
            step(SET, "u4", 0, 15),
            step(INCREMENT, "u4", 0, 3),
            step(INCREMENT, "u4", 0, 100, SATURATE),
            step(INCREMENT, "u4", 0, -100, SATURATE),
            step(INCREMENT, "u4", 0, -1, FAIL),
            step(SET, "i4", 4, -9),
            step(GET, "i4", 4),
            step(SET, "i4", 4, -9, SATURATE),
            step(GET, "i4", 4),
            step(SET, "u4", 4, -1, SATURATE),
            step(GET, "u4", 4),
        ],
    )
    assert answers == [0, 2, 15, 0, None, 0, 7, 7, -8, 8, 15]
    assert announced(db) == [("setbit", b"k")]


def test_a_string_that_only_grew_is_a_change_without_an_event(db: Db) -> None:
    assert bitmaps.change_fields(db, b"k", [step(SET, "u4", 20, 99, FAIL)]) == [None]
    assert db.read(b"k") == b"\0\0\0"
    assert announced(db) == [("", b"k")]
    assert bitmaps.change_fields(db, b"k", [step(SET, "u4", 20, 99, FAIL)]) == [None]
    assert announced(db) == []


def test_other_types_are_refused(db: Db) -> None:
    db.put_value(b"l", LIST, Thing())
    with pytest.raises(WrongType):
        bitmaps.set_bit(db, b"l", 0, True)
    with pytest.raises(WrongType):
        bitmaps.get_bit(db, b"l", 0)
    with pytest.raises(WrongType):
        bitmaps.combine(db, OR, b"k", [b"none", b"l"])
    with pytest.raises(WrongType):
        bitmaps.change_fields(db, b"l", [step(SET, "u4", 0, 1)])
    assert announced(db) == []
