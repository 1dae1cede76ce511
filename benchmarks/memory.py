"""Resident memory per key, when empty; start-up time and what an idle server costs."""

import time
from typing import Final

from benchmarks.process import cpu_ns, rss_bytes
from benchmarks.results import Results
from benchmarks.servers import Running, Server
from benchmarks.settings import Settings
from benchmarks.wire import fill

SETTLE_S: Final = 0.5


def measure_memory(running: Running, value_size: int, settings: Settings, results: Results) -> None:
    """Growth of resident memory per key; the server is fresh."""
    time.sleep(SETTLE_S)
    before = rss_bytes(running.pid)
    fill(running.port, running.server.protocol, settings.memory_keys, value_size)
    time.sleep(SETTLE_S)
    grown = rss_bytes(running.pid) - before
    row = "value of 8 (integer)" if value_size == 8 else f"value of {value_size}"
    results.add("bytes_per_key", row, running.server.name, grown / settings.memory_keys)


def measure_startup(server: Server, path: str, settings: Settings, results: Results) -> None:
    """Spawn to first answer, several times; the last one started then idles."""
    for _ in range(settings.starts - 1):
        with Running(server, path) as running:
            results.add("startup", "start-up ms", server.name, running.startup_ms)
    with Running(server, path) as running:
        results.add("startup", "start-up ms", server.name, running.startup_ms)
        time.sleep(2 * SETTLE_S)
        results.add("startup", "RSS when empty MB", server.name, rss_bytes(running.pid) / 2**20)
        before = cpu_ns(running.pid)
        begun = time.perf_counter_ns()
        time.sleep(settings.idle_s)
        used = cpu_ns(running.pid) - before
        share = used / (time.perf_counter_ns() - begun)
        results.add("startup", "idle CPU %", server.name, share * 100)
