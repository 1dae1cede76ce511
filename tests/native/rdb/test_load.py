"""Values out of RDB: each form is read, and what must not be in a collection is refused."""

import math
import struct

import pytest

from dflite.native.base.bytesops import format_int
from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.rdb.load import load
from dflite.native.rdb.reader import BadFormat, Reader
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.values import element_deadlines, hash_walks, hashes, list_walks, set_forms, sets
from tests.support import dumps
from tests.support.dumps import length, listpack, text, texts, ziplist

KEY = b"key"
LATER = 1_900_000_000_000
SPELLED = b"%d" % LATER


@pytest.fixture
def table() -> Table:
    return Table(Clock(1_800_000_000_000))


def read(table: Table, body: bytes, valkey: bool = False) -> None:
    """Load the value of a kind, which has to be there to its last byte."""
    reader = Reader(body)
    load(reader, table, KEY, reader.byte(), valkey)
    assert reader.left == 0


@pytest.mark.parametrize("name", ["list", "list as ziplist", "quicklist"])
def test_lists(table: Table, name: str) -> None:
    read(table, dumps.body_of(dumps.OLD_FORMS[name]))
    expected = {
        "list": dumps.WORDS,
        "list as ziplist": [*dumps.WORDS, *map(format_int, dumps.NUMBERS), b"last"],
        "quicklist": [b"a", b"1", dumps.LONG, b"z"],
    }
    assert list_walks.elements(table, KEY) == expected[name]


def test_a_list_of_nodes_and_lone_elements(table: Table) -> None:
    nodes = b"\x02" + text(listpack([b"a", b"1"])) + b"\x01" + text(b"lone")
    read(table, b"\x12" + length(3) + nodes + b"\x02" + text(listpack([])))
    assert list_walks.elements(table, KEY) == [b"a", b"1", b"lone"]


def test_a_list_may_become_large(table: Table) -> None:
    items = [b"%d" % n for n in range(50_000)]
    read(table, b"\x01" + length(len(items)) + texts(items))
    assert list_walks.elements(table, KEY) == items


def test_sets(table: Table) -> None:
    read(table, b"\x02" + length(3) + texts([b"1", b"2", b"3"]))
    assert set_forms.form(table, KEY) == set_forms.INTEGERS
    table.delete(KEY)
    read(table, b"\x14" + text(listpack([b"1", b"2"])))
    assert set_forms.form(table, KEY) == set_forms.PACKED
    table.delete(KEY)
    read(table, b"\x14" + text(listpack([b"%d" % n for n in range(200)])))
    assert set_forms.form(table, KEY) == set_forms.LARGE
    assert sets.count(table, KEY) == 200
    table.delete(KEY)
    read(table, b"\x0b" + text(dumps.intset(4, range(600))))
    assert set_forms.form(table, KEY) == set_forms.LARGE
    assert sets.count(table, KEY) == 600


@pytest.mark.parametrize("many", [False, True])
def test_sorted_sets(table: Table, many: bool) -> None:
    more = [(b"m%d" % n, 1.0) for n in range(200 * many)]
    pairs = [(b"b", 2.5), (b"a", -math.inf), *more]
    read(table, b"\x05" + length(len(pairs)) + dumps.doubles(pairs))
    assert zsets.score(table, KEY, b"a") == -math.inf
    assert zset_ranges.pairs(table, KEY, 1 + len(more), 1) == [(b"b", 2.5)]
    table.delete(KEY)
    words = [word for member, _ in more for word in (member, 7)]
    read(table, b"\x0c" + text(ziplist([b"x", b"3.5", *words])))
    assert zsets.size(table, KEY) == 1 + len(more)
    table.delete(KEY)
    read(table, b"\x11" + text(listpack([b"x", b"3.5", b"y", b"-1"])))
    assert zset_ranges.pairs(table, KEY, 0, 2) == [(b"y", -1), (b"x", 3.5)]


@pytest.mark.parametrize("name", [name for name in dumps.OLD_FORMS if "7.4" in name])
def test_hashes_of_redis_7_4(table: Table, name: str) -> None:
    read(table, dumps.body_of(dumps.OLD_FORMS[name]))
    assert element_deadlines.field_deadline(table, KEY, b"g") == LATER
    assert element_deadlines.field_deadline(table, KEY, b"f") == -1
    assert element_deadlines.next_deadline(table, KEY) == LATER


def test_the_kind_22_means_what_the_version_says(table: Table) -> None:
    body = dumps.body_of(dumps.OLD_FORMS["hash of Valkey"])
    with pytest.raises(BadFormat):
        read(table, body)
    read(table, body, True)
    assert element_deadlines.field_deadline(table, KEY, b"g") == LATER
    for name in ("hash of 7.4", "listpack of 7.4", "listpack of 7.4's candidates"):
        with pytest.raises(BadFormat):
            read(table, dumps.body_of(dumps.OLD_FORMS[name]), True)


