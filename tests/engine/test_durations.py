"""Durations by bucket: what buckets are, percentiles, cumulated counts."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.engine.command import COMMANDS
from dflite.engine.durations import (
    bucket_of,
    calls_of,
    cumulated,
    highest_in,
    percentiles_usec,
    reset,
    times_of,
    usec_of,
)
from tests.support.node import Node


def times_of_all(usecs: list[int]) -> dict[int, int]:
    times: dict[int, int] = {}
    for usec in usecs:
        bucket = bucket_of(usec)
        times[bucket] = times.get(bucket, 0) + 1
    return times


@given(st.integers(0, 10**10))
def test_a_bucket_holds_its_duration_to_a_hundredth(usec: int) -> None:
    bucket = bucket_of(usec)
    ns = max(usec * 1000, 1)
    assert bucket <= ns <= highest_in(bucket)
    assert highest_in(bucket) - bucket <= bucket / 128
    assert bucket_of((highest_in(bucket) + 1 + 999) // 1000) >= bucket


def test_percentiles_are_those_of_redis() -> None:
    """What INFO latencystats showed of these durations in Valkey."""
    assert percentiles_usec(times_of_all([4, 14]), [50, 99, 99.9]) == [4.015, 14.015, 14.015]
    assert percentiles_usec(times_of_all([1, 2]), [0, 50, 100]) == [1.003, 1.003, 2.007]
    assert percentiles_usec({}, [50]) == [0.0]


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=200), st.floats(0, 100))
def test_a_percentile_is_one_of_the_durations(usecs: list[int], percentile: float) -> None:
    (found,) = percentiles_usec(times_of_all(usecs), [percentile])
    index = max(-int(-len(usecs) * percentile / 100 // 1), 1) - 1
    expected = sorted(usecs)[min(index, len(usecs) - 1)]
    near = {highest_in(bucket_of(usec)) / 1000 for usec in usecs}
    assert found in near
    assert abs(found - expected) <= max(expected * 0.01, 1) or expected != found


def test_cumulated_counts_are_those_of_redis() -> None:
    """As LATENCY HISTOGRAM of a Valkey that had seen such durations."""
    assert cumulated(times_of_all([1, 2, 4, 8, 16])) == [(1, 1), (2, 2), (4, 3), (8, 4), (16, 5)]
    assert cumulated(times_of_all([32, 33, 34, 100])) == [(33, 2), (66, 3), (132, 4)]
    assert cumulated({}) == []


@given(st.lists(st.integers(0, 10**7), max_size=200))
def test_cumulated_counts_grow_up_to_all(usecs: list[int]) -> None:
    steps = cumulated(times_of_all(usecs))
    assert [usec for usec, _ in steps] == sorted({usec for usec, _ in steps})
    assert [calls for _, calls in steps] == sorted({calls for _, calls in steps})
    assert (steps[-1][1] if steps else 0) == len(usecs)


def test_the_hot_lane_counts_as_the_handler() -> None:
    node = Node(lane=True, journal=False)
    rows = [COMMANDS[b"GET"], COMMANDS[b"SET"]]
    reset(rows, node.lane)
    client = node.client()
    client.run_all(*["SET a 1", "GET a", "GET b"] * 30)
    client.run("SET a 1 EX 100")  # options are the handler's
    get, put = rows
    assert calls_of(get, node.lane) == 60
    assert calls_of(put, node.lane) == 31
    assert put.calls == 1
    assert sum(times_of(get, node.lane).values()) == 60
    assert usec_of(get, node.lane) >= 0
    reset(rows, node.lane)
    assert calls_of(get, node.lane) == calls_of(put, node.lane) == usec_of(put, node.lane) == 0
    assert times_of(get, node.lane) == {}
