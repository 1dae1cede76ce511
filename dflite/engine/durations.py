"""How long commands took: calls, time spent, counts by duration; of handlers and hot lane together.

Durations are counted in buckets of nanoseconds that keep eight bits (under 1 % off), as
HdrHistogram with two digits does: a bucket is named by its lowest value. What the lane answers is
sampled, so its time and buckets are estimates; its calls are exact.
"""

from typing import Final

from dflite.engine.command import Command
from dflite.native.wire.lane import Lane

Times = dict[int, int]  # bucket -> calls

KEPT_BITS: Final = 8
FIRST_POWER: Final = 10  # LATENCY HISTOGRAM begins at about a microsecond


def bucket_of(usec: int) -> int:
    """The bucket of a duration in microseconds."""
    ns = usec * 1000 if usec > 0 else 1
    shift = ns.bit_length() - KEPT_BITS
    return ns >> shift << shift if shift > 0 else ns


SHORT_USEC: Final = 1024
BUCKETS: Final = [bucket_of(usec) for usec in range(SHORT_USEC)]  # of nearly every command


def highest_in(bucket: int) -> int:
    """The longest duration, in nanoseconds, that falls into the bucket."""
    shift = bucket.bit_length() - KEPT_BITS
    return bucket + (1 << shift) - 1 if shift > 0 else bucket


def calls_of(row: Command, lane: Lane) -> int:
    """How often the command ran, in its handler or in the hot lane."""
    return row.calls + (lane.calls.count_of(row.lane) if row.lane > 0 else 0)


def usec_of(row: Command, lane: Lane) -> int:
    """Microseconds spent in it."""
    return row.usec + (lane.calls.nanoseconds_of(row.lane) // 1000 if row.lane > 0 else 0)


def times_of(row: Command, lane: Lane) -> Times:
    """Its calls by duration."""
    times = row.times.copy()
    if row.lane > 0:
        for bucket, calls in lane.calls.times_of(row.lane):
            times[bucket] = times.get(bucket, 0) + calls
    return times


def percentiles_usec(times: Times, percentiles: list[float]) -> list[float]:
    """For each percentile the microseconds within which so many of a hundred calls were done."""
    total = sum(times.values())
    found = []
    for percentile in percentiles:
        wanted = max(total * percentile / 100, 1)
        seen = 0
        value = 0.0
        for bucket in sorted(times):
            seen += times[bucket]
            value = highest_in(bucket) / 1000
            if seen >= wanted - 1e-9:
                break
        found.append(value)
    return found


def cumulated(times: Times) -> list[tuple[int, int]]:
    """(microseconds, calls done within them) at powers of two, where there are further calls."""
    steps: list[tuple[int, int]] = []
    power = FIRST_POWER
    calls = 0
    reported = 0
    for bucket in sorted(times):
        while bucket > 1 << power:
            if calls > reported:
                steps.append((limit_usec(power), calls))
                reported = calls
            power += 1
        calls += times[bucket]
    if calls > reported:
        steps.append((limit_usec(power), calls))
    return steps


def limit_usec(power: int) -> int:
    """The end of the bucket that begins at that power of two of nanoseconds."""
    return highest_in(1 << power) // 1000


def reset(rows: list[Command], lane: Lane) -> None:
    """Begin to count anew."""
    for row in rows:
        row.calls = row.usec = row.rejected = row.failed = 0
        row.times.clear()
    lane.reset_figures()
