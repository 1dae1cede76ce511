"""Round trips of single requests at moderate concurrency, and the longest while keys pour in."""

import gc
import socket
import time
from typing import Final

from benchmarks.load import drive, percentile
from benchmarks.process import cpu_ns
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import (
    RESP,
    SET_REPLY,
    Connection,
    UnexpectedReply,
    fill,
    key_name,
    operation,
    resp,
    set_request,
    value_of,
)

PERCENTILES: Final = (50.0, 99.0, 99.9)
PAUSE_BATCH: Final = 16
PAUSE_CHUNK: Final = 64 * PAUSE_BATCH
PING: Final = resp(b"PING")
PONG: Final = b"+PONG\r\n"


def measure_latency(running: Running, settings: Settings, results: Results) -> None:
    """p50, p99 and p99.9 of GET and SET, one request at a time on each of a few connections."""
    fill(running.port, RESP, settings.keyspace, settings.value_size)
    for name in ("GET", "SET"):
        work = operation(name, 1, settings.keyspace, settings.value_size, seed=7)
        samples = drive(running.port, work, settings.latency_connections, settings.latency_requests)
        samples.sort()
        for percent in PERCENTILES:
            row = f"{name} p{percent:g}"
            results.add("latency_us", row, running.server.name, percentile(samples, percent) / 1000)


def measure_pause(running: Running, settings: Settings, results: Results) -> None:
    """Insert new keys in small batches, a PING of another client behind each; keep the slowest.

    Both clients live in one thread: on few cores a probe of its own would wait for its turn on
    the core and blame the server. As each PING leaves right behind a batch, none of the server's
    time is unseen. Every round trip is measured twice: by the clock on the wall, which also
    counts what the machine's other work takes, and by the CPU clock of the server, which counts
    only what the server itself did meanwhile.
    """
    inserter = Connection(running.port)
    prober = Connection(running.port)
    worst = Worst()
    name = running.server.name
    end = time.monotonic() + settings.pause_limit_s
    gc.disable()
    try:
        for start in range(0, settings.pause_keys, PAUSE_CHUNK):
            if time.monotonic() > end:
                results.notes.append(f"{name}: out of time after inserting {start:,} keys")
                break
            insert(inserter.socket, prober.socket, running.pid, start, settings.value_size, worst)
    finally:
        gc.enable()
        inserter.close()
        prober.close()
    results.add("pause_ms", "insert, wall clock", name, worst.insert_ns / 1e6)
    results.add("pause_ms", "insert, server's own time", name, worst.insert_cpu_ns / 1e6)
    results.add("pause_ms", "PING of another, wall clock", name, worst.ping_ns / 1e6)
    results.add("pause_ms", "PING, server's own time", name, worst.ping_cpu_ns / 1e6)


class Worst:
    """The slowest round trips so far."""

    def __init__(self) -> None:
        self.insert_ns = 0
        self.insert_cpu_ns = 0
        self.ping_ns = 0
        self.ping_cpu_ns = 0


def insert(
    inserter: socket.socket, prober: socket.socket, pid: int, start: int, size: int, worst: Worst
) -> None:
    """Insert PAUSE_CHUNK keys from `start` on, batch by batch."""
    batches = []
    for first in range(start, start + PAUSE_CHUNK, PAUSE_BATCH):
        numbers = range(first, first + PAUSE_BATCH)
        batches.append(
            b"".join([set_request(RESP, key_name(n), value_of(n, size)) for n in numbers])
        )
    now = time.perf_counter_ns
    wanted = len(SET_REPLY[RESP]) * PAUSE_BATCH
    for batch in batches:
        cpu = cpu_ns(pid)
        begun = now()
        inserter.sendall(batch)
        asked = now()
        prober.sendall(PING)
        receive(inserter, wanted, SET_REPLY[RESP][:1])
        inserted = now()
        cpu_inserted = cpu_ns(pid)
        receive(prober, len(PONG), PONG[:1])
        answered = now()
        cpu_answered = cpu_ns(pid)
        worst.insert_ns = max(worst.insert_ns, inserted - begun)
        worst.insert_cpu_ns = max(worst.insert_cpu_ns, cpu_inserted - cpu)
        worst.ping_ns = max(worst.ping_ns, answered - asked)
        worst.ping_cpu_ns = max(worst.ping_cpu_ns, cpu_answered - cpu)


def receive(connection: socket.socket, wanted: int, first: bytes) -> None:
    """Read this many bytes of replies that begin as expected."""
    data = connection.recv(65536)
    if data[:1] != first:
        raise UnexpectedReply(f"the server answered {data[:80]!r}")
    missing = wanted - len(data)
    while missing > 0:
        data = connection.recv(65536)
        if not data:
            raise UnexpectedReply("the server closed the connection")
        missing -= len(data)
