"""The frame of a dump: version, checksum, nothing behind the value."""

import pytest

from dflite.base.errors import BadPayload, BadValue
from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.rdb.payloads import dump, restore, version_of
from tests.support.dumps import seal


@pytest.fixture
def table() -> Table:
    return Table(Clock(1_800_000_000_000))


def test_a_dump_is_what_redis_7_0_dumps(table: Table) -> None:
    table.set_string(b"k", b"10")
    assert dump(table, b"k", True) == bytes.fromhex("00c00a0a006e9f57450eae63bb")
    assert seal(b"\x00\xc0\x0a", 10) == dump(table, b"k", True)


def test_what_comes_back(table: Table) -> None:
    table.set_string(b"k", b"value" * 100)
    for packing in (True, False):
        restore(dump(table, b"k", packing), table, b"other")
        assert table.read(b"other") == b"value" * 100
        table.delete(b"other")


def test_the_frame_comes_first(table: Table) -> None:
    assert version_of(seal(b"", 11)) == 11
    for payload in (b"", b"short", bytes(10), seal(b"\x00\x00", 13), seal(b"\x00\x00")[:-1]):
        with pytest.raises(BadPayload):
            restore(payload, table, b"k")


def test_nothing_may_stand_behind_the_value(table: Table) -> None:
    for body in (b"\x00\x01ab", b"\x02\x01\x01ab", b"\x00\x01"):
        with pytest.raises(BadValue):
            restore(seal(body), table, b"k")
        assert len(table) == 0
