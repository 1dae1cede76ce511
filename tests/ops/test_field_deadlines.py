"""Operations on fields' deadlines: results, announcements, journal."""

import pytest

from dflite.base.errors import WrongType
from dflite.native.values import hashes as native
from dflite.ops import field_deadlines as ops
from dflite.ops.keys import IF_LATER, IF_SOONER, WITH_ONE, WITHOUT_ONE
from dflite.store.db import NEVER, Db
from tests.support.databases import NOW, announced, journaled, make_db

FIELDS = [b"a", b"b", b"c"]


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    """A hash at k, whose field c has a deadline."""
    db = make_db(shards=request.param)
    native.set_fields(db.table(b"k"), b"k", [b"a", b"1", b"b", b"2"])
    native.set_fields(db.table(b"k"), b"k", [b"c", b"3"], 0, NOW + 50)
    return db


def value(db: Db, field: bytes, key: bytes = b"k") -> bytes | None:
    return native.get(db.table(key), key, field)


def test_deadlines_are_told_for_each_field(db: Db) -> None:
    assert ops.deadlines(db, b"k", [b"c", b"a", b"none"]) == [NOW + 50, NEVER, ops.NO_FIELD]
    assert ops.deadlines(db, b"none", FIELDS) == [ops.NO_FIELD] * 3
    assert (db.hits, db.misses) == (1, 1)


def test_giving_deadlines_is_one_event_and_absolute_in_the_journal(db: Db) -> None:
    outcomes = ops.set_deadlines(db, b"k", [b"a", b"none", b"b"], NOW + 10)
    assert outcomes == [ops.CHANGED, ops.NO_FIELD, ops.CHANGED]
    assert announced(db) == [("hexpire", b"k")]
    assert journaled(db) == [b"HPEXPIREAT k %d FIELDS 2 a b" % (NOW + 10)]
    assert db.effects.changed == 2
    assert db.element_deadlines.first == {b"k": NOW + 10}


@pytest.mark.parametrize(
    ("conditions", "current", "deadline", "holds"),
    [
        (0, NEVER, 5, True),
        (WITHOUT_ONE, NEVER, 5, True),
        (WITHOUT_ONE, 9, 5, False),
        (WITH_ONE, NEVER, 5, False),
        (WITH_ONE, 9, 5, True),
        (IF_LATER, NEVER, 5, False),
        (IF_LATER, 5, 5, False),
        (IF_LATER, 4, 5, True),
        (IF_SOONER, NEVER, 5, True),
        (IF_SOONER, 5, 5, False),
        (IF_SOONER, 6, 5, True),
        (WITH_ONE | IF_SOONER, NEVER, 5, False),
    ],
)
def test_no_deadline_is_later_than_any(
    conditions: int, current: int, deadline: int, holds: bool
) -> None:
    assert ops.condition_holds(current, deadline, conditions) == holds


def test_a_deadline_in_the_past_deletes(db: Db) -> None:
    outcomes = ops.set_deadlines(db, b"k", [b"a", b"a", b"c"], NOW)
    assert outcomes == [ops.DELETED, ops.NO_FIELD, ops.DELETED]
    assert announced(db) == [("hexpired", b"k")]
    assert journaled(db) == [b"HDEL k a c"]
    assert ops.set_deadlines(db, b"k", [b"b"], 1) == [ops.DELETED]
    assert announced(db) == [("hexpired", b"k"), ("del", b"k")]


def test_a_deadline_is_taken_away_where_there_is_one(db: Db) -> None:
    assert ops.persist(db, b"k", FIELDS) == [ops.NO_DEADLINE, ops.NO_DEADLINE, ops.CHANGED]
    assert announced(db) == [("hpersist", b"k")]
    assert ops.persist(db, b"k", [*FIELDS, b"none"]) == [ops.NO_DEADLINE] * 3 + [ops.NO_FIELD]
    assert announced(db) == []
    assert db.effects.changed == 1


def test_setting_with_a_deadline_is_two_events(db: Db) -> None:
    assert ops.set_if(db, b"k", [b"a", b"9", b"z", b"8"], NOW + 10)
    assert announced(db) == [("hset", b"k"), ("hexpire", b"k")]
    assert journaled(db) == [b"HSETEX k PXAT %d FIELDS 2 a 9 z 8" % (NOW + 10)]
    assert ops.deadlines(db, b"k", [b"a", b"z"]) == [NOW + 10] * 2
    assert db.effects.changed == 2


