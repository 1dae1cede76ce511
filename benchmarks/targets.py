"""What dflite wants to reach, and whether a run shows it."""

from typing import Final

from benchmarks.collection_cpu import PUBLISH
from benchmarks.elements import FILLINGS
from benchmarks.giants import GIANTS
from benchmarks.limit import RESIDENT_VALUES
from benchmarks.queues import BULLMQ, CELERY
from benchmarks.results import Results
from benchmarks.scripting import CALLS, MEMORY_ROW, PIPELINES
from benchmarks.scripting import ROW as SCRIPT
from benchmarks.servers import SUBJECT
from benchmarks.workloads import WORKLOADS

RIVAL: Final = "valkey"
REDIS: Final = "redis"


class Target:
    """A figure, and the most (or least) that it may be; `rival` makes it a ratio."""

    def __init__(
        self,
        title: str,
        measure: str,
        row: str,
        bound: float,
        rival: str | None = None,
        at_least: bool = False,
    ) -> None:
        self.title = title
        self.measure = measure
        self.row = row
        self.bound = bound
        self.rival = rival
        self.at_least = at_least

    def wanted(self) -> str:
        """The bound, as one reads it."""
        return f"{'>=' if self.at_least else '<='} {self.bound:g}"

    def measured(self, results: Results) -> float | None:
        """The figure of a run: from the best samples."""
        if self.rival is not None:
            return results.ratio(self.measure, self.row, SUBJECT, self.rival)
        return results.best(self.measure, self.row, SUBJECT)


class Verdict:
    """A target and what a run says of it."""

    def __init__(self, target: Target, measured: float | None) -> None:
        self.target = target
        self.measured = measured
        self.reached: bool | None = None
        if measured is not None:
            enough = measured >= target.bound if target.at_least else measured <= target.bound
            self.reached = enough


TARGETS: Final = (
    *(
        Target(
            f"CPU per {name} at P={pipeline}, to Valkey's",
            "cpu_us",
            f"{name} P={pipeline}",
            bound,
            RIVAL,
        )
        for name in ("GET", "SET")
        for pipeline, bound in ((1, 1.05), (16, 1.0), (64, 0.9))
    ),
    *(
        Target(
            f"throughput of {name} at P=1, to Valkey's",
            "throughput",
            f"{name} P=1",
            0.95,
            RIVAL,
            True,
        )
        for name in ("GET", "SET")
    ),
    Target("bytes per key, value of 64", "bytes_per_key", "value of 64", 121),
    *(
        Target(f"CPU per {row} at P=16, to Redis'", "collections_us", row, 1.0, REDIS)
        for row in (*[workload.name for workload in WORKLOADS], PUBLISH)
    ),
    *(
        Target(f"bytes per {row}, to Valkey's", "bytes_per_element", row, 1.0, RIVAL)
        for row, _, _ in FILLINGS
    ),
    *(Target(f"{row}, ms", "giants_ms", f"{row}, less waits for a core", 10) for row in GIANTS),
    Target("longest insert, wall clock, ms", "pause_ms", "insert, wall clock", 5),
    Target(
        "longest insert, less waits for a core, ms", "pause_ms", "insert, less waits for a core", 5
    ),
    *(
        Target(
            f"CPU per {name} at P={pipeline} over TLS, to Redis'",
            "tls_cpu_us",
            f"{name} P={pipeline}, TLS",
            1.2,
            REDIS,
        )
        for name in ("GET", "SET")
        for pipeline in (1, 16)
    ),
    Target(
        "p99 beside 200 bad handshakes a second, to p99 alone",
        "handshakes",
        "p99 beside bad ones to p99 alone, less waits for a core",
        2.0,
    ),
    *(
        Target(
            f"throughput of {SCRIPT} at P={pipeline}, to Redis'",
            "scripts_throughput",
            f"{SCRIPT} P={pipeline}",
            0.5,
            REDIS,
            True,
        )
        for pipeline in PIPELINES
    ),
    *(
        Target(f"redis.call of {command}, µs", "scripts_us", f"redis.call of {command}", 2)
        for command in CALLS
    ),
    Target(f"{MEMORY_ROW}", "scripts_memory", MEMORY_ROW, 2),
    *(
        Target(f"jobs per second of {name}, to Redis'", "queues_throughput", name, 0.9, REDIS, True)
        for name in (f"{BULLMQ}, worked", f"{CELERY}, worked")
    ),
    Target("seconds that expiry is behind", "expiry", "seconds behind, at most", 2.0),
    Target("% of a core when hardly any key dies", "expiry", "% of a core, hardly any dying", 5.0),
    Target(
        "p99.9 of a SET at the limit, less waits for a core, µs",
        "limit_us",
        "p99.9 of SET, at the limit, less waits for a core",
        2000,
    ),
    *(
        Target(
            f"of the throughput while evicting, P={pipeline}",
            "limit_kept",
            f"P={pipeline}, by CPU time",
            0.9,
            at_least=True,
        )
        for pipeline in (1, 16)
    ),
    *(
        Target(
            f"resident to used, values about {size}",
            "resident",
            f"values about {size}, after as much again",
            1.15,
        )
        for size in RESIDENT_VALUES
    ),
    # What rounds to 0.0 %: a timer or two a second.
    Target("idle CPU, %", "startup", "idle CPU %", 0.05),
    Target("RSS when empty, MB", "startup", "RSS when empty MB", 40),
)


def verdicts(results: Results) -> list[Verdict]:
    """Every target beside the figures of a run."""
    return [Verdict(target, target.measured(results)) for target in TARGETS]
