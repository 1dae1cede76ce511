"""When a list moves out of the keyspace's entry, and in again."""

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import INLINE, Table
from dflite.native.values import list_walks, lists
from dflite.native.wire.reply import Reply

KEY = b"key"


def form(table: Table) -> str:
    return "listpack" if table.read(KEY) is INLINE else "quicklist"


@pytest.fixture
def table() -> Table:
    return Table(Clock(1))


def test_a_list_moves_out_when_what_comes_does_not_fit_a_node(table: Table) -> None:
    lists.push(table, KEY, [b"x" * 8173], False)  # 8187 bytes of a listpack
    assert form(table) == "listpack"
    lists.push(table, KEY, [b"xxxx"], False)
    assert form(table) == "listpack"
    lists.push(table, KEY, [b""], False)
    assert form(table) == "quicklist"


def test_a_list_moves_in_again_when_it_has_shrunk_to_half_a_node(table: Table) -> None:
    lists.push(table, KEY, [b"x" * 62] * 128, False)
    lists.push(table, KEY, [b"y"], False)
    assert form(table) == "quicklist"
    while form(table) == "quicklist":
        lists.pop_into(table, KEY, False, Reply())
    assert lists.length(table, KEY) == 63


def test_more_elements_than_two_bytes_count_are_kept_in_nodes(table: Table) -> None:
    assert lists.push(table, KEY, [b""] * 70_000, True) == 70_000
    assert form(table) == "quicklist"
    assert list_walks.elements(table, KEY, 69_999) == [b""]
