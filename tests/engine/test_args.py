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


def args(line: str) -> Args:
    """Arguments behind the name X."""
    return Args([b"X", *line.encode().split()])


def test_arguments_come_one_after_the_other() -> None:
    cursor = args("a b c")
    assert (cursor.next(), cursor.left(), cursor.more()) == (b"a", 2, True)
    assert (cursor.peek(), cursor.left()) == (b"b", 2)
    assert cursor.rest() == [b"b", b"c"]
    assert (cursor.left(), cursor.more(), cursor.peek()) == (0, False, b"")


def test_an_argument_can_be_put_back() -> None:
    cursor = args("a b")
    cursor.next()
    cursor.back()
    assert cursor.next() == b"a"


def test_words_are_capitals() -> None:
    assert args("KeepTTL").word() == b"KEEPTTL"


def test_a_subcommand_begins_behind_its_second_word() -> None:
    assert Args([b"CLIENT", b"KILL", b"ID"], 2).next() == b"ID"


def test_what_is_missing_or_too_much_is_a_syntax_error() -> None:
    cursor = args("a")
    with pytest.raises(BadSyntax):
        cursor.end()
    cursor.next()
    cursor.end()
    with pytest.raises(BadSyntax):
        cursor.next()
    with pytest.raises(BadSyntax):
        cursor.word()
    with pytest.raises(BadSyntax):
        cursor.integer()


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-7", -7), ("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63))],
)
def test_integers_have_64_bits(text: str, value: int) -> None:
    assert args(text).integer() == value


@pytest.mark.parametrize(
    "text", ["", "x", "1.0", "+1", "01", "-0", "1e3", "9223372036854775808", "0x10"]
)
def test_other_integers_are_refused(text: str) -> None:
    with pytest.raises(NotAnInteger):
        Args([b"X", text.encode()]).integer()


@pytest.mark.parametrize(("text", "value"), [("1.5", 1.5), ("-inf", float("-inf")), ("1e3", 1000)])
def test_floats_are_doubles(text: str, value: float) -> None:
    assert args(text).float() == value


@pytest.mark.parametrize("text", ["nan", "x", "1.5x", ""])
def test_other_floats_are_refused(text: str) -> None:
    with pytest.raises(NotAFloat):
        Args([b"X", text.encode()]).float()


@pytest.mark.parametrize(
    ("text", "ms"), [("0", 0), ("1", 1000), ("0.25", 250), ("0.0001", 1), ("1.0001", 1001)]
)
def test_timeouts_are_milliseconds_rounded_up(text: str, ms: int) -> None:
    assert args(text).timeout_ms() == ms


@pytest.mark.parametrize(
    ("text", "error"),
    [("x", TimeoutNotAFloat), ("-1", NegativeTimeout), ("1e18", TimeoutOutOfRange)],
)
def test_other_timeouts_are_refused(text: str, error: type[CommandError]) -> None:
    with pytest.raises(error):
        args(text).timeout_ms()
