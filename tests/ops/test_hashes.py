"""Operations on hashes: results, announcements, journal."""

import pytest

from dflite.base.collection_errors import HashValueNotAFloat, HashValueNotAnInteger
from dflite.base.errors import IncrementNotFinite, IncrementOverflow, WrongType
from dflite.native.values import hashes as native
from dflite.native.values.element_deadlines import field_deadline, set_field_deadline
from dflite.ops import hashes
from dflite.store.db import Db
from tests.support.databases import NOW, announced, journaled, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def values(db: Db, key: bytes, *fields: bytes) -> list[bytes | None]:
    return [native.get(db.table(key), key, field) for field in fields]


def test_each_field_is_a_change_and_all_are_one_event(db: Db) -> None:
    assert hashes.set_fields(db, b"k", [b"a", b"1", b"b", b"2"]) == 2
    assert hashes.set_fields(db, b"k", [b"skipped", b"b", b"3", b"c", b"4"], 1) == 1
    assert values(db, b"k", b"a", b"b", b"c", b"skipped") == [b"1", b"3", b"4", None]
    assert db.effects.changed == 4
    assert announced(db) == [("hset", b"k"), ("hset", b"k")]


def test_a_field_that_is_there_is_left_alone(db: Db) -> None:
    assert hashes.set_if_absent(db, b"k", b"a", b"1")
    announced(db)
    assert not hashes.set_if_absent(db, b"k", b"a", b"2")
    assert values(db, b"k", b"a") == [b"1"]
    assert announced(db) == []
    assert db.effects.changed == 1


def test_the_last_field_takes_the_key_with_it(db: Db) -> None:
    hashes.set_fields(db, b"k", [b"a", b"1", b"b", b"2"])
    announced(db)
    assert hashes.delete_fields(db, b"k", [b"a", b"none"]) == 1
    assert announced(db) == [("hdel", b"k")]
    assert hashes.delete_fields(db, b"k", [b"a"]) == 0
    assert announced(db) == []
    assert hashes.delete_fields(db, b"k", [b"k", b"b"], 1) == 1
    assert announced(db) == [("hdel", b"k"), ("del", b"k")]
    assert hashes.delete_fields(db, b"k", [b"b"]) == 0


def test_a_field_that_is_due_is_left_to_expiry(db: Db) -> None:
    native.set_fields(db.table(b"k"), b"k", [b"a", b"1"], 0, NOW + 5)
    db.clock.advance(5)
    assert hashes.delete_fields(db, b"k", [b"a"]) == 0
    assert announced(db) == []
    assert db.exists(b"k")
    assert db.expire_elements(b"k", 10, 10) == 1
    assert announced(db) == [("hexpired", b"k"), ("del", b"k")]
    assert journaled(db) == [b"HDEL k a"]


def test_integers_grow(db: Db) -> None:
    assert hashes.increment(db, b"k", b"n", 5) == 5
    assert hashes.increment(db, b"k", b"n", -7) == -2
    assert announced(db) == [("hincrby", b"k"), ("hincrby", b"k")]
    hashes.set_fields(db, b"k", [b"word", b"x", b"most", b"9223372036854775807"])
    announced(db)
    with pytest.raises(HashValueNotAnInteger):
        hashes.increment(db, b"k", b"word", 1)
    with pytest.raises(IncrementOverflow):
        hashes.increment(db, b"k", b"most", 1)
    assert announced(db) == []


def test_what_a_sum_of_floats_is_is_journaled(db: Db) -> None:
    assert hashes.increment_float(db, b"k", b"n", b"10.5") == b"10.5"
    assert journaled(db) == [b"HSET k n 10.5"]
    set_field_deadline(db.table(b"k"), b"k", b"n", NOW + 5)
    assert hashes.increment_float(db, b"k", b"n", b"1e2") == b"110.5"
    assert journaled(db) == [b"HSETEX k KEEPTTL FIELDS 1 n 110.5"]
    assert field_deadline(db.table(b"k"), b"k", b"n") == NOW + 5
    hashes.set_fields(db, b"k", [b"word", b"x"])
    with pytest.raises(HashValueNotAFloat):
        hashes.increment_float(db, b"k", b"word", b"1")
    with pytest.raises(IncrementNotFinite):
        hashes.increment_float(db, b"k", b"n", b"inf")


def test_what_is_no_hash_is_left_alone(db: Db) -> None:
    db.put_string(b"k", b"x")
    for attempt in (
        lambda: hashes.set_fields(db, b"k", [b"a", b"1"]),
        lambda: hashes.set_if_absent(db, b"k", b"a", b"1"),
        lambda: hashes.delete_fields(db, b"k", [b"a"]),
        lambda: hashes.increment(db, b"k", b"a", 1),
        lambda: hashes.increment_float(db, b"k", b"a", b"1"),
    ):
        with pytest.raises(WrongType):
            attempt()
    assert db.find_string(b"k") == b"x"
    assert announced(db) == []
