"""Timers: in order of time, cancelled for good, and never piling up."""

import pytest

from dflite.engine.timers import Timers
from dflite.native.base.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1000)


@pytest.fixture
def timers(clock: Clock) -> Timers:
    return Timers(clock)


def do_nothing() -> None:
    """When it is time."""


class Called:
    """Notes its calls in a list that several share."""

    def __init__(self, names: list[str], name: str) -> None:
        self.names = names
        self.name = name

    def __call__(self) -> None:
        self.names.append(self.name)


def test_what_is_due_is_called_in_order_of_time(clock: Clock, timers: Timers) -> None:
    names: list[str] = []
    timers.at(1300, Called(names, "later"))
    timers.at(1200, Called(names, "first"))
    timers.at(1200, Called(names, "second"))
    clock.advance(199)
    timers.run()
    assert names == []
    clock.advance(1)
    timers.run()
    assert names == ["first", "second"]
    assert timers.next_ms() == 1300
    clock.advance(1000)
    timers.run()
    timers.run()
    assert names == ["first", "second", "later"]
    assert timers.next_ms() == -1


def test_a_cancelled_timer_does_nothing(clock: Clock, timers: Timers) -> None:
    names: list[str] = []
    timer = timers.at(1100, Called(names, "never"))
    timers.at(1200, Called(names, "then"))
    timer.cancel()
    timer.cancel()
    assert timers.next_ms() == 1200
    clock.advance(500)
    timers.run()
    timer.cancel()
    assert names == ["then"]
    assert timers.cancelled == 0


def test_a_timer_may_set_the_next_one(clock: Clock, timers: Timers) -> None:
    names: list[str] = []

    def again() -> None:
        names.append("once")
        timers.at(clock.now_ms + 10, Called(names, "twice"))

    timers.at(1000, again)
    timers.run()
    assert names == ["once"]
    clock.advance(10)
    timers.run()
    assert names == ["once", "twice"]


def test_it_is_told_when_one_is_sooner_than_all_others(timers: Timers) -> None:
    sooner: list[int] = []
    timers.on_sooner = sooner.append
    timers.at(1500, do_nothing)
    timers.at(1600, do_nothing)
    timers.at(1400, do_nothing)
    assert sooner == [1500, 1400]


def test_cancelled_timers_do_not_pile_up(clock: Clock, timers: Timers) -> None:
    kept = timers.at(10**12, do_nothing)
    for number in range(10_000):
        timers.at(10**12 + number, do_nothing).cancel()
        assert len(timers.heap) < 200
    assert kept in [entry[2] for entry in timers.heap]
