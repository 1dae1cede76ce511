"""The clock: frozen between readings, and stopped for good once somebody sets it."""

import time

from dflite.native.base.clock import Clock, monotonic_us


def test_a_clock_tells_unix_time() -> None:
    before = time.time_ns() // 1_000_000
    clock = Clock()
    assert before <= clock.now_ms <= time.time_ns() // 1_000_000
    assert clock.now_ms == clock.now_us // 1000


def test_time_stands_still_until_it_is_read() -> None:
    clock = Clock()
    seen = clock.now_us
    while time.time_ns() // 1000 <= seen:
        pass
    assert clock.now_us == seen
    clock.read()
    assert clock.now_us > seen


def test_a_clock_started_by_hand_moves_by_hand_only() -> None:
    clock = Clock(5_000)
    clock.read()
    assert (clock.now_ms, clock.now_us) == (5_000, 5_000_000)
    clock.advance(250)
    assert (clock.now_ms, clock.now_us) == (5_250, 5_250_000)
    clock.set(17)
    clock.read()
    assert clock.now_ms == 17


def test_setting_a_running_clock_stops_it() -> None:
    clock = Clock()
    clock.set(1)
    clock.read()
    assert clock.now_ms == 1


def test_a_clock_can_be_set_past_the_22nd_century() -> None:
    clock = Clock(2**45)
    assert clock.now_ms == 2**45


def test_measured_time_never_goes_back() -> None:
    readings = [monotonic_us() for _ in range(1000)]
    assert readings == sorted(readings)
