"""Resident memory per element of collections, and per small collection."""

import time
from collections.abc import Iterator
from typing import Final

from benchmarks.memory import SETTLE_S
from benchmarks.process import rss_bytes
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import Connection, key_name, resp

BATCH: Final = 200
STRIDE: Final = 7919  # a prime: scores come in no order


def small_hashes(count: int) -> Iterator[bytes]:
    """Hashes of ten small fields."""
    for n in range(count):
        pairs = [word for i in range(10) for word in (b"field%d" % i, b"value%d" % (n % 1000))]
        yield resp(b"HSET", key_name(n), *pairs)


def members(count: int) -> Iterator[bytes]:
    """One set of members of 16 bytes."""
    for n in range(count):
        yield resp(b"SADD", b"set", b"m%015d" % n)


def scored(count: int) -> Iterator[bytes]:
    """One sorted set of members of 16 bytes."""
    for n in range(count):
        yield resp(b"ZADD", b"zset", b"%d" % (n * STRIDE % count), b"m%015d" % n)


def items(count: int) -> Iterator[bytes]:
    """One list of items of 16 bytes."""
    for n in range(count):
        yield resp(b"RPUSH", b"list", b"i%015d" % n)


def entries(count: int) -> Iterator[bytes]:
    """One stream of entries of three fields."""
    for n in range(count):
        fields = (b"sensor", b"%d" % (n % 100), b"value", b"%d" % (n * 31 % 1000), b"unit", b"C")
        yield resp(b"XADD", b"stream", b"%d-0" % (n + 1), *fields)


def integer_sets(count: int) -> Iterator[bytes]:
    """Sets of eight integers."""
    for n in range(count):
        yield resp(b"SADD", key_name(n), *[b"%d" % (n % 1000 + i * 37) for i in range(8)])


# What is filled in, and which part of --keys there are of it.
FILLINGS: Final = (
    ("hash of 10 small fields", small_hashes, 0.1),
    ("member of a set", members, 1.0),
    ("member of a sorted set", scored, 1.0),
    ("item of a list", items, 1.0),
    ("entry of a stream, 3 fields", entries, 1.0),
    ("set of 8 integers", integer_sets, 1.0),
)


def measure_elements(running: Running, row: str, settings: Settings, results: Results) -> None:
    """Growth of resident memory per element; the server is fresh."""
    for name, filling, share in FILLINGS:
        if name == row:
            count = int(settings.memory_keys * share)
            requests = filling(count)
    time.sleep(SETTLE_S)
    before = rss_bytes(running.pid)
    connection = Connection(running.port)
    batch = []
    for request in requests:
        batch.append(request)
        if len(batch) == BATCH:
            connection.finish(b"".join(batch))
            batch.clear()
    connection.finish(b"".join(batch))
    connection.close()
    time.sleep(SETTLE_S)
    grown = rss_bytes(running.pid) - before
    results.add("bytes_per_element", row, running.server.name, grown / count)
