"""Deadlines of members: what becomes of each, what is announced."""

import pytest

from dflite.ops import member_deadlines, sets
from dflite.store.db import Db
from tests.support.databases import NOW, announced, journaled, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def test_adding_is_announced_even_if_only_a_deadline_changes(db: Db) -> None:
    assert member_deadlines.add(db, b"k", [b"a"], NOW + 1000, False) == 1
    assert announced(db) == [("sadd", b"k")]
    assert member_deadlines.add(db, b"k", [b"a"], NOW + 2000, False) == 0
    assert announced(db) == [("sadd", b"k")]
    assert member_deadlines.add(db, b"k", [b"a"], NOW + 3000, True) == 0
    assert announced(db) == []
    assert len(journaled(db)) == 2


def test_a_deadline_that_has_passed_removes(db: Db) -> None:
    sets.add(db, b"k", [b"a", b"b"])
    announced(db)
    journaled(db)
    assert member_deadlines.set_deadlines(db, b"k", [b"a", b"x"], NOW) == [2, -2]
    assert announced(db) == [("srem", b"k")]
    assert journaled(db) == [b"SREM k a"]
    assert member_deadlines.set_deadlines(db, b"none", [b"a"], NOW) == [-2]


def test_the_first_deadline_is_noted(db: Db) -> None:
    member_deadlines.add(db, b"k", [b"a"], NOW + 1000, False)
    assert db.element_deadlines.next() == NOW + 1000
    sets.add(db, b"s", [b"a"])
    assert member_deadlines.set_deadlines(db, b"s", [b"a"], NOW + 500) == [1]
    assert db.element_deadlines.next() == NOW + 500