def test_setting_keeps_a_deadline_or_takes_it_away(db: Db) -> None:
    assert ops.set_if(db, b"k", [b"c", b"9"], ops.KEEP)
    assert ops.deadlines(db, b"k", [b"c"]) == [NOW + 50]
    assert ops.set_if(db, b"k", [b"c", b"8"], NEVER)
    assert ops.deadlines(db, b"k", [b"c"]) == [NEVER]
    assert value(db, b"c") == b"8"
    assert announced(db) == [("hset", b"k")] * 2
    assert journaled(db) == [b"HSETEX k KEEPTTL FIELDS 1 c 9", b"HSETEX k FIELDS 1 c 8"]


def test_nothing_is_set_unless_all_fields_meet_the_condition(db: Db) -> None:
    assert not ops.set_if(db, b"k", [b"a", b"9", b"z", b"9"], NEVER, ops.IF_ABSENT)
    assert not ops.set_if(db, b"k", [b"a", b"9", b"z", b"9"], NEVER, ops.IF_PRESENT)
    assert not ops.set_if(db, b"none", [b"a", b"9"], NEVER, ops.IF_PRESENT)
    assert announced(db) == []
    assert ops.set_if(db, b"k", [b"y", b"9", b"z", b"9"], NEVER, ops.IF_ABSENT)
    assert ops.set_if(db, b"k", [b"y", b"8", b"z", b"8"], NEVER, ops.IF_PRESENT)
    assert value(db, b"z") == b"8"


def test_what_is_set_too_late_is_announced_and_gone(db: Db) -> None:
    assert ops.set_if(db, b"k", [b"a", b"9", b"z", b"9", b"a", b"8"], NOW)
    assert value(db, b"a") is None
    assert announced(db) == [("hset", b"k"), ("hexpire", b"k"), ("hexpired", b"k")]
    assert journaled(db) == [b"HDEL k a"]
    assert db.effects.changed == 1


def test_a_hash_that_is_set_too_late_comes_and_goes(db: Db) -> None:
    assert ops.set_if(db, b"new", [b"a", b"1"], 1)
    assert not db.exists(b"new")
    events = ("hset", "hexpire", "hexpired", "del")
    assert announced(db) == [(event, b"new") for event in events]
    assert journaled(db) == []
    assert db.effects.changed == 0


def test_values_are_read_before_they_go(db: Db) -> None:
    assert ops.get_and_expire(db, b"k", [b"a", b"none"], NOW + 10) == [b"1", None]
    assert journaled(db) == [b"HPEXPIREAT k %d FIELDS 1 a" % (NOW + 10)]
    assert ops.get_and_expire(db, b"k", [b"a"], NEVER) == [b"1"]
    assert ops.get_and_expire(db, b"k", [b"a", b"a", b"b"], NOW) == [b"1", None, b"2"]
    assert journaled(db) == [b"HDEL k a b"]
    assert ops.get_and_delete(db, b"k", [b"a", b"c", b"c"]) == [None, b"3", None]
    assert announced(db)[-2:] == [("hdel", b"k"), ("del", b"k")]
    assert journaled(db) == [b"HDEL k c"]
    assert ops.get_and_expire(db, b"k", [b"a"], NOW) == [None]
    assert ops.get_and_delete(db, b"k", [b"a"]) == [None]


def test_what_is_no_hash_is_left_alone(db: Db) -> None:
    db.put_string(b"k", b"x")
    for attempt in (
        lambda: ops.set_deadlines(db, b"k", FIELDS, NOW),
        lambda: ops.persist(db, b"k", FIELDS),
        lambda: ops.deadlines(db, b"k", FIELDS),
        lambda: ops.set_if(db, b"k", [b"a", b"1"], NEVER),
        lambda: ops.get_and_expire(db, b"k", FIELDS, NOW),
        lambda: ops.get_and_delete(db, b"k", FIELDS),
    ):
        with pytest.raises(WrongType):
            attempt()
    assert db.find_string(b"k") == b"x"
