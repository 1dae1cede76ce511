"""Calls of the hot lane: how many there were, and how long they took."""

from dflite.native.wire.operations import OPERATIONS
from tests.native.wire.test_lane import Stand
from tests.support.resp import encode_all


def test_durations_of_the_first_calls_are_all_measured() -> None:
    stand = Stand()
    for _ in range(100):
        stand.ask(b"GET", b"none")
    lane = stand.lane
    get = OPERATIONS["GET"]
    assert sum(calls for _, calls in lane.calls.times_of(get)) == 100
    assert lane.calls.nanoseconds_of(get) > 0
    assert lane.calls.nanoseconds_of(OPERATIONS["SET"]) == 0
    assert lane.calls.times_of(OPERATIONS["SET"]) == []


def test_later_a_measured_call_stands_for_those_before_it() -> None:
    stand = Stand()
    get = OPERATIONS["GET"]
    stand.connection.feed(encode_all([(b"GET", b"none")]) * 5000)
    lane = stand.lane
    assert lane.calls.count_of(get) == 5000
    counted = sum(calls for _, calls in lane.calls.times_of(get))
    assert 5000 - 61 < counted <= 5000
    middles = [ns for ns, _ in lane.calls.times_of(get)]
    assert middles == sorted(middles)
    estimate = sum(ns * calls for ns, calls in lane.calls.times_of(get))
    # middles of buckets an eighth wide
    assert lane.calls.nanoseconds_of(get) * 0.9 < estimate < lane.calls.nanoseconds_of(get) * 1.1
    lane.reset_figures()
    assert lane.calls.times_of(get) == []
    assert lane.calls.nanoseconds_of(get) == 0


def test_what_the_lane_leaves_is_not_measured() -> None:
    stand = Stand()
    for _ in range(10):
        assert stand.leaves(b"GET")
    assert stand.lane.calls.times_of(OPERATIONS["GET"]) == []
