"""The C library's allocator: giving back, telling."""

import pytest

from dflite.native.base.allocator import allocator_report, release_free_memory
from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table


def test_free_memory_can_be_released_at_any_time() -> None:
    blocks = [bytes(2000) for _ in range(1000)]
    del blocks
    assert release_free_memory() in (True, False)
    assert release_free_memory() in (True, False)


def test_the_report_is_text_or_nothing() -> None:
    report = allocator_report()
    assert report is None or b"malloc" in report


def test_freed_blocks_are_not_hoarded() -> None:
    table = Table(Clock(1))
    for number in range(20_000):
        table.set_string(b"key:%d" % number, b"value")
    for number in range(20_000):
        table.delete(b"key:%d" % number)
    report = allocator_report()
    if report is None:
        pytest.skip("the C library does not describe its allocator")
    assert b'<total type="fast" count="0" size="0"/>' in report
