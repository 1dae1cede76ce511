"""The active expire cycle: in slices, in turn, and only where something is due."""

import pytest

from dflite.store.effects import FAR
from dflite.store.expiry import KEYS_A_SLICE, LONGEST_PAUSE_MS, LOOKS_A_MS, Expiry
from dflite.store.keyspace import Keyspace
from tests.support.databases import NOW, journaled, make_keyspace


@pytest.fixture(params=[1, 4], ids=["one shard", "four shards"])
def keyspace(request: pytest.FixtureRequest) -> Keyspace:
    return make_keyspace(shards=request.param)


@pytest.fixture
def expiry(keyspace: Keyspace) -> Expiry:
    return Expiry(keyspace)


def fill(keyspace: Keyspace, database: int, count: int, deadline: int) -> None:
    for i in range(count):
        keyspace.dbs[database].put_string(b"key:%d:%d" % (deadline, i), b"v", deadline)


def test_due_keys_go_and_are_journaled(keyspace: Keyspace, expiry: Expiry) -> None:
    db = keyspace.dbs[0]
    fill(keyspace, 0, 5, NOW + 10)
    fill(keyspace, 0, 5, NOW + 20)
    fill(keyspace, 0, 5, -1)
    assert not expiry.run_slice()
    keyspace.clock.advance(10)
    while expiry.run_slice():
        pass
    assert len(db) == 10
    assert len(journaled(db)) == expiry.expired == keyspace.effects.expired == 5
    assert expiry.next_ms() <= NOW + 20


def test_no_slice_removes_more_than_its_share(keyspace: Keyspace, expiry: Expiry) -> None:
    for database in range(4):
        fill(keyspace, database, 2500, NOW + 10)
    keyspace.clock.advance(10)
    slices = 0
    left = 10_000
    while expiry.run_slice():
        now = sum(len(db) for db in keyspace.dbs)
        assert left - now <= KEYS_A_SLICE
        left = now
        slices += 1
    assert sum(len(db) for db in keyspace.dbs) == 0
    assert slices >= 10_000 // KEYS_A_SLICE
    assert slices < 2000, "and each does a good part of it"
    for tables in keyspace.tables:
        for table in tables:
            table.check()


def test_every_database_gets_its_turn(keyspace: Keyspace, expiry: Expiry) -> None:
    fill(keyspace, 0, 5000, NOW + 10)
    fill(keyspace, 3, 10, NOW + 10)
    keyspace.clock.advance(10)
    for _ in range(10):
        # what keeps the first database busy comes as fast as it goes
        fill(keyspace, 0, KEYS_A_SLICE, keyspace.clock.now_ms)
        assert expiry.run_slice()
    assert len(keyspace.dbs[3]) == 0


def test_the_living_are_not_walked(keyspace: Keyspace, expiry: Expiry) -> None:
    fill(keyspace, 0, 20_000, NOW + 1_000_000)
    fill(keyspace, 0, 3, NOW + 10)
    keyspace.clock.advance(10)
    slices = 1
    while expiry.run_slice():
        slices += 1
    assert slices < 30
    assert len(keyspace.dbs[0]) == 20_000
    assert not expiry.run_slice()
    assert expiry.next_ms() == NOW + 1_000_000


def test_a_large_table_is_not_swept_again_at_once(keyspace: Keyspace, expiry: Expiry) -> None:
    keyspace.effects.observed = keyspace.effects.journaling = False
    for ms in range(1, 101):
        fill(keyspace, 0, 1000, NOW + ms)
    keyspace.clock.advance(1)
    while expiry.run_slice():
        pass
    assert expiry.expired == keyspace.effects.expired == 1000
    keyspace.clock.advance(1)
    assert not expiry.run_slice()
    again = expiry.next_ms()
    assert NOW + 2 < again <= NOW + 1 + 99_000 // LOOKS_A_MS + 1
    keyspace.clock.set(again)
    while expiry.run_slice():
        pass
    assert expiry.expired == 1000 * (again - NOW)
    assert len(keyspace.dbs[0]) == 100_000 - expiry.expired


def test_effort_makes_sweeps_come_sooner_and_slices_longer(
    keyspace: Keyspace, expiry: Expiry
) -> None:
    pauses = []
    slices = []
    for effort in (1, 5, 10):
        expiry.set_effort(effort)
        slices.append(expiry.slice_us)
        now = keyspace.clock.now_ms
        for ms in range(1, 101):
            fill(keyspace, 0, 1000, now + ms)
        keyspace.clock.advance(1)
        while expiry.run_slice():
            pass
        pauses.append(expiry.next_ms() - keyspace.clock.now_ms)
        keyspace.clock.advance(2000)
        while expiry.run_slice():
            pass
        assert len(keyspace.dbs[0]) == 0
        keyspace.clock.advance(2000)
    assert pauses[0] > pauses[1] > pauses[2] > 0
    assert slices == sorted(slices)
    assert slices[-1] < 1000


def test_a_sweep_never_rests_for_long(keyspace: Keyspace, expiry: Expiry) -> None:
    expiry.looks_a_ms = 1
    fill(keyspace, 0, 20_000, NOW + 10_000)
    fill(keyspace, 0, 1000, NOW + 1)
    fill(keyspace, 0, 1000, NOW + 2)
    keyspace.clock.advance(1)
    while expiry.run_slice():
        pass
    assert expiry.next_ms() == NOW + 1 + LONGEST_PAUSE_MS


def test_when_to_look_again(keyspace: Keyspace, expiry: Expiry) -> None:
    assert expiry.next_ms() == -1
    fill(keyspace, 0, 1, NOW + 500)
    fill(keyspace, 2, 1, NOW + 100)
    assert keyspace.effects.soonest_deadline == NOW + 100
    assert expiry.next_ms() == NOW + 100
    assert keyspace.effects.soonest_deadline == FAR, "from here on only what is new"
    keyspace.dbs[2].delete(b"key:%d:0" % (NOW + 100))
    assert expiry.next_ms() == NOW + 500


def test_a_cycle_that_is_off_or_paused_does_nothing(keyspace: Keyspace, expiry: Expiry) -> None:
    fill(keyspace, 0, 5, NOW + 10)
    keyspace.clock.advance(10)
    for switch in ("enabled", "paused"):
        setattr(expiry, switch, switch == "paused")
        assert not expiry.run_slice()
        assert expiry.next_ms() == -1
        setattr(expiry, switch, switch == "enabled")
    assert len(keyspace.dbs[0]) == 5
    while expiry.run_slice():
        pass
    assert len(keyspace.dbs[0]) == 0


def test_a_replica_waits_for_its_primary(keyspace: Keyspace, expiry: Expiry) -> None:
    for db in keyspace.dbs:
        db.expires_itself = False
    fill(keyspace, 0, 5, NOW + 10)
    keyspace.clock.advance(10)
    assert not expiry.run_slice()
    assert expiry.next_ms() == -1
    assert len(keyspace.dbs[0]) == 5


def test_a_pause_ends_when_the_clock_is_set_back(keyspace: Keyspace, expiry: Expiry) -> None:
    for place in range(len(expiry.rest_until)):
        expiry.rest_until[place] = NOW + 3_600_000
    fill(keyspace, 0, 5, NOW + 1)
    keyspace.clock.advance(1)
    while expiry.run_slice():
        continue
    assert len(keyspace.dbs[0]) == 0
