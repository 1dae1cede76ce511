"""The cursor over a request's arguments."""

import pytest

from dflite.base.errors import (
    BadSyntax,
    CommandError,
    NegativeTimeout,
    NotAFloat,
    NotAnInteger,
    TimeoutNotAFloat,
    TimeoutOutOfRange,
)
from dflite.engine.args import Args


def args(*words: bytes) -> Args:
    return Args([b"NAME", *words])


def test_arguments_come_one_by_one() -> None:
    cursor = args(b"a", b"b", b"c")
    assert cursor.left() == 3
    assert cursor.peek() == b"a"
    assert cursor.next() == b"a"
    assert cursor.word() == b"B"
    cursor.back()
    assert cursor.rest() == [b"b", b"c"]
    assert not cursor.more()
    assert cursor.peek() == b""
    cursor.end()
    with pytest.raises(BadSyntax):
        cursor.next()


def test_what_is_left_over_is_a_syntax_error() -> None:
    with pytest.raises(BadSyntax):
        args(b"a").end()


@pytest.mark.parametrize("text", [b"", b"a", b"1.0", b" 1", b"+1", b"9223372036854775808", b"01"])
def test_no_integers(text: bytes) -> None:
    with pytest.raises(NotAnInteger):
        args(text).integer()


def test_numbers() -> None:
    cursor = args(b"-9223372036854775808", b"1.5e3", b"-inf")
    assert cursor.integer() == -(2**63)
    assert cursor.float() == 1500
    assert cursor.float() == float("-inf")
    for text in (b"nan", b"", b"x"):
        with pytest.raises(NotAFloat):
            args(text).float()


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [(b"0", 0), (b"1", 1000), (b"0.0001", 1), (b"1.5", 1500), (b"1e2", 10**5)],
)
def test_timeouts_are_milliseconds_rounded_up(text: bytes, milliseconds: int) -> None:
    assert args(text).timeout_ms() == milliseconds


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (b"x", TimeoutNotAFloat),
        (b"-1", NegativeTimeout),
        (b"-0.001", NegativeTimeout),
        (b"1e18", TimeoutOutOfRange),
        (b"inf", TimeoutOutOfRange),
    ],
)
def test_no_timeouts(text: bytes, error: type[CommandError]) -> None:
    with pytest.raises(error):
        args(text).timeout_ms()
