"""Slow saving and loading: every key takes its time, and what was owed is let go when asked."""

import time

import pytest

from dflite.server.slowing import LONGEST_PAUSE_S, Slowing


def test_without_a_delay_nothing_waits() -> None:
    assert Slowing().pause_s(1_000_000, 0) == 0


def test_each_key_takes_its_time() -> None:
    slowing = Slowing()
    assert slowing.pause_s(0, 10_000) == 0
    assert slowing.pause_s(1, 10_000) == pytest.approx(0.01, rel=1e-3)
    assert slowing.until_s > time.monotonic() - 1


def test_a_long_wait_is_looked_at_again() -> None:
    slowing = Slowing()
    assert slowing.pause_s(3, 10_000_000) == LONGEST_PAUSE_S
    assert slowing.pause_s(3, 10_000_000) == LONGEST_PAUSE_S
    assert slowing.pause_s(3, 0) == 0


def test_below_zero_it_is_keys_a_microsecond() -> None:
    assert Slowing().pause_s(100_000_000, -10_000) == pytest.approx(0.01, rel=1e-3)
