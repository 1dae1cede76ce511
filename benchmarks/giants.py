"""The longest wait of another client while huge collections are filled, deleted and expire."""

import gc
import time
from collections.abc import Callable
from typing import Final

from benchmarks.latency import PAUSE_BATCH, Probe
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import resp

CHUNK: Final = 64 * PAUSE_BATCH
REQUESTS: Final[dict[bytes, Callable[[int], bytes]]] = {
    b"hash": lambda n: resp(b"HSET", b"hash", b"field:%010d" % n, b"value:%010d" % n),
    b"set": lambda n: resp(b"SADD", b"set", b"member:%09d" % n),
    b"zset": lambda n: resp(b"ZADD", b"zset", b"%d" % (n * 7919 % 10_000_019), b"member:%09d" % n),
}
ONE: Final = b":1\r\n"
# The rows of the table.
GIANTS: Final = (
    *[f"{key.decode()} is filled" for key in REQUESTS],
    "hash is unlinked",
    "set expires",
    "zset is flushed",
)


def measure_giants(running: Running, settings: Settings, results: Results) -> None:
    """Fill a hash, a set and a sorted set; unlink the first, let one expire, flush the rest."""
    name = running.server.name
    gc.disable()
    try:
        for key in REQUESTS:
            probe = Probe(running, settings.value_size)
            fill_one(probe, key, settings, results, name)
            note(results, f"{key.decode()} is filled", name, probe)
        ends = (
            ("hash is unlinked", resp(b"UNLINK", b"hash"), ONE),
            ("set expires", resp(b"PEXPIRE", b"set", b"1"), ONE),
            ("zset is flushed", resp(b"FLUSHALL", b"ASYNC"), b"+OK\r\n"),
        )
        for row, request, reply in ends:
            probe = Probe(running, settings.value_size)
            probe.measure(request, len(reply), reply[:1])
            end = time.monotonic() + settings.watch_s
            while time.monotonic() < end:
                probe.measure(resp(b"PING"), 7, b"+")
            note(results, row, name, probe)
    finally:
        gc.enable()


def fill_one(probe: Probe, key: bytes, settings: Settings, results: Results, name: str) -> None:
    """`pause_keys` elements in small batches."""
    make = REQUESTS[key]
    end = time.monotonic() + settings.pause_limit_s
    for start in range(0, settings.pause_keys, CHUNK):
        if time.monotonic() > end:
            results.notes.append(f"{name}: out of time after {start:,} elements of {key.decode()}")
            break
        batches = [
            b"".join([make(n) for n in range(first, first + PAUSE_BATCH)])
            for first in range(start, start + CHUNK, PAUSE_BATCH)
        ]
        for batch in batches:
            probe.measure(batch, len(ONE) * PAUSE_BATCH, ONE[:1])


def note(results: Results, row: str, name: str, probe: Probe) -> None:
    """The slowest round trips of a probe, which is done."""
    slowest = max(probe.insert_ns, probe.ping_ns)
    own = max(probe.insert_own_ns, probe.ping_own_ns)
    results.add("giants_ms", f"{row}, wall clock", name, slowest / 1e6)
    results.add("giants_ms", f"{row}, less waits for a core", name, own / 1e6)
    results.add("giants_ms", f"{row}, server's own CPU", name, probe.server_ns / 1e6)
    probe.close()
