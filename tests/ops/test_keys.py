"""Operations on keys of any type: results, announcements, journal."""

import pytest

from dflite.base.errors import NoSuchKey
from dflite.ops import keys
from dflite.ops.keys import IF_LATER, IF_SOONER, WITH_ONE, WITHOUT_ONE
from dflite.store.db import NEVER, Db
from dflite.store.effects import GENERIC, LIST
from dflite.store.keyspace import Keyspace
from tests.support.databases import NOW, announced, journaled, make_keyspace
from tests.support.values import LIST as LIST_TYPE
from tests.support.values import Thing


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def keyspace(request: pytest.FixtureRequest) -> Keyspace:
    return make_keyspace(shards=request.param)


@pytest.fixture
def db(keyspace: Keyspace) -> Db:
    return keyspace.dbs[0]


def test_delete_keys(db: Db) -> None:
    db.put_string(b"a", b"1")
    db.put_string(b"b", b"2")
    assert keys.delete_keys(db, [b"a", b"none", b"a", b"b"]) == 2
    assert announced(db) == [("del", b"a"), ("del", b"b")]
    assert db.effects.changed == 2


def test_set_deadline(db: Db) -> None:
    db.put_string(b"k", b"v")
    assert keys.set_deadline(db, b"k", NOW + 10)
    assert db.deadline(b"k") == NOW + 10
    assert announced(db) == [("expire", b"k")]
    assert journaled(db) == [b"PEXPIREAT k %d" % (NOW + 10)]
    assert not keys.set_deadline(db, b"none", NOW + 10)
    assert keys.set_deadline(db, b"k", NOW)
    assert announced(db) == [("del", b"k")]
    assert journaled(db) == [b"DEL k"]


@pytest.mark.parametrize(
    ("conditions", "now", "deadline", "given"),
    [
        (WITHOUT_ONE, NEVER, 5, True),
        (WITHOUT_ONE, 5, 6, False),
        (WITH_ONE, NEVER, 5, False),
        (WITH_ONE, 5, 6, True),
        (IF_LATER, NEVER, 5, False),
        (IF_LATER, 5, 5, False),
        (IF_LATER, 5, 6, True),
        (IF_SOONER, NEVER, 5, True),
        (IF_SOONER, 5, 5, False),
        (IF_SOONER, 5, 4, True),
        (IF_SOONER | WITH_ONE, NEVER, 5, False),
    ],
)
def test_conditions(db: Db, conditions: int, now: int, deadline: int, given: bool) -> None:
    before = now if now == NEVER else NOW + now
    db.put_string(b"k", b"v", before)
    assert keys.set_deadline(db, b"k", NOW + deadline, conditions) == given
    assert db.deadline(b"k") == (NOW + deadline if given else before)
    assert db.effects.changed == given


def test_persist(db: Db) -> None:
    db.put_string(b"k", b"v", NOW + 10)
    assert keys.persist(db, b"k")
    assert not keys.persist(db, b"k")
    assert not keys.persist(db, b"none")
    assert announced(db) == [("persist", b"k")]


def test_rename_is_one_change_of_two_keys(db: Db) -> None:
    db.put_string(b"a", b"v", NOW + 10)
    assert keys.rename(db, b"a", b"b", False)
    kinds = [change.kind for change in db.effects.changes]
    assert announced(db) == [("rename_from", b"a"), ("rename_to", b"b")]
    assert db.effects.changed == 1
    assert db.deadline(b"b") == NOW + 10
    assert kinds[1] & LIST, "who waits for a list looks at a key that was named so"
    assert kinds[1] & GENERIC


def test_rename_of_nothing(db: Db) -> None:
    with pytest.raises(NoSuchKey):
        keys.rename(db, b"a", b"a", True)


def test_a_key_that_has_another_name_now_still_expires(db: Db, keyspace: Keyspace) -> None:
    db.put_string(b"a", b"v", NOW + 10)
    keys.rename(db, b"a", b"b", False)
    keys.move(db, b"b", keyspace.dbs[1])
    keys.copy(keyspace.dbs[1], b"b", keyspace.dbs[2], b"c", False)
    db.clock.advance(10)
    assert not keyspace.dbs[1].exists(b"b")
    assert not keyspace.dbs[2].exists(b"c")


def test_copy_announces_in_the_database_of_the_copy(db: Db, keyspace: Keyspace) -> None:
    db.put_value(b"l", LIST_TYPE, Thing(b"item"))
    other = keyspace.dbs[2]
    assert keys.copy(db, b"l", other, b"m", False)
    assert [change.db for change in db.effects.changes] == [2]
    assert announced(db) == [("copy_to", b"m")]
    assert other.type_of(b"m") == LIST_TYPE
    assert not keys.copy(db, b"l", other, b"m", False)
    assert keys.copy(db, b"l", other, b"m", True)


def test_move_announces_in_both_databases(db: Db, keyspace: Keyspace) -> None:
    db.put_string(b"k", b"v")
    assert keys.move(db, b"k", keyspace.dbs[1])
    assert [change.db for change in db.effects.changes] == [0, 1]
    assert announced(db) == [("move_from", b"k"), ("move_to", b"k")]
    assert db.effects.changed == 1
    assert not keys.move(db, b"k", keyspace.dbs[1])
