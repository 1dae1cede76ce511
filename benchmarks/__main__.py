"""Measures dflite and its rivals on this machine: `python -m benchmarks --help`."""

import datetime
import os
import signal
import sys

from benchmarks.load import Generator, LoadFailed, choose_generator
from benchmarks.plot import draw
from benchmarks.process import load_average, machine_facts, split_cores
from benchmarks.report import report
from benchmarks.results import Results
from benchmarks.runner import find_servers, run
from benchmarks.servers import ALL_CORES
from benchmarks.settings import RESULTS, Settings, read_settings


def main(arguments: list[str]) -> int:
    """The command line; the exit status tells whether there are figures."""
    settings = read_settings(arguments)
    # As an exception it passes through every `with`, so no server is left running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        generator = choose_generator(settings.generator)
    except LoadFailed as error:
        print(error, file=sys.stderr)
        return 2
    results = Results()
    describe(settings, generator, results)
    server_cores, load_cores = split_cores(ALL_CORES)
    if server_cores == load_cores:
        results.notes.append("only one core: server and load share it, the figures mean little")
    # What is started from here on for load inherits these cores; servers take theirs.
    os.sched_setaffinity(0, load_cores)
    found = find_servers(settings, results)
    if not found:
        for name, why in results.missing.items():
            print(f"{name} is left out: {why}", file=sys.stderr)
        print("there is no server to measure", file=sys.stderr)
        return 2
    run(found, settings, generator, results)
    print(report(results))
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    json_path = settings.json_path or RESULTS / f"local-{stamp}.json"
    results.save(json_path)
    print(f"\nfigures: {json_path}")
    print(draw(results, settings.plot_path or json_path.with_suffix(".png")))
    return 0


def describe(settings: Settings, generator: Generator, results: Results) -> None:
    """Note the machine and what was asked for, beside the figures."""
    results.machine = machine_facts()
    results.settings = {
        "quick": settings.quick,
        "generator": generator.name,
        "rounds": settings.rounds,
        "requests": settings.requests,
        "keyspace": settings.keyspace,
        "value_size": settings.value_size,
        "latency_connections": settings.latency_connections,
        "memory_keys": settings.memory_keys,
        "pause_keys": settings.pause_keys,
        "idle_s": settings.idle_s,
        "load_average_before": round(load_average(), 2),
    }
    busy = load_average()
    if busy > 1:
        results.notes.append(
            f"the machine is busy (load average {busy:.1f}): trust ratios over absolutes, "
            "CPU over throughput, and more --rounds over fewer"
        )
    if generator.name == "bundled" and "cpu" in settings.measures:
        results.notes.append(
            "load by the bundled generator, which is slower than the servers: "
            "compare CPU per operation, not throughput"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
