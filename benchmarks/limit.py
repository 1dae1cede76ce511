"""What a memory limit costs: round trip and CPU time of a SET that has to make room, and bytes."""

import gc
import os
import time
from typing import Final

from benchmarks.eviction import OWN_POLICY
from benchmarks.expiry import figure
from benchmarks.latency import own_ns
from benchmarks.load import choose_generator, percentile
from benchmarks.process import CoreWaits, cpu_ns, rss_bytes
from benchmarks.results import Results
from benchmarks.servers import SUBJECT, Running, Server
from benchmarks.settings import Settings
from benchmarks.wire import Connection, fill, resp

BELOW: Final = "below the limit"
AT: Final = "at the limit"
KEYSPACE: Final = 1_000_000_000  # of SETs that each make a new key, but for a few
VALUE: Final = 64
OK: Final = b"+OK\r\n"
PLENTY: Final = "16gb"
RESIDENT_VALUES: Final = (64, 1000)
SETTLE_S: Final = 1.0


def measure_limit(server: Server, path: str, settings: Settings, results: Results) -> None:
    """Bytes per key with a policy and without; then SETs of new keys, below and at the limit."""
    measure_bytes(server, path, settings, results)
    for number in range(settings.limit_rounds):
        with Running(server, path, more=(*policy_of(server), "--maxmemory", PLENTY)) as running:
            fill(running.port, server.protocol, settings.limit_keys, VALUE)
            sides = [BELOW, AT]
            for side in sides:
                if side == AT:
                    hold(running)
                if number == 0:
                    measure_round_trips(running, side, settings, results)
                measure_throughput(running, side, settings, results)
    for pipeline in (1, 16):
        row = f"SET of a new key, P={pipeline}"
        for measure in ("limit_cpu_us", "limit_throughput"):
            at = results.best(measure, f"{row}, {AT}", server.name)
            below = results.best(measure, f"{row}, {BELOW}", server.name)
            if at and below:
                kept = below / at if measure == "limit_cpu_us" else at / below
                what = "by CPU time" if measure == "limit_cpu_us" else "by the clock"
                results.add("limit_kept", f"P={pipeline}, {what}", server.name, kept)


def policy_of(server: Server) -> tuple[str, ...]:
    """The words that make it a cache."""
    return OWN_POLICY if server.name == SUBJECT else ("--maxmemory-policy", "allkeys-lru")


def hold(running: Running) -> None:
    """From here on what is used now is the limit."""
    connection = Connection(running.port)
    used = figure(connection, b"memory", b"used_memory")
    connection.expect(resp(b"CONFIG", b"SET", b"maxmemory", b"%d" % used), OK)
    connection.close()


def measure_bytes(server: Server, path: str, settings: Settings, results: Results) -> None:
    """Resident bytes of a key."""
    for row, more in (("without a policy", ()), ("with one", policy_of(server))):
        with Running(server, path, more=(*more, "--maxmemory", PLENTY)) as running:
            time.sleep(SETTLE_S)
            before = rss_bytes(running.pid)
            fill(running.port, server.protocol, settings.limit_keys, VALUE)
            time.sleep(SETTLE_S)
            used = rss_bytes(running.pid) - before
            results.add("limit_bytes", row, server.name, used / settings.limit_keys)


def measure_round_trips(running: Running, side: str, settings: Settings, results: Results) -> None:
    """One SET at a time, by the wall clock, and less the time that both sides had no core."""
    waits = (CoreWaits(running.pid), CoreWaits(os.getpid()))
    connection = Connection(running.port)
    now = time.perf_counter_ns
    wall: list[int] = []
    own: list[int] = []
    gc.disable()
    try:
        for number in range(settings.limit_requests):
            request = resp(b"SET", b"new:%s:%012d" % (side[:1].encode(), number), b"x" * VALUE)
            waited = waits[0].total_ns() + waits[1].total_ns()
            cpu = cpu_ns(running.pid)
            begun = now()
            connection.expect(request, OK)
            taken = now() - begun
            used = cpu_ns(running.pid) - cpu
            waited = waits[0].total_ns() + waits[1].total_ns() - waited
            wall.append(taken)
            own.append(own_ns(taken, waited, used))
    finally:
        gc.enable()
        connection.close()
        for wait in waits:
            wait.close()
    for clock, samples in (("wall clock", wall), ("less waits for a core", own)):
        samples.sort()
        for percent in (50.0, 99.9):
            row = f"p{percent:g} of SET, {side}, {clock}"
            results.add("limit_us", row, running.server.name, percentile(samples, percent) / 1000)


def measure_throughput(running: Running, side: str, settings: Settings, results: Results) -> None:
    """SETs of new keys, as fast as they are taken."""
    generator = choose_generator(settings.generator)
    name = running.server.name
    for pipeline in (1, 16):
        requests = settings.requests_for("SET", pipeline)
        before = cpu_ns(running.pid)
        load = generator.run(running.port, "SET", pipeline, requests, KEYSPACE, VALUE)
        used = cpu_ns(running.pid) - before
        row = f"SET of a new key, P={pipeline}, {side}"
        results.add("limit_cpu_us", row, name, used / requests / 1000)
        results.add("limit_throughput", row, name, load.rps)


def measure_resident(server: Server, path: str, settings: Settings, results: Results) -> None:
    """Resident memory for each byte of used_memory at a limit; then after churn."""
    goal = settings.resident_bytes
    words = (*policy_of(server), "--maxmemory", str(goal))
    for size in RESIDENT_VALUES:
        with Running(server, path, more=words) as running:
            keys = goal // (size + 48)  # more than there is room for
            for turn, row in enumerate(("filled", "after as much again")):
                store_mixed(running.port, turn * keys, keys, size)
                time.sleep(SETTLE_S)
                connection = Connection(running.port)
                used = figure(connection, b"memory", b"used_memory")
                connection.close()
                ratio = rss_bytes(running.pid) / used
                results.add("resident", f"values about {size}, {row}", server.name, ratio)


def store_mixed(port: int, first: int, keys: int, size: int) -> None:
    """New keys with values of half to one and a half times that size."""
    connection = Connection(port)
    padding = b"x" * (size * 2)
    for start in range(first, first + keys, 1000):
        batch = [
            resp(b"SET", b"key:%012d" % n, padding[: size // 2 + n * 7919 % size])
            for n in range(start, start + 1000)
        ]
        connection.expect(b"".join(batch), OK * len(batch))
    connection.close()
