"""MEMORY."""

from typing import cast

import pytest

from dflite.base.errors import BadSyntax, NotAnInteger, WrongArity
from dflite.engine.memory import DatabaseMemory, MemoryFigures
from tests.support.node import Node, NodeClient
from tests.support.resp import ARRAY, MAP


@pytest.mark.parametrize("shards", [1, 3])
def test_usage_is_what_the_table_would_give_back(shards: int) -> None:
    node = Node(shards=shards)
    client = node.client()
    client.run("SET", "a", "x" * 1000)
    usage = client.run("MEMORY USAGE a")
    assert isinstance(usage, int)
    assert 1000 < usage < 1100
    assert client.run("MEMORY USAGE a SAMPLES 0") == usage
    assert client.run("MEMORY USAGE a samples 5 SAMPLES 1") == usage


def test_usage_counts_a_large_value_too(client: NodeClient) -> None:
    client.run("SADD", "s", *[b"member:%d" % number for number in range(1000)])
    usage = client.run("MEMORY USAGE s")
    assert isinstance(usage, int)
    assert 20_000 < usage < 60_000


def test_usage_of_nothing_is_null(node: Node, client: NodeClient) -> None:
    assert client.run("MEMORY USAGE nosuch") is None
    client.run("SET a 1 PX 10")
    node.advance(10)
    assert client.run("MEMORY USAGE a") is None


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("a SAMPLES", BadSyntax),
        ("a SAMPLES -1", BadSyntax),
        ("a SAMPLES x", NotAnInteger),
        ("a FOO 1", BadSyntax),
        ("a FOO", BadSyntax),
        ("", WrongArity),
    ],
)
def test_usage_refuses(client: NodeClient, words: str, error: type[Exception]) -> None:
    assert client.run("MEMORY USAGE " + words) == error


def test_stats_are_the_hosts_figures(node: Node, client: NodeClient) -> None:
    databases = [DatabaseMemory(0, 10, 2, 300), DatabaseMemory(1, 0, 0, 0)]
    node.host.memory_figures = MemoryFigures(1000, 2000, 100, 5000, 50, 3, databases)
    assert client.run_exactly("MEMORY STATS").kind == ARRAY
    client.run("HELLO 3")
    assert client.run_exactly("MEMORY STATS").kind == MAP
    stats = client.run("MEMORY STATS")
    assert isinstance(stats, dict)
    assert stats[b"total.allocated"] == 1000
    assert stats[b"peak.allocated"] == 2000
    assert stats[b"overhead.total"] == 350
    assert stats[b"dataset.bytes"] == 650
    assert stats[b"keys.count"] == 10
    assert stats[b"keys.bytes-per-key"] == 90
    assert stats[b"peak.percentage"] == 50.0
    assert stats[b"fragmentation"] == 5.0
    assert stats[b"db.0"] == {b"overhead.hashtable.main": 300, b"overhead.hashtable.expires": 0}
    assert b"db.1" not in stats


def test_doctor_purge_and_malloc_stats(client: NodeClient) -> None:
    assert isinstance(client.run("MEMORY DOCTOR"), bytes)
    assert client.run("MEMORY PURGE") == "OK"
    assert isinstance(client.run("MEMORY MALLOC-STATS"), bytes)
    assert client.run("MEMORY PURGE x") == WrongArity


def test_help(client: NodeClient) -> None:
    lines = client.run("MEMORY HELP")
    assert isinstance(lines, list)
    assert {"DOCTOR", "PURGE", "STATS", "USAGE key [SAMPLES count]"} <= set(lines)
    assert client.run("MEMORY") == WrongArity


def test_room_that_a_value_does_not_need_any_more_is_given_back() -> None:
    node = Node()
    client = node.client()
    for n in range(10):
        client.run("HSET", "k", f"field{n}", "x" * 60)
    client.run("HDEL k field3 field4")
    before = client.run("MEMORY USAGE k")
    freed = client.run("SHRINK k")
    assert isinstance(before, int)
    assert isinstance(freed, int)
    assert freed > 0
    assert client.run("MEMORY USAGE k") == before - freed
    assert client.run("HLEN k") == 8
    assert client.run("SHRINK k") == 0
    assert client.run("SHRINK none") is None
    node.db.table(b"k").check()


def test_a_scan_tells_types_sizes_and_idle_times(node: Node, client: NodeClient) -> None:
    client.run("SET", "s", "x" * 5000)
    client.run("SADD", "set", "1", "2")
    node.advance(30_000)
    client.run("GET s")
    cursor, rows = cast(tuple[bytes, list[object]], client.run("MEMORY SCAN 0 COUNT 1000"))
    assert cursor == b"0"
    found = {rows[at]: rows[at + 1 : at + 4] for at in range(0, len(rows), 4)}
    assert found[b"s"] == [b"string", client.run("MEMORY USAGE s"), 0]
    assert found[b"set"] == [b"set", client.run("MEMORY USAGE set"), 30]
    assert client.run("MEMORY SCAN 0 COUNT 0") == BadSyntax
    assert client.run("MEMORY SCAN 0 NOSUCH") == BadSyntax