@pytest.mark.parametrize("count", [3, 700])
def test_hashes_of_both_sizes(table: Table, count: int) -> None:
    pairs = [word for n in range(count) for word in (b"f%d" % n, b"%d" % n)]
    for body in (
        b"\x04" + length(count) + texts(pairs),
        b"\x10" + text(listpack(pairs)),
        b"\x0d" + text(ziplist(pairs)),
        b"\x09" + text(dumps.zipmap(pairs)),
    ):
        read(table, body)
        assert sorted(hash_walks.items(table, KEY)) == sorted(pairs)
        assert hashes.form(table, KEY) == (b"listpack" if count == 3 else b"hashtable")
        table.delete(KEY)


NOT_A_NUMBER = struct.pack("<d", math.nan)
BAD = {
    "empty list": b"\x01\x00",
    "list of nothing": b"\x0a" + text(ziplist([])),
    "quicklist of nothing": b"\x12\x01\x02" + text(listpack([])),
    "lone element of nothing": b"\x12\x01\x01\x00",
    "node of an unknown kind": b"\x12\x01\x03" + text(listpack([b"a"])),
    "empty set": b"\x02\x00",
    "empty intset": b"\x0b" + text(dumps.intset(2, [])),
    "empty set as listpack": b"\x14" + text(listpack([])),
    "member twice": b"\x02\x02" + texts([b"a", b"a"]),
    "integer twice": b"\x02\x02" + texts([b"7", b"7"]),
    "member twice in a listpack": b"\x14" + text(listpack([b"a", b"a"])),
    "member twice in a large set": b"\x02" + length(300)
    + texts([b"%d" % (n % 299) for n in range(300)]),
    "empty zset": b"\x05\x00",
    "empty zset as listpack": b"\x11" + text(listpack([])),
    "score that is no number": b"\x05\x01\x01a" + NOT_A_NUMBER,
    "text that is no score": b"\x03\x01\x01a\x03abc",
    "no number as text": b"\x03\x01\x01a\xfd",
    "half a pair": b"\x11" + text(listpack([b"a"])),
    "no score": b"\x11" + text(listpack([b"a", b"b"])),
    "member twice in a zset": b"\x05\x02" + dumps.doubles([(b"a", 1), (b"a", 2)]),
    "member twice in a large zset": b"\x05" + length(200)
    + dumps.doubles([(b"%d" % (n % 199), n) for n in range(200)]),
    "empty hash": b"\x04\x00",
    "empty zipmap": b"\x09" + text(dumps.zipmap([])),
    "field twice": b"\x04\x02" + texts([b"f", b"v", b"f", b"w"]),
    "field twice in a listpack": b"\x10" + text(listpack([b"f", b"v", b"f", b"w"])),
    "field twice in a large hash": b"\x04" + length(600) + texts([b"f"] * 1200),
    "field without a value": b"\x10" + text(listpack([b"f", b"v", b"g"])),
    "field without a deadline": b"\x17" + text(listpack([b"f", b"v"])),
    "deadline that is none": b"\x17" + text(listpack([b"f", b"v", b"soon"])),
    "deadline below 0": b"\x17" + text(listpack([b"f", b"v", b"-5"])),
    "deadline beyond all": b"\x18" + struct.pack("<q", 1 << 62) + b"\x01" + length(1 << 63)
    + texts([b"f", b"v"]),
    "seconds that are none": b"\x20\x01" + texts([b"m", b"x"]),
    "seconds beyond all": b"\x20\x01" + texts([b"m", b"9223372036854775807"]),
    "seconds below -1": b"\x20\x01" + texts([b"m", b"-2"]),
    "more than there is": b"\x02" + length(1 << 40) + text(b"a"),
    "module": b"\x07\x00",
    "unknown": b"\x21\x00",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_must_not_be_leaves_nothing_behind(table: Table, name: str) -> None:
    with pytest.raises(BadFormat):
        read(table, BAD[name])
    assert len(table) == 0
    table.check()


def test_a_deadline_of_valkey_below_none_is_refused(table: Table) -> None:
    with pytest.raises(BadFormat):
        read(table, b"\x16\x01" + texts([b"f", b"v"]) + struct.pack("<q", -2), True)


def test_every_cut_is_refused(table: Table) -> None:
    for payload in dumps.OLD_FORMS.values():
        body = dumps.body_of(payload)
        for end in range(1, len(body)):
            reader = Reader(body, 0, end)
            with pytest.raises(BadFormat):
                load(reader, table, KEY, reader.byte(), dumps.version_of(payload) == dumps.VALKEY)
        assert len(table) == 0
