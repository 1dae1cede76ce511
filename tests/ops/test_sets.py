"""Operations on sets: results, announcements, journal."""

import pytest

from dflite.base.errors import WrongType
from dflite.native.wire.reply import Reply
from dflite.ops import sets
from dflite.store.db import Db
from tests.support.databases import announced, journaled, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def test_each_new_member_is_a_change_and_all_are_one_event(db: Db) -> None:
    assert sets.add(db, b"k", [b"a", b"b", b"a"]) == 2
    assert db.effects.changed == 2
    assert announced(db) == [("sadd", b"k")]
    assert sets.add(db, b"k", [b"a"]) == 0
    assert announced(db) == []
    assert db.effects.changed == 2


def test_the_last_member_takes_the_key_with_it(db: Db) -> None:
    sets.add(db, b"k", [b"a", b"b"])
    announced(db)
    assert sets.remove(db, b"k", [b"a"]) == 1
    assert announced(db) == [("srem", b"k")]
    assert sets.remove(db, b"k", [b"a"]) == 0
    assert announced(db) == []
    assert sets.remove(db, b"k", [b"b"]) == 1
    assert announced(db) == [("srem", b"k"), ("del", b"k")]


def test_a_move_is_two_events(db: Db) -> None:
    sets.add(db, b"k", [b"a", b"b"])
    announced(db)
    assert sets.move(db, b"k", b"other", b"a")
    assert announced(db) == [("srem", b"k"), ("sadd", b"other")]
    assert sets.move(db, b"k", b"other", b"b")
    assert announced(db) == [("srem", b"k"), ("del", b"k"), ("sadd", b"other")]
    sets.add(db, b"k", [b"a"])
    announced(db)
    assert sets.move(db, b"k", b"other", b"a")
    assert announced(db) == [("srem", b"k"), ("del", b"k")]


def test_what_was_popped_is_journaled(db: Db) -> None:
    sets.add(db, b"k", [b"a"])
    announced(db)
    assert sets.pop(db, b"k", Reply())
    assert announced(db) == [("spop", b"k"), ("del", b"k")]
    assert journaled(db) == [b"SREM k a"]
    assert not sets.pop(db, b"k", Reply())


def test_a_set_that_is_popped_whole_is_deleted(db: Db) -> None:
    sets.add(db, b"k", [b"a", b"b"])
    announced(db)
    journaled(db)
    assert sorted(sets.pop_many(db, b"k", 5)) == [b"a", b"b"]
    assert announced(db) == [("spop", b"k"), ("del", b"k")]
    assert journaled(db) == [b"DEL k"]


def test_a_stored_combination_is_one_change(db: Db) -> None:
    sets.add(db, b"k", [b"a", b"b"])
    announced(db)
    before = db.effects.changed
    assert sets.store_combined(db, b"d", [b"k"], sets.UNION) == 2
    assert announced(db) == [("sunionstore", b"d")]
    assert sets.store_combined(db, b"d", [b"none"], sets.INTERSECTION) == 0
    assert announced(db) == [("del", b"d")]
    assert db.effects.changed == before + 2
    assert sets.store_combined(db, b"d", [b"none"], sets.DIFFERENCE) == 0
    assert announced(db) == []


def test_reading_several_counts_each(db: Db) -> None:
    sets.add(db, b"k", [b"a"])
    sets.readable(db, [b"k", b"none", b"k"])
    assert (db.hits, db.misses) == (2, 1)
    db.put_string(b"s", b"x")
    with pytest.raises(WrongType):
        sets.readable(db, [b"none", b"s"])
