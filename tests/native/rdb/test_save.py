"""Collections as RDB, byte by byte where they are small, and read again where they are not."""

import struct

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.rdb.load import load
from dflite.native.rdb.reader import Reader
from dflite.native.rdb.save import kind_of, save
from dflite.native.rdb.writer import Writer
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.values import (
    element_deadlines,
    hash_walks,
    hashes,
    list_walks,
    lists,
    set_walks,
    sets,
)
from tests.support.dumps import intset, length, listpack, text, texts

KEY = b"key"
NOW = 1_800_000_000_000


@pytest.fixture
def table() -> Table:
    return Table(Clock(NOW))


def written(table: Table, packing: bool = False) -> bytes:
    """The number of the form, and the value."""
    writer = Writer(packing)
    writer.byte(kind_of(table, KEY))
    save(writer, table, KEY)
    return writer.take()


def copy_of(table: Table, valkey: bool = True) -> Table:
    """A table with the same value, written and read."""
    reader = Reader(written(table))
    other = Table(table.clock)
    load(reader, other, KEY, reader.byte(), valkey)
    assert reader.left == 0
    return other


def test_strings(table: Table) -> None:
    table.set_string(KEY, b"abc")
    assert written(table) == b"\x00\x03abc"
    table.set_string(KEY, b"-300")
    assert written(table) == b"\x00\xc1\xd4\xfe"
    table.set_string(KEY, b"9223372036854775807")
    assert written(table) == b"\x00\x139223372036854775807"
    table.set_string(KEY, b"x" * 1000)
    assert len(written(table, True)) < 50


def test_small_collections_are_packed(table: Table) -> None:
    lists.push(table, KEY, [b"a", b"1", b"-300"], False)
    assert written(table) == b"\x12\x01\x02" + text(listpack([b"a", b"1", b"-300"]))
    table.delete(KEY)
    sets.add(table, KEY, [b"3", b"-70000", b"5"])
    assert written(table) == b"\x0b" + text(intset(4, [-70000, 3, 5]))
    table.delete(KEY)
    sets.add(table, KEY, [b"b", b"a"])
    assert written(table) == b"\x14" + text(listpack([b"b", b"a"]))
    table.delete(KEY)
    hashes.set_fields(table, KEY, [b"f", b"v", b"g", b"7"])
    assert written(table) == b"\x10" + text(listpack([b"f", b"v", b"g", b"7"]))
    table.delete(KEY)
    zsets.add(table, KEY, [1.0, 0.5, 1e300, float("-inf")], [b"a", b"b", b"c", b"d"])
    assert written(table) == b"\x11" + text(
        listpack([b"d", b"-inf", b"b", b"0.5", b"a", b"1", b"c", b"1e+300"])
    )


def test_a_large_list_is_its_nodes(table: Table) -> None:
    lists.push(table, KEY, [b"%d" % n for n in range(9000)], False)
    lists.push(table, KEY, [b"x" * 10_000, b"y"], False)
    data = written(table)
    assert data[0] == 18
    assert b"\x01" + text(b"x" * 10_000) + b"\x02" + text(listpack([b"y"])) in data
    assert list_walks.elements(copy_of(table), KEY) == list_walks.elements(table, KEY)


def test_large_sets_and_hashes_are_their_elements(table: Table) -> None:
    members = [b"m%d" % n for n in range(3000)]
    sets.add(table, KEY, members)
    assert written(table)[:3] == b"\x02" + length(3000)
    assert sorted(set_walks.members(copy_of(table), KEY)) == sorted(members)
    table.delete(KEY)
    hashes.set_fields(table, KEY, members)
    assert written(table)[:3] == b"\x04" + length(1500)
    assert sorted(hash_walks.items(copy_of(table), KEY)) == sorted(members)


def test_a_large_sorted_set_begins_with_the_highest(table: Table) -> None:
    zsets.add(table, KEY, [n / 4 for n in range(500)], [b"m%d" % n for n in range(500)])
    first = text(b"m499") + struct.pack("<d", 499 / 4)
    assert written(table).startswith(b"\x05" + length(500) + first)
    pairs = zset_ranges.pairs(copy_of(table), KEY, 0, 500)
    assert pairs == zset_ranges.pairs(table, KEY, 0, 500)


def test_deadlines_of_fields_are_written_as_valkey_does(table: Table) -> None:
    hashes.set_fields(table, KEY, [b"f", b"v"], 0, NOW + 5)
    expected = b"\x16\x01" + texts([b"f", b"v"]) + struct.pack("<q", NOW + 5)
    assert written(table) == expected
    hashes.set_fields(table, KEY, [b"g", b"w"])
    other = copy_of(table)
    assert element_deadlines.field_deadline(other, KEY, b"f") == NOW + 5
    assert element_deadlines.field_deadline(other, KEY, b"g") == -1
    table.clock.advance(5)
    assert struct.pack("<q", NOW + 5) in written(table)  # due, but not announced yet


def test_deadlines_of_members_are_written_as_dragonfly_does(table: Table) -> None:
    body = b"\x02" + texts([b"m", b"-1", b"n", b"1900000000"])
    reader = Reader(body)
    load(reader, table, KEY, 32, False)
    data = written(table)
    assert data[:2] == b"\x20\x02"
    assert text(b"m") + b"\xc0\xff" in data
    assert text(b"n") + b"\xc2" + struct.pack("<i", 1_900_000_000) in data
    assert sorted(set_walks.members(copy_of(table), KEY)) == [b"m", b"n"]


def test_there_has_to_be_a_value(table: Table) -> None:
    with pytest.raises(KeyError):
        kind_of(table, KEY)
    with pytest.raises(KeyError):
        save(Writer(), table, KEY)
