"""Figures of memory and what the doctor makes of them."""

import pytest

from dflite.base.numbers import MIB
from dflite.engine.memory import DatabaseMemory, MemoryFigures, examine
from dflite.native.keyspace.memory import TRACKING


def figures(
    used: int,
    peak: int = 0,
    resident: int = 0,
    buffers: int = 0,
    clients: int = 1,
    program: int = 0,
) -> MemoryFigures:
    return MemoryFigures(used, peak, 0, resident or used, buffers, clients, [], program=program)


def test_shares_and_ratios() -> None:
    databases = [DatabaseMemory(0, 10, 0, 300), DatabaseMemory(3, 5, 0, 100)]
    memory = MemoryFigures(1000, 500, 200, 4000, 50, 1, databases)
    assert memory.peak == 1000  # it is higher than ever
    assert (memory.keys, memory.table_bytes) == (15, 400)
    assert (memory.overhead, memory.dataset) == (450, 550)
    tracked = MemoryFigures(1000, 500, 200, 4000, 50, 1, databases, {TRACKING: 25})
    assert (tracked.overhead, tracked.dataset) == (475, 525)
    assert memory.dataset_percentage == 68.75
    assert memory.fragmentation == 4.0


def test_nothing_at_all_divides_by_nothing() -> None:
    memory = MemoryFigures(0, 0, 0, 0, 0, 0, [])
    assert memory.dataset_percentage == memory.fragmentation == 0.0
    assert memory.peak_percentage == 100.0


@pytest.mark.parametrize(
    ("memory", "word"),
    [
        (figures(MIB), "hardly any data"),
        (figures(100 * MIB), "Nothing is odd"),
        (figures(100 * MIB, peak=300 * MIB), "peak"),
        (figures(100 * MIB, resident=200 * MIB), "fragmented"),
        (figures(100 * MIB, resident=160 * MIB, program=60 * MIB), "Nothing is odd"),
        (figures(100 * MIB, buffers=50 * MIB, clients=10), "Buffers of clients"),
    ],
)
def test_the_doctor(memory: MemoryFigures, word: str) -> None:
    assert word in examine(memory)
