"""Values beside the table: what they hold is counted, and large ones are freed in slices."""

import gc
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import Value, buried, free_buried, value_memory
from dflite.native.sorted_sets import zsets
from dflite.native.values import hashes, lists, set_forms, sets

KEY: Final = b"key"
LARGE: Final = 20_000
FEW: Final = 200


@pytest.fixture(autouse=True)
def table() -> Iterator[Table]:
    """A table; behind the test nothing is held any more."""
    free_all()
    before = value_memory()
    table = Table(Clock(1))
    yield table
    table.delete(KEY)
    free_all()
    assert value_memory() == before


def free_all() -> None:
    gc.collect()
    while free_buried(1_000_000):
        pass


def words(count: int) -> list[bytes]:
    return [b"element:%d" % n for n in range(count)]


def fill_hash(table: Table, count: int) -> None:
    hashes.set_fields(table, KEY, [part for word in words(count) for part in (word, word)])


def fill_list(table: Table, count: int) -> None:
    lists.push(table, KEY, [word * 20 for word in words(count)], False)


def fill_set(table: Table, count: int) -> None:
    sets.add(table, KEY, words(count))


def fill_zset(table: Table, count: int) -> None:
    zsets.add(table, KEY, [float(n) for n in range(count)], words(count))


Fill = Callable[[Table, int], None]
FILLS: Final[list[Fill]] = [fill_hash, fill_list, fill_set, fill_zset]


@pytest.mark.parametrize("fill", FILLS)
def test_what_a_value_holds_is_in_the_sum(table: Table, fill: Fill) -> None:
    before = value_memory()
    fill(table, LARGE)
    value = table.read(KEY)
    assert isinstance(value, Value)
    assert value_memory() - before == value.memory > LARGE * 8
    del value


@pytest.mark.parametrize("fill", FILLS)
def test_a_large_value_is_freed_in_slices(table: Table, fill: Fill) -> None:
    before = value_memory()
    fill(table, LARGE)
    held = value_memory()
    table.delete(KEY)
    assert buried() == 1
    slices = 1
    while free_buried(100):
        assert value_memory() <= held
        held = value_memory()
        slices += 1
    assert slices > 3
    assert buried() == 0
    assert value_memory() == before


def test_a_value_that_is_not_so_large_is_freed_at_once(table: Table) -> None:
    before = value_memory()
    sets.put(table, KEY, words(10), set_forms.LARGE)
    assert value_memory() > before
    table.delete(KEY)
    assert buried() == 0
    assert value_memory() == before


def test_what_somebody_holds_is_not_freed(table: Table) -> None:
    fill_set(table, LARGE)
    value = table.read(KEY)
    table.delete(KEY)
    assert buried() == 0
    other = Table(Clock(1))
    other.set_object(KEY, 3, value)
    del value
    assert sets.count(other, KEY) == LARGE
    set_forms.check(other, KEY)
    other.delete(KEY)
    assert buried() == 1


def test_several_wait_and_share_the_budget(table: Table) -> None:
    for _ in range(3):
        fill_set(table, FEW)
        table.delete(KEY)
    assert buried() == 3
    assert free_buried(FEW)
    assert 0 < buried() <= 3
    assert not free_buried(100 * FEW)
    assert buried() == 0
