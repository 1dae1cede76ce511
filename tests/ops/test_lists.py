"""What is done to lists, and what is announced and counted of it."""

import pytest

from dflite.base.collection_errors import IndexOutOfRange
from dflite.base.errors import NoSuchKey, WrongType
from dflite.native.values.list_walks import elements
from dflite.ops import lists
from dflite.store.db import Db
from tests.support.databases import announced, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(request.param)


def content(db: Db, key: bytes) -> bytes:
    """Its elements, which are letters."""
    return b"".join(elements(db.table(key), key))


def letters(db: Db, key: bytes, items: bytes) -> None:
    """A list of letters, whose making is not looked at."""
    lists.push(db, key, [bytes([letter]) for letter in items], False)
    announced(db)
    db.effects.changed = 0


def test_push(db: Db) -> None:
    assert lists.push(db, b"l", [b"b", b"a"], True) == 2
    assert lists.push(db, b"l", [b"c"], False) == 3
    assert content(db, b"l") == b"abc"
    assert announced(db) == [("lpush", b"l"), ("rpush", b"l")]
    assert db.effects.changed == 3


def test_push_if_present(db: Db) -> None:
    assert lists.push_if_present(db, b"l", [b"a"], True) == 0
    assert announced(db) == []
    letters(db, b"l", b"a")
    assert lists.push_if_present(db, b"l", [b"b"], False) == 2
    assert announced(db) == [("rpush", b"l")]


def test_popped(db: Db) -> None:
    lists.popped(db, b"l", True, 2, 1)
    lists.popped(db, b"l", False, 1, 0)
    assert announced(db) == [("lpop", b"l"), ("rpop", b"l"), ("del", b"l")]
    assert db.effects.changed == 3


def test_move(db: Db) -> None:
    letters(db, b"a", b"xy")
    assert lists.move(db, b"a", b"b", True, False) == b"x"
    assert announced(db) == [("rpush", b"b"), ("lpop", b"a")]
    assert lists.move(db, b"a", b"b", False, True) == b"y"
    assert announced(db) == [("lpush", b"b"), ("rpop", b"a"), ("del", b"a")]
    assert lists.move(db, b"b", b"b", False, True) == b"x"
    assert announced(db) == [("lpush", b"b"), ("rpop", b"b")]
    assert content(db, b"b") == b"xy"
    assert lists.move(db, b"none", b"b", False, True) is None
    assert db.effects.changed == 3


def test_nothing_moves_to_another_type(db: Db) -> None:
    letters(db, b"a", b"x")
    db.put_string(b"s", b"string")
    with pytest.raises(WrongType):
        lists.move(db, b"a", b"s", True, True)
    assert content(db, b"a") == b"x"


def test_set_element(db: Db) -> None:
    letters(db, b"l", b"abc")
    lists.set_element(db, b"l", -1, b"z")
    assert content(db, b"l") == b"abz"
    assert announced(db) == [("lset", b"l")]
    with pytest.raises(IndexOutOfRange):
        lists.set_element(db, b"l", 3, b"z")


def test_must_be_list(db: Db) -> None:
    with pytest.raises(NoSuchKey):
        lists.must_be_list(db, b"l")
    db.put_string(b"l", b"string")
    with pytest.raises(WrongType):
        lists.must_be_list(db, b"l")


def test_insert(db: Db) -> None:
    letters(db, b"l", b"ab")
    assert lists.insert(db, b"l", b"b", b"x", False) == 3
    assert lists.insert(db, b"l", b"none", b"x", False) == -1
    assert lists.insert(db, b"none", b"b", b"x", False) == 0
    assert content(db, b"l") == b"axb"
    assert announced(db) == [("linsert", b"l")]


def test_remove(db: Db) -> None:
    letters(db, b"l", b"aabaa")
    assert lists.remove(db, b"l", b"a", -2) == 2
    assert content(db, b"l") == b"aab"
    assert lists.remove(db, b"l", b"z", 0) == 0
    assert lists.remove(db, b"l", b"a", 0) == 2
    assert lists.remove(db, b"l", b"b", 0) == 1
    assert lists.remove(db, b"l", b"b", 0) == 0
    assert announced(db) == [("lrem", b"l")] * 3 + [("del", b"l")]
    assert db.effects.changed == 5


def test_trim(db: Db) -> None:
    letters(db, b"l", b"abcde")
    lists.trim(db, b"l", 1, -2)
    assert content(db, b"l") == b"bcd"
    assert db.effects.changed == 2
    lists.trim(db, b"l", 0, -1)
    assert db.effects.changed == 2
    lists.trim(db, b"l", 3, -1)
    lists.trim(db, b"l", 0, -1)
    assert announced(db) == [("ltrim", b"l")] * 3 + [("del", b"l")]
    assert db.effects.changed == 5
