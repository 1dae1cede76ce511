"""What a run of the benchmarks is asked to do: the command line as one object."""

import argparse
from pathlib import Path
from typing import Final

from benchmarks.load import OPERATIONS
from benchmarks.servers import SERVERS

MEASURES: Final = (
    "cpu", "collections", "latency", "memory", "elements", "pause", "giants", "startup",
    "tls", "eviction", "limit", "resident", "expiry", "scripts", "queues", "persistence",
)  # fmt: skip
SOAK: Final = "soak"  # takes as long as it is told, so it is only run when it is named
PIPELINES: Final = (1, 16, 64)
VALUE_SIZES: Final = (8, 64, 1024)
RESULTS: Final = Path("benchmarks") / "results"

# Deeper pipelines finish sooner, so they get more requests for the same seconds.
REQUEST_FACTORS: Final = {1: 1.0, 16: 6.0, 64: 10.0}
MSET_FACTORS: Final = {1: 0.7, 16: 0.15, 64: 0.1}


class Settings:
    """The choices of one run; `quick` makes every measure small."""

    def __init__(self, quick: bool) -> None:
        self.quick = quick
        self.measures: tuple[str, ...] = MEASURES
        self.servers: tuple[str, ...] = tuple(SERVERS)
        self.operations: tuple[str, ...] = ("GET", "SET") if quick else OPERATIONS
        self.pipelines: tuple[int, ...] = PIPELINES
        self.rounds = 3 if quick else 5
        self.requests = 50_000 if quick else 100_000
        self.collection_requests = 100_000 if quick else 300_000
        self.keyspace = 100_000
        self.value_size = 64
        self.latency_requests = 20_000 if quick else 50_000
        self.latency_connections = 8
        self.memory_keys = 200_000 if quick else 1_000_000
        self.value_sizes: tuple[int, ...] = VALUE_SIZES
        self.pause_keys = 500_000 if quick else 5_000_000
        # The longest of all is at the mercy of the machine's other work: the better of two counts.
        self.pause_rounds = 1 if quick else 2
        self.pause_limit_s = 30.0 if quick else 180.0
        self.watch_s = 0.3 if quick else 3.0  # after a deletion, while memory is given back
        self.starts = 3 if quick else 7
        self.handshake_s = 4.0 if quick else 15.0
        self.idle_s = 3.0 if quick else 10.0
        self.time_limit_s = 300.0 if quick else 1800.0
        self.trace_requests = 60_000 if quick else 300_000
        self.limit_keys = 200_000 if quick else 1_000_000
        self.limit_requests = 20_000 if quick else 100_000
        self.script_calls = 100_000 if quick else 1_000_000
        self.queue_jobs = 2_000 if quick else 10_000
        self.limit_rounds = 1 if quick else 3
        self.expiry_keys = 500_000 if quick else 5_000_000
        self.expiry_dying_s = 5 if quick else 20  # a part of a hundred
        self.expiry_idle_s = 5.0 if quick else 20.0
        self.resident_bytes = 1 << 27 if quick else 1 << 30
        self.persistence_keys = 500_000 if quick else 2_000_000
        self.soak_minutes = 1.0 if quick else 30.0
        self.generator = "auto"
        self.json_path: Path | None = None
        self.plot_path: Path | None = None

    def requests_for(self, name: str, pipeline: int) -> int:
        """How many requests make up one sample of this command at this pipeline."""
        factors = MSET_FACTORS if name == "MSET" else REQUEST_FACTORS
        nearest = min(factors, key=lambda known: abs(known - pipeline))
        return max(pipeline, int(self.requests * factors[nearest]))


def words(text: str) -> tuple[str, ...]:
    """The words of a list with commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def chosen_from(text: str, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    """Words that must all be known."""
    chosen = words(text)
    for word in chosen:
        if word not in known:
            raise SystemExit(f"no {what} is called {word!r}; there are: {', '.join(known)}")
    return chosen


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m benchmarks`."""
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    made.add_argument("--quick", action="store_true", help="GET and SET, fewer keys, 3 rounds")
    made.add_argument("--minutes", type=float, metavar="N", help="of the soak (30)")
    made.add_argument("--only", metavar="NAMES", help=f"some of {','.join(MEASURES)}")
    made.add_argument("--servers", metavar="NAMES", help=f"some of {','.join(SERVERS)}")
    made.add_argument("--ops", metavar="NAMES", help=f"some of {','.join(OPERATIONS)}")
    made.add_argument("--pipelines", metavar="LIST", help="such as 1,16,64")
    made.add_argument("--rounds", type=int, metavar="N", help="rounds over all servers")
    made.add_argument("--requests", type=int, metavar="N", help="requests per sample at pipeline 1")
    made.add_argument("--keys", type=int, metavar="N", help="keys for memory and pause")
    made.add_argument("--idle", type=float, metavar="S", help="seconds of idling")
    made.add_argument("--time-limit", type=float, metavar="S", help="begin no round after this")
    made.add_argument("--generator", choices=("auto", "redis-benchmark", "bundled"), default="auto")
    made.add_argument("--json", type=Path, metavar="PATH", help="where the figures go")
    made.add_argument("--plot", type=Path, metavar="PATH", help="where the picture goes (PNG, SVG)")
    return made


def read_settings(arguments: list[str]) -> Settings:
    """Settings from the command line."""
    given = parser().parse_args(arguments)
    settings = Settings(given.quick)
    if given.minutes:
        settings.soak_minutes = given.minutes
    if given.only:
        settings.measures = chosen_from(given.only, (*MEASURES, SOAK), "measure")
    if given.servers:
        settings.servers = chosen_from(given.servers, tuple(SERVERS), "server")
    if given.ops:
        settings.operations = chosen_from(given.ops.upper(), OPERATIONS, "operation")
    if given.pipelines:
        settings.pipelines = tuple(int(word) for word in words(given.pipelines))
    if given.rounds:
        settings.rounds = given.rounds
    if given.requests:
        settings.requests = settings.collection_requests = given.requests
        settings.latency_requests = min(settings.latency_requests, given.requests)
        settings.trace_requests = settings.limit_requests = given.requests
    if given.keys:
        settings.memory_keys = settings.pause_keys = given.keys
        settings.limit_keys = settings.expiry_keys = given.keys
        settings.resident_bytes = min(settings.resident_bytes, max(given.keys * 1000, 4_000_000))
    if given.idle is not None:
        settings.idle_s = settings.expiry_idle_s = given.idle
    if given.time_limit:
        settings.time_limit_s = given.time_limit
    settings.generator = given.generator
    settings.json_path = given.json
    settings.plot_path = given.plot
    return settings
