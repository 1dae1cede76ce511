"""One database: finding, counting, expiring, and what its changes leave in the effects."""

from collections.abc import Callable

import pytest

from dflite.base.errors import WrongType
from dflite.store.db import NEVER, TYPE_STRING, Db
from dflite.store.effects import EXPIRED, LIST
from tests.support.databases import NOW, announced, journaled, make_db, make_keyspace
from tests.support.values import LIST as LIST_TYPE
from tests.support.values import Thing


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def named(number: int) -> bytes:
    return b"key:%d" % number


def test_reading_counts_hits_and_misses_and_finding_does_not(db: Db) -> None:
    db.put_string(b"k", b"v")
    assert db.read(b"k") == db.read_string(b"k") == b"v"
    assert db.read(b"none") is db.read_string(b"none") is None
    assert db.read_type(b"k") == TYPE_STRING
    assert db.read_type(b"none") == 0
    assert db.reads_string(b"k")
    assert not db.reads_string(b"none")
    assert (db.hits, db.misses) == (4, 4)
    assert db.find_string(b"k") == b"v"
    assert db.find_string(b"none") is None
    assert db.exists(b"k")
    assert db.is_string(b"k")
    assert not db.is_string(b"none")
    assert db.find_deadline(b"k") == db.deadline(b"k") == NEVER
    assert db.find_deadline(b"none") == db.deadline(b"none") == -2
    assert (db.hits, db.misses) == (4, 4)


def test_strings_are_asked_of_strings_only(db: Db) -> None:
    db.put_value(b"l", LIST_TYPE, Thing())
    for question in (db.read_string, db.find_string, db.is_string, db.reads_string):
        with pytest.raises(WrongType):
            question(b"l")
    assert db.type_of(b"l") == LIST_TYPE


@pytest.mark.parametrize("touching", [True, False])
def test_using_a_key_is_noted_unless_the_client_wants_it_not(db: Db, touching: bool) -> None:
    uses: list[Callable[[bytes], object]] = [
        db.read,
        db.find_string,
        db.reads_string,
        db.find_deadline,
    ]
    for use in uses:
        db.put_string(b"k", b"v")
        db.clock.advance(9_000)
        db.touching = touching
        use(b"k")
        assert db.table(b"k").idle_seconds(b"k") == (0 if touching else 9)


def test_looking_at_a_key_is_no_use_of_it(db: Db) -> None:
    db.put_string(b"k", b"v")
    db.clock.advance(9_000)
    db.read_type(b"k")
    db.exists(b"k")
    db.deadline(b"k")
    assert db.table(b"k").idle_seconds(b"k") == 9


def test_a_due_key_expires_however_it_is_met(db: Db) -> None:
    for meet in (
        db.read, db.read_string, db.find_string, db.type_of, db.exists, db.is_string, db.deadline,
        db.find_deadline, db.delete, db.read_type, db.reads_string, db.remove,
    ):  # fmt: skip
        db.put_string(b"k", b"v", db.clock.now_ms + 10)
        db.clock.advance(9)
        assert db.exists(b"k")
        db.clock.advance(1)
        assert meet(b"k") in (None, 0, False, -2)
        assert len(db) == 0
        assert [change.kind for change in db.effects.changes] == [EXPIRED]
        assert announced(db) == [("expired", b"k")]
        assert journaled(db) == [b"DEL k"]
    assert db.effects.expired == 12
    assert db.effects.changed == 0, "an expired key is no change"


def test_a_replica_sees_no_due_key_but_leaves_it_to_its_primary(db: Db) -> None:
    db.expires_itself = False
    db.put_string(b"k", b"v", NOW + 10)
    db.clock.advance(10)
    assert db.read(b"k") is None
    assert not db.exists(b"k")
    assert len(db) == 1
    assert journaled(db) == []
    assert db.delete(b"k")
    assert len(db) == 0


