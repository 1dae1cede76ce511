"""The sum of what a node holds, and how far it is from the limit."""

from collections.abc import Iterator

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.memory import (
    CHANNELS,
    CLIENTS,
    QUEUES,
    SCRIPTS,
    TRACKING,
    WATCHES,
    Memory,
)
from dflite.native.keyspace.table import Table
from dflite.native.keyspace.value import free_buried
from dflite.native.values import hashes
from dflite.native.wire.reply import Reply


@pytest.fixture
def table() -> Iterator[Table]:
    while free_buried(1_000_000):
        continue
    table = Table(Clock(1))
    yield table
    table.clear()
    while free_buried(1_000_000):
        continue


@pytest.fixture
def memory(table: Table) -> Memory:
    return Memory([[table], [Table(table.clock)]])


def test_tables_count(table: Table, memory: Memory) -> None:
    before = memory.used_bytes()
    table.set_string(b"key", b"x" * 10_000)
    assert memory.used_bytes() - before == table.memory > 10_000
    assert memory.binding_bytes() == memory.used_bytes()


def test_buffers_of_connections_count(memory: Memory) -> None:
    before = memory.used_bytes(), memory.buffer_bytes()
    reply = Reply()
    reply.bulk(b"x" * 1_000_000)
    assert memory.used_bytes() - before[0] == memory.buffer_bytes() - before[1] > 1_000_000
    reply.take()
    del reply
    assert memory.buffer_bytes() == before[1]


def test_what_is_told_counts_as_it_was_told_last(memory: Memory) -> None:
    before = memory.used_bytes()
    memory.tell(SCRIPTS, 1000)
    memory.tell(SCRIPTS, 300)
    assert memory.tell_all(1, 20, 300, 4000, 50_000) == memory.binding_bytes()
    assert memory.used_bytes() == before + 54_621
    kinds = (CLIENTS, QUEUES, WATCHES, CHANNELS, TRACKING, SCRIPTS)
    assert [memory.told(kind) for kind in kinds] == [1, 20, 300, 4000, 50_000, 300]


def test_what_waits_to_be_freed_does_not_count_towards_the_limit(
    table: Table, memory: Memory
) -> None:
    empty = memory.binding_bytes()
    for number in range(5000):
        hashes.update_field(table, b"large", b"field:%d" % number, b"x" * 100)
    full = memory.used_bytes()
    assert memory.binding_bytes() == full > 500_000
    table.delete(b"large")
    assert memory.binding_bytes() < empty + 10_000
    assert memory.used_bytes() > 500_000
    while free_buried(1000):
        assert memory.binding_bytes() < empty + 10_000
    assert memory.used_bytes() == memory.binding_bytes()


def test_the_limit_is_kept(memory: Memory) -> None:
    assert memory.limit == 0
    memory.limit = 1 << 40
    assert memory.limit == 1 << 40
    memory.look_again()
