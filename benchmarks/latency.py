"""Round trips of single requests at moderate concurrency, and the longest while keys pour in."""

import gc
import os
import socket
import time
from typing import Final

from benchmarks.load import drive, percentile
from benchmarks.process import CoreWaits, cpu_ns
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
    time is unseen.
    """
    probe = Probe(running, settings.value_size)
    name = running.server.name
    end = time.monotonic() + settings.pause_limit_s
    gc.disable()
    try:
        for start in range(0, settings.pause_keys, PAUSE_CHUNK):
            if time.monotonic() > end:
                results.notes.append(f"{name}: out of time after inserting {start:,} keys")
                break
            probe.insert(start)
    finally:
        gc.enable()
        probe.close()
    results.add("pause_ms", "insert, wall clock", name, probe.insert_ns / 1e6)
    results.add("pause_ms", "insert, less waits for a core", name, probe.insert_own_ns / 1e6)
    results.add("pause_ms", "PING of another, wall clock", name, probe.ping_ns / 1e6)
    results.add("pause_ms", "PING, less waits for a core", name, probe.ping_own_ns / 1e6)


class Probe:
    """Two clients and the slowest round trips that they saw.

    Every round trip counts twice: by the wall clock, and less the time that server or client
    were ready to run but had no core, which is the machine's doing. What then is left is
    never less than the CPU time that the server used meanwhile, so no busy server hides
    behind a waiting client.
    """

    def __init__(self, running: Running, value_size: int) -> None:
        self.pid = running.pid
        self.value_size = value_size
        self.inserter = Connection(running.port)
        self.prober = Connection(running.port)
        self.waits = (CoreWaits(running.pid), CoreWaits(os.getpid()))
        self.insert_ns = 0
        self.insert_own_ns = 0
        self.ping_ns = 0
        self.ping_own_ns = 0
        self.server_ns = 0  # CPU that the server used within one of them

    def waited_ns(self) -> int:
        """For a core, so far, on both sides."""
        return self.waits[0].total_ns() + self.waits[1].total_ns()

    def insert(self, start: int) -> None:
        """Insert PAUSE_CHUNK keys from `start` on, batch by batch."""
        size = self.value_size
        batches = []
        for first in range(start, start + PAUSE_CHUNK, PAUSE_BATCH):
            numbers = range(first, first + PAUSE_BATCH)
            batches.append(
                b"".join([set_request(RESP, key_name(n), value_of(n, size)) for n in numbers])
            )
        for batch in batches:
            self.measure(batch, len(SET_REPLY[RESP]) * PAUSE_BATCH, SET_REPLY[RESP][:1])

    def measure(self, requests: bytes, reply_bytes: int, first: bytes) -> None:
        """Send requests and a PING of the other client behind them."""
        now = time.perf_counter_ns
        inserter, prober = self.inserter.socket, self.prober.socket
        waited = self.waited_ns()
        cpu = cpu_ns(self.pid)
        begun = now()
        inserter.sendall(requests)
        asked = now()
        prober.sendall(PING)
        receive(inserter, reply_bytes, first)
        inserted = now()
        receive(prober, len(PONG), PONG[:1])
        answered = now()
        used = cpu_ns(self.pid) - cpu
        waited = self.waited_ns() - waited
        insert, ping = inserted - begun, answered - asked
        self.server_ns = max(self.server_ns, used)
        self.insert_ns = max(self.insert_ns, insert)
        self.insert_own_ns = max(self.insert_own_ns, own_ns(insert, waited, used))
        self.ping_ns = max(self.ping_ns, ping)
        self.ping_own_ns = max(self.ping_own_ns, own_ns(ping, waited, used))

    def close(self) -> None:
        """Leave."""
        self.inserter.close()
        self.prober.close()
        for waits in self.waits:
            waits.close()


def own_ns(round_trip: int, waited: int, server_cpu: int) -> int:
    """The part of a round trip that was not spent waiting for a core."""
    return max(round_trip - waited, min(round_trip, server_cpu))


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