def test_put_replaces_whatever_was_there(db: Db) -> None:
    db.put_value(b"k", LIST_TYPE, Thing(), NOW + 10)
    db.put_string(b"k", b"v")
    assert db.deadline(b"k") == NEVER
    db.put_value(b"k", TYPE_STRING, b"12", NOW + 10)
    assert db.find_string(b"k") == b"12"
    assert db.deadline(b"k") == NOW + 10


def test_update_keeps_the_deadline_and_raw_the_text(db: Db) -> None:
    db.put_string(b"k", b"v", NOW + 10)
    db.update_string(b"k", b"12")
    assert db.table(b"k").encoding_of(b"k") == 1
    db.update_string(b"k", b"13", raw=True)
    assert db.table(b"k").encoding_of(b"k") == 0
    assert db.deadline(b"k") == NOW + 10
    db.update_string(b"new", b"1")
    assert db.deadline(b"new") == NEVER


def test_parts_of_a_string(db: Db) -> None:
    db.put_string(b"k", b"12345")
    assert db.string_length(b"k") == 5
    assert db.string_slice(b"k", 1, 3) == b"23"
    assert db.overwrite(b"k", 7, b"x") == 8
    assert db.find_string(b"k") == b"12345\0\0x"


def test_who_expects_expiry_hears_of_sooner_deadlines_only(db: Db) -> None:
    heard: list[int] = []
    db.effects.on_sooner = heard.append
    db.put_string(b"a", b"v", NOW + 100)
    db.put_string(b"b", b"v", NOW + 200)
    db.set_deadline(b"b", NOW + 50)
    db.set_deadline(b"b", NEVER)
    db.put_value(b"c", LIST_TYPE, Thing(), NOW + 10)
    db.put_string(b"d", b"v")
    assert heard == [NOW + 100, NOW + 50, NOW + 10]
    assert db.effects.soonest_deadline == NOW + 10


def test_effects_are_noted_only_while_somebody_looks(db: Db) -> None:
    db.effects.observed = db.effects.journaling = False
    db.changed(b"k", "set")
    db.also(b"k", "expire")
    db.replicate_as([b"SET", b"k", b"v"])
    assert db.effects.changed == 1
    assert announced(db) == []
    assert journaled(db) == []
    db.effects.observed = db.effects.journaling = True
    db.changed(b"k", "lpush", LIST)
    db.replicate_as([b"SET", b"k", b"v"])
    assert announced(db) == [("lpush", b"k")]
    assert journaled(db) == [b"SET k v"]
    assert db.effects.replaced
    db.effects.clear()
    assert not db.effects.replaced


def test_keys_are_spread_over_the_shards_and_counted_together() -> None:
    db = make_db(shards=4)
    for i in range(200):
        db.put_string(named(i), b"v", NOW + 10 if i % 2 else NEVER)
    assert len(db) == 200
    assert db.expiring() == 100
    assert db.memory() == sum(table.memory for table in db.tables)
    assert min(len(table) for table in db.tables) > 20
    assert sorted(db.keys(None)) == sorted(named(i) for i in range(200))
    assert sorted(db.keys(b"key:1?")) == [named(i) for i in range(10, 20)]
    db.clock.advance(10)
    assert len(db.keys(None)) == 100
    assert len(db) == 200, "who only lists keys expires none"
    assert len(db.clear()) == 4
    assert len(db) == 0


def test_move_and_copy_between_databases_and_shards() -> None:
    first, second = make_keyspace(shards=4).dbs[:2]
    for i in range(50):
        first.put_string(named(i), b"%d" % i, NOW + 100 + i, i)
        first.move(named(i), second, named(i + 1000))
        second.copy(named(i + 1000), first, named(i + 2000))
    assert len(first) == len(second) == 50
    for i in range(50):
        for db, key in ((second, named(i + 1000)), (first, named(i + 2000))):
            assert db.find_string(key) == b"%d" % i
            assert db.deadline(key) == NOW + 100 + i
            assert db.table(key).memcached_flags(key) == i
    for table in first.tables + second.tables:
        table.check()
