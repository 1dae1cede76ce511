"""Tables for tests: made at a time that stands still, filled, scanned."""

from collections.abc import Iterator

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table

NOW = 1_000_000_000_000
EMPTY_TABLE = 4096  # what an emptied table may still hold


def table_at(now_ms: int = NOW) -> Table:
    return Table(Clock(now_ms))


def named(number: int) -> bytes:
    return b"key:%d" % number


def scan_all(
    table: Table, count: int = 10, due: list[bytes] | None = None
) -> Iterator[list[bytes]]:
    cursor = 0
    while True:
        cursor, keys = table.scan(cursor, count, None, 0, due)
        assert 0 <= cursor < 2**48
        yield keys
        if cursor == 0:
            return


def keys_of(table: Table) -> list[bytes]:
    return [key for keys in scan_all(table, 1000) for key in keys]
