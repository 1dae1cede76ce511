"""Numbers of requests, and what expiry times mean."""

import pytest

from dflite.memcached.numbers import deadline_of, read_int32, read_unsigned, seconds_left
from dflite.store.db import NEVER

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("word", "number"),
    [
        (b"0", 0), (b"+7", 7), (b"007", 7), (b"255", 255), (b"256", None), (b"-1", None),
        (b"", None), (b"+", None), (b"1x", None), (b"1" * 50, None),
    ],
)  # fmt: skip
def test_unsigned(word: bytes, number: int | None) -> None:
    assert read_unsigned(word, 255) == number


@pytest.mark.parametrize(
    ("word", "number"),
    [
        (b"-1", -1), (b"2147483647", 2147483647), (b"2147483648", None),
        (b"-2147483648", -2147483648), (b"-2147483649", None), (b"--1", None), (b"-+1", None),
    ],
)  # fmt: skip
def test_int32(word: bytes, number: int | None) -> None:
    assert read_int32(word) == number


def test_deadlines() -> None:
    assert deadline_of(0, NOW) == NEVER
    assert deadline_of(-5, NOW) == 0
    assert deadline_of(2_592_000, NOW) == NOW + 2_592_000_000
    assert deadline_of(2_592_001, NOW) == 2_592_001_000


def test_a_begun_second_counts() -> None:
    assert seconds_left(NEVER, NOW) == -1
    assert [seconds_left(NOW + ms, NOW) for ms in (-1, 0, 1, 1000, 1001)] == [0, 0, 1, 1, 2]
