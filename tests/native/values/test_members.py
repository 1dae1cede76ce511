"""Large sets as values: what they hold is charged, copies share nothing, graveyards empty them."""

import gc
from collections.abc import Iterator

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.native.values import sets
from dflite.native.values.members import Members

KEY = b"key"
OTHER = b"other"


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    empty_graveyard()
    before = value_memory()
    yield
    empty_graveyard()
    assert value_memory() == before


def empty_graveyard() -> None:
    gc.collect()
    while free_buried(1_000_000):
        pass


def names(count: int) -> list[bytes]:
    return [b"member:%d" % number for number in range(count)]


def large(table: Table, count: int) -> Members:
    sets.put(table, KEY, names(count), sets.LARGE)
    value = table.read(KEY)
    assert isinstance(value, Members)
    return value


def test_what_it_holds_is_charged() -> None:
    before = value_memory()
    members = large(Table(Clock(1)), 1000)
    assert value_memory() - before == members.memory > 1000 * 24
    members.check()
    del members


def test_a_copy_is_equal_and_shares_nothing() -> None:
    table = Table(Clock(1))
    members = large(table, 500)
    table.set_object(OTHER, 3, members.copy())
    sets.remove(table, KEY, names(400))
    assert sets.count(table, KEY) == 100
    assert set(sets.members(table, OTHER)) == set(names(500))
    sets.check(table, OTHER)


def test_a_large_one_is_taken_apart_in_slices() -> None:
    table = Table(Clock(1))
    large(table, 20_000)
    before = value_memory()
    table.delete(KEY)
    assert buried() == 1
    assert value_memory() <= before
    slices = 1
    while free_buried(1000):
        slices += 1
    assert slices > 5
    assert buried() == 0


def test_sixteen_bytes_take_no_more_than_in_valkey() -> None:
    table = Table(Clock(1))
    sets.put(table, KEY, [b"%016d" % n for n in range(200_000)], sets.LARGE)
    members = table.read(KEY)
    assert isinstance(members, Members)
    assert members.memory / 200_000 < 45


def test_a_scan_amid_changes_shows_all_that_stays() -> None:
    table = Table(Clock(1))
    sets.put(table, KEY, names(3000), sets.LARGE)
    seen: set[bytes] = set()
    cursor = 0
    for step in range(100_000):
        cursor, found = sets.scan(table, KEY, cursor, 7, None)
        seen.update(found)
        if cursor == 0:
            break
        if step % 2:
            sets.add(table, KEY, [b"new:%d:%d" % (step, n) for n in range(40)])
        else:
            sets.remove(table, KEY, [b"member:%d" % n for n in range(1000 + step, 1020 + step)])
    assert seen >= set(names(1000))
    sets.check(table, KEY)


def test_members_that_are_due_are_not_seen() -> None:
    clock = Clock(1000)
    table = Table(clock)
    assert sets.add_expiring(table, KEY, names(50), 2000, False) == 50
    sets.add(table, KEY, [b"stays"])
    assert sets.add_expiring(table, KEY, [b"member:1"], 5000, False) == 0
    assert sets.add_expiring(table, KEY, [b"member:2", b"new"], 6000, True) == 1
    assert sets.deadline(table, KEY, b"member:1") == 5000
    assert sets.deadline(table, KEY, b"member:2") == 2000
    assert sets.deadline(table, KEY, b"stays") == -1
    assert sets.deadline(table, KEY, b"other") == -2
    assert sets.next_deadline(table, KEY) == 2000
    assert sets.due_members(table, KEY, 100, 100) == ([], False)
    clock.advance(1000)
    left = {b"stays", b"member:1", b"new"}
    assert set(sets.members(table, KEY)) == left
    assert sets.count(table, KEY) == 3
    assert not sets.contains(table, KEY, b"member:3")
    assert {sets.draw_one(table, KEY) for _ in range(300)} == left
    assert sets.remove(table, KEY, [b"member:3"]) == 0
    assert sets.add(table, KEY, [b"member:4"]) == 1
    assert sets.deadline(table, KEY, b"member:4") == -1
    due, _ = sets.due_members(table, KEY, 100, 100)
    assert set(due) == {b"member:%d" % n for n in range(50) if n not in (1, 4)}
    sets.expire_members(table, KEY, due)
    assert sets.next_deadline(table, KEY) >= 2000
    assert sets.count(table, KEY) == 4
    sets.check(table, KEY)


def test_what_is_drawn_is_alive_even_if_few_are() -> None:
    clock = Clock(1000)
    table = Table(clock)
    sets.add_expiring(table, KEY, names(5000), 2000, False)
    sets.add(table, KEY, [b"stays"])
    clock.advance(1000)
    assert sets.draw_one(table, KEY) == b"stays"
    assert sets.sample(table, KEY, 10) == [b"stays"]
    assert sets.pop_many(table, KEY, 1) == [b"stays"]
    assert sets.draw_one(table, KEY) is None


def test_draws_reach_every_member() -> None:
    table = Table(Clock(1))
    sets.put(table, KEY, names(300), sets.LARGE)
    seen: set[bytes | None] = set()
    for _ in range(10_000):
        seen.add(sets.draw_one(table, KEY))
    assert seen == set(names(300))
