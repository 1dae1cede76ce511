"""Throughput, and server CPU time per operation, command by command and pipeline by pipeline."""

from benchmarks.load import Generator
from benchmarks.process import cpu_ns
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import Settings
from benchmarks.wire import RESP, fill, fill_counters


def measure_cpu(
    running: Running, settings: Settings, generator: Generator, results: Results
) -> None:
    """One sample of every command at every pipeline; the keys exist beforehand."""
    name = running.server.name
    fill(running.port, RESP, settings.keyspace, settings.value_size)
    if "INCR" in settings.operations:
        fill_counters(running.port, settings.keyspace)
    for operation in settings.operations:
        for pipeline in settings.pipelines:
            requests = settings.requests_for(operation, pipeline)
            before = cpu_ns(running.pid)
            load = generator.run(
                running.port, operation, pipeline, requests, settings.keyspace, settings.value_size
            )
            used = cpu_ns(running.pid) - before
            row = f"{operation} P={pipeline}"
            results.add("cpu_us", row, name, used / requests / 1000)
            results.add("throughput", row, name, load.rps)
            results.add("load_p50_ms", row, name, load.p50_ms)
            results.add("load_p99_ms", row, name, load.p99_ms)
