"""Large lists as values: sizes of nodes, copies, memory, being taken apart.

What can be done to them is tested beside a model in test_lists.py.
"""

from collections.abc import Iterator

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.native.values import list_edits, list_walks, lists
from dflite.native.values.packed_list import PackedList
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply

KEY = b"key"
ITEM = b"m%015d"  # 16 bytes, 18 with what stands around them


@pytest.fixture
def table() -> Iterator[Table]:
    yield Table(Clock(1))
    set_threshold("list_max_listpack_size", -2)


def large(table: Table, key: bytes = KEY) -> PackedList:
    value = table.read(key)
    assert isinstance(value, PackedList)
    value.check()
    return value


def fill(table: Table, count: int, left: bool = False) -> list[bytes]:
    """A list of so many different items, pushed one by one."""
    items = [ITEM % number for number in range(count)]
    for item in items:
        lists.push(table, KEY, [item], left)
    return items[::-1] if left else items


@pytest.mark.parametrize("left", [False, True])
def test_nodes_are_filled_as_those_of_redis(table: Table, left: bool) -> None:
    fill(table, 1000, left)
    # of 454 each
    assert large(table).nodes == 3
    fill(table, 364, left)
    assert large(table).nodes == 4


def test_a_list_is_known_by_redis_name(table: Table) -> None:
    fill(table, 1000)
    assert large(table).encoding == b"quicklist"
    assert len(large(table)) == large(table).size == 1000


@pytest.mark.parametrize("left", [False, True])
def test_an_element_takes_little_more_than_its_bytes(table: Table, left: bool) -> None:
    before = value_memory()
    for start in range(0, 100_000, 100):
        lists.push(table, KEY, [ITEM % number for number in range(start, start + 100)], left)
    assert value_memory() - before == large(table).memory
    assert large(table).memory / 100_000 < 18.2


def test_an_element_larger_than_a_node_is_alone(table: Table) -> None:
    items = fill(table, 500)
    nodes = large(table).nodes
    lists.push(table, KEY, [b"x" * 9000, b"y"], False)
    assert large(table).nodes == nodes + 2
    list_edits.insert(table, KEY, items[10], b"z" * 9000, False)
    assert large(table).nodes == nodes + 4
    assert list_walks.element(table, KEY, 10) == b"z" * 9000


def test_a_node_that_is_split_is_merged_again_where_both_fit(table: Table) -> None:
    items = fill(table, 2 * 454)
    assert large(table).nodes == 2
    list_edits.insert(table, KEY, items[200], ITEM % 0, True)
    assert large(table).nodes == 3
    assert lists.length(table, KEY) == 909
    list_edits.trim(table, KEY, 150, 700)  # now of 51, 254 and 246
    list_edits.insert(table, KEY, items[210], b"x" * 8000, True)
    assert large(table).nodes == 3  # of 51 + 11, 1 + 243, and 246


def test_nodes_limited_by_elements(table: Table) -> None:
    set_threshold("list_max_listpack_size", 4)
    fill(table, 17)
    assert large(table).nodes == 5
    list_edits.trim(table, KEY, 0, 2)
    assert large(table).nodes == 1
    lists.pop_into(table, KEY, False, Reply())
    assert not isinstance(table.read(KEY), PackedList)


def test_a_list_keeps_the_limits_it_came_with(table: Table) -> None:
    set_threshold("list_max_listpack_size", 4)
    fill(table, 8)
    set_threshold("list_max_listpack_size", -2)
    fill(table, 8)
    assert large(table).nodes == 4


def test_a_copy_shares_nothing(table: Table) -> None:
    items = fill(table, 1000)
    twin = large(table).copy()
    table.set_object(b"twin", 2, twin)
    list_edits.trim(table, KEY, 400, -1)
    twin.check()
    assert list_walks.elements(table, b"twin") == items
    assert list_walks.elements(table, KEY) == items[400:]


def test_a_queue_that_never_ends_takes_no_more_than_what_is_in_it(table: Table) -> None:
    fill(table, 1000)
    before = large(table).memory
    reply = Reply()
    for number in range(20_000):
        lists.push(table, KEY, [ITEM % number], False)
        lists.pop_into(table, KEY, True, reply)
        reply.take()
    assert large(table).memory < before + 2 * 8192


def test_a_long_list_is_freed_in_slices(table: Table) -> None:
    while free_buried(1000):
        continue
    before = value_memory()
    for start in range(0, 50_000, 100):
        lists.push(table, KEY, [ITEM % number for number in range(start, start + 100)], False)
    held = value_memory()
    waiting = buried()
    table.delete(KEY)
    assert buried() == waiting + 1
    assert value_memory() == held
    assert free_buried(50)
    assert before < value_memory() < held
    while free_buried(1000):
        continue
    assert value_memory() == before
