"""IDs of stream entries, as text and as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.streams.stream_id import INVALID, MAX_ID, id_text, parse_id, parse_new_id

HALF = (1 << 64) - 1


def number(ms: int, seq: int) -> int:
    return ms << 64 | seq


@given(st.integers(0, HALF), st.integers(0, HALF))
def test_what_is_written_is_read_again(ms: int, seq: int) -> None:
    text = id_text(number(ms, seq))
    assert text == b"%d-%d" % (ms, seq)
    assert parse_id(text) == number(ms, seq)
    assert parse_new_id(text) == (number(ms, seq), False)


def test_milliseconds_alone_get_the_missing_sequence_number() -> None:
    assert parse_id(b"7") == number(7, 0)
    assert parse_id(b"7", HALF) == number(7, HALF)


def test_a_new_id_may_leave_its_sequence_number_open() -> None:
    assert parse_new_id(b"7-*") == (number(7, 0), True)
    assert parse_id(b"7-*") == INVALID


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"-", b"+", b"*", b"$", b"1-", b"-1", b"1-1-1", b"abc", b"1-x", b"1x", b"(1"),
        *(b"1--1", b"18446744073709551616", b"1-18446744073709551616", b"1 ", b"1" * 128),
    ],
)
def test_what_is_no_id(text: bytes) -> None:
    assert parse_id(text) == INVALID
    assert parse_new_id(text)[0] == INVALID


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"01-01", number(1, 1)),
        (b" 1-+2", number(1, 2)),
        (b"+1", number(1, 0)),
        (b"1-2\0abc", number(1, 2)),
        (b"18446744073709551615-18446744073709551615", MAX_ID),
    ],
)
def test_what_redis_takes_for_an_id_is_one(text: bytes, expected: int) -> None:
    assert parse_id(text) == expected
