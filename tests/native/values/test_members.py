"""Large sets as values: what they hold is charged, copies share nothing, graveyards empty them."""

import gc
from collections.abc import Iterator

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.native.values import set_forms, set_walks, sets
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
    sets.put(table, KEY, names(count), set_forms.LARGE)
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
    assert set(set_walks.members(table, OTHER)) == set(names(500))
    set_forms.check(table, OTHER)


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
    sets.put(table, KEY, [b"%016d" % n for n in range(200_000)], set_forms.LARGE)
    members = table.read(KEY)
    assert isinstance(members, Members)
    assert members.memory / 200_000 < 45


def test_a_scan_amid_changes_shows_all_that_stays() -> None:
    table = Table(Clock(1))
    sets.put(table, KEY, names(3000), set_forms.LARGE)
    seen: set[bytes] = set()
    cursor = 0
    for step in range(100_000):
        cursor, found = set_walks.scan(table, KEY, cursor, 7, None)
        seen.update(found)
        if cursor == 0:
            break
        if step % 2:
            sets.add(table, KEY, [b"new:%d:%d" % (step, n) for n in range(40)])
        else:
            sets.remove(table, KEY, [b"member:%d" % n for n in range(1000 + step, 1020 + step)])
    assert seen >= set(names(1000))
    set_forms.check(table, KEY)
