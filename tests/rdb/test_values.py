"""One value as RDB: kinds and versions."""

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import list_walks, lists
from dflite.rdb.values import (
    BadFormat,
    Reader,
    Writer,
    is_known,
    kind_of,
    read_value,
    version_for,
    write_value,
)
from dflite.store.db import TYPE_STREAM
from tests.support.dumps import OLD_FORMS, VALKEY, body_of
from tests.support.streams import stream_of


@pytest.fixture
def table() -> Table:
    return Table(Clock(1_800_000_000_000))


def test_versions_that_can_be_read() -> None:
    assert [version for version in range(100) if is_known(version)] == [*range(1, 13), 80]


def test_the_oldest_version_that_knows_a_form() -> None:
    assert [version_for(kind) for kind in (0, 2, 4, 5, 16, 17, 18)] == [10] * 7
    assert [version_for(kind) for kind in (20, 21, 22, 32)] == [11, 11, 80, 9]


def test_several_values_one_after_the_other(table: Table) -> None:
    lists.push(table, b"list", [b"a", b"b"], False)
    table.set_object(b"stream", TYPE_STREAM, stream_of((1, [b"a", b"b"])))
    table.set_string(b"string", b"abc")
    writer = Writer()
    keys = [b"list", b"stream", b"string"]
    for key in keys:
        writer.byte(kind_of(table, key))
        write_value(writer, table, key)
    reader = Reader(writer.take())
    other = Table(table.clock)
    for key in keys:
        read_value(reader, reader.byte(), 11, other, key)
    assert reader.left == 0
    assert list_walks.elements(other, b"list") == [b"a", b"b"]
    assert other.type_of(b"stream") == TYPE_STREAM
    assert other.read(b"string") == b"abc"


def test_fields_with_deadlines_are_valkeys_or_redis_by_the_version(table: Table) -> None:
    body = body_of(OLD_FORMS["hash of Valkey"])
    with pytest.raises(BadFormat):
        read_value(Reader(body, 1), body[0], 12, table, b"k")
    read_value(Reader(body, 1), body[0], VALKEY, table, b"k")
    assert len(table) == 1
