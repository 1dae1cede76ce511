"""Keys that die: how far memory lags behind their deadlines, and what finding them costs.

All keys have deadlines. A hundredth of them is due in each second for a while; the rest is spread
over hours, so that then only a few are due in each second.
"""

import time
from typing import Final

from benchmarks.process import cpu_ns
from benchmarks.results import Results
from benchmarks.servers import Running, Server
from benchmarks.settings import Settings
from benchmarks.wire import Connection, key_name, resp

A_HUNDREDTH: Final = 100
REST_S: Final = 14_400  # over which the others are spread
BATCH: Final = 1000
SAMPLE_S: Final = 0.1
VALUE: Final = b"x" * 64
TRIED: Final = 20_000  # keys that tell how long it takes to store them all


def measure_expiry(server: Server, path: str, settings: Settings, results: Results) -> None:
    """The lag of a server, in seconds, and its CPU time while many and while few keys die."""
    keys = settings.expiry_keys
    dying_s = settings.expiry_dying_s
    with Running(server, path) as running:
        connection = Connection(running.port)
        empty = figure(connection, b"memory", b"used_memory")
        begun = time.monotonic()
        store(connection, TRIED, int(time.time() * 1000) + 600_000, dying_s)
        took = time.monotonic() - begun
        connection.expect(resp(b"FLUSHALL"), b"+OK\r\n")
        begun_ms = int((time.time() + 5 + took * 1.5 * keys / TRIED) * 1000)
        store(connection, keys, begun_ms, dying_s)
        full = figure(connection, b"memory", b"used_memory")
        if time.time() * 1000 > begun_ms:
            results.notes.append(f"{server.name} was too slow to store {keys:,} keys in time")
            connection.close()
            return
        time.sleep(begun_ms / 1000 - time.time())
        before = cpu_ns(running.pid)
        lags = watch(connection, keys, begun_ms, dying_s)
        share = (cpu_ns(running.pid) - before) / dying_s / 1e7
        time.sleep(3)
        left = figure(connection, b"memory", b"used_memory")
        before = cpu_ns(running.pid)
        time.sleep(settings.expiry_idle_s)
        idle = (cpu_ns(running.pid) - before) / settings.expiry_idle_s / 1e7
        connection.close()
    lags.sort()
    name = server.name
    results.add("expiry", "seconds behind, median", name, lags[len(lags) // 2])
    results.add("expiry", "seconds behind, at most", name, lags[-1])
    results.add("expiry", "% of a core, 1 % dying each second", name, share)
    results.add("expiry", "% of a core, hardly any dying", name, idle)
    dead = keys * dying_s // A_HUNDREDTH
    results.add("expiry", "bytes stored a key", name, (full - empty) / keys)
    results.add("expiry", "bytes freed a dead key", name, (full - left) / dead)


def store(connection: Connection, keys: int, begun_ms: int, dying_s: int) -> None:
    """A share dies in the seconds after `begun_ms`, the others long after that."""
    dying = keys * dying_s // A_HUNDREDTH
    every = A_HUNDREDTH // dying_s
    for start in range(0, keys, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, keys)):
            if number % every == 0:
                deadline = begun_ms + number // every * dying_s * 1000 // dying
            else:
                deadline = begun_ms + (dying_s + 5 + number % REST_S) * 1000
            batch.append(resp(b"SET", key_name(number), VALUE, b"PXAT", b"%d" % deadline))
        connection.expect(b"".join(batch), b"+OK\r\n" * len(batch))


def watch(connection: Connection, keys: int, begun_ms: int, dying_s: int) -> list[float]:
    """How many seconds ago those died that are just gone, from time to time."""
    rate = keys / A_HUNDREDTH
    lags = []
    while (passed := time.time() - begun_ms / 1000) < dying_s:
        gone = figure(connection, b"stats", b"expired_keys")
        lags.append(max(passed - gone / rate, 0.0))
        time.sleep(SAMPLE_S)
    return lags


def figure(connection: Connection, section: bytes, field: bytes) -> int:
    """One number of INFO."""
    for line in connection.bulk(resp(b"INFO", section)).splitlines():
        name, _, value = line.partition(b":")
        if name == field:
            return int(value)
    raise KeyError(field)
