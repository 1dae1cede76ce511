"""All databases together: walks with a cursor, chance, exchange, memory given back."""

from collections import Counter

import pytest

from dflite.store.keyspace import Keyspace
from tests.support.databases import NOW, make_keyspace
from tests.support.values import LIST, Thing


@pytest.fixture(params=[1, 4], ids=["one shard", "four shards"])
def keyspace(request: pytest.FixtureRequest) -> Keyspace:
    return make_keyspace(shards=request.param)


def fill(keyspace: Keyspace, count: int) -> set[bytes]:
    names = {b"key:%d" % i for i in range(count)}
    for name in names:
        keyspace.dbs[0].put_string(name, b"v")
    return names


def walk(keyspace: Keyspace, count: int) -> list[list[bytes]]:
    """What each call of a whole walk found."""
    calls = []
    cursor = 0
    while True:
        cursor, keys = keyspace.scan(keyspace.dbs[0], cursor, count, None, 0)
        calls.append(keys)
        assert 0 <= cursor < 1 << 64
        if cursor == 0:
            return calls


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_a_walk_goes_through_every_shard(keyspace: Keyspace, count: int) -> None:
    names = fill(keyspace, 400)
    calls = walk(keyspace, count)
    found = [key for keys in calls for key in keys]
    assert sorted(found) == sorted(names)
    assert all(len(keys) < count + 60 for keys in calls), "about as many as asked for"


def test_a_walk_asks_the_next_shard_when_one_has_too_few(keyspace: Keyspace) -> None:
    fill(keyspace, 40)
    assert [len(keys) for keys in walk(keyspace, 100)] == [40]


def test_an_empty_database_is_walked_at_once(keyspace: Keyspace) -> None:
    assert walk(keyspace, 10) == [[]]


def test_a_cursor_of_a_shard_that_is_not_there_ends_the_walk(keyspace: Keyspace) -> None:
    fill(keyspace, 10)
    assert keyspace.scan(keyspace.dbs[0], 4 << 48, 10, None, 0) == (0, [])
    assert keyspace.scan(keyspace.dbs[0], (1 << 64) - 1, 10, None, 0) == (0, [])


def test_a_walk_expires_what_it_meets_if_it_matches(keyspace: Keyspace) -> None:
    db = keyspace.dbs[0]
    for name in (b"a", b"b"):
        db.put_string(name, b"v", NOW + 10)
    db.put_value(b"c", LIST, Thing(), NOW + 10)
    keyspace.clock.advance(10)
    assert keyspace.scan(db, 0, 100, b"[ac]", 1) == (0, [])
    assert len(db) == 2
    assert keyspace.scan(db, 0, 100, None, 0) == (0, [])
    assert len(db) == 0


def test_chance_is_fair_to_shards_of_different_sizes(keyspace: Keyspace) -> None:
    db = keyspace.dbs[0]
    names = {b"{big}%d" % i for i in range(30)} | {b"alone", b"single"}
    for name in names:
        db.put_string(name, b"v")
    drawn = Counter(keyspace.random_key(db) for _ in range(6400))
    assert set(drawn) == names
    # 200 is the mean
    assert 80 < min(drawn.values()) < max(drawn.values()) < 500, drawn


def test_chance_passes_over_due_keys(keyspace: Keyspace) -> None:
    db = keyspace.dbs[0]
    for i in range(20):
        db.put_string(b"%d" % i, b"v", NOW + 10)
    db.put_string(b"stays", b"v")
    keyspace.clock.advance(10)
    assert keyspace.random_key(db) == b"stays"
    db.delete(b"stays")
    assert keyspace.random_key(db) is None
    assert len(db) == 0


def test_a_replica_rather_names_a_due_key_than_none(keyspace: Keyspace) -> None:
    db = keyspace.dbs[0]
    db.expires_itself = False
    db.put_string(b"k", b"v", NOW + 10)
    keyspace.clock.advance(10)
    assert keyspace.random_key(db) == b"k"


def test_databases_are_exchanged_with_all_their_keys(keyspace: Keyspace) -> None:
    names = fill(keyspace, 40)
    first, second = keyspace.dbs[:2]
    second.put_string(b"other", b"v", NOW + 10)
    keyspace.swap(0, 1)
    assert first.keys(None) == [b"other"]
    assert set(second.keys(None)) == names
    assert [first.tables, second.tables] == keyspace.tables[:2]
    assert keyspace.expiring() == 1


@pytest.mark.usefixtures("fresh_values")
def test_a_flushed_database_is_empty_and_its_memory_goes_in_slices(keyspace: Keyspace) -> None:
    fill(keyspace, 5000)
    used = keyspace.memory()
    keyspace.flush(keyspace.dbs[0])
    assert len(keyspace.dbs[0]) == 0
    assert keyspace.memory() > used // 2
    slices = 1
    while keyspace.free_some(100):
        slices += 1
    assert slices >= 4
    assert keyspace.memory() == 0
    keyspace.flush(keyspace.dbs[0])
    assert not keyspace.free_some(100)
