"""Numbers, sizes and quoted strings as text."""

import pytest

from dflite.settings.conf_file import split_text
from dflite.settings.values import (
    listed,
    quoted,
    read_integer,
    read_size,
    read_size_loosely,
    size_text,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-1", -1),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("", None),
        ("01", None),
        ("-0", None),
        ("+1", None),
        (" 1", None),
        ("1.5", None),
        ("\u0661", None),
    ],
)
def test_integers_are_plain_digits(text: str, number: int | None) -> None:
    assert read_integer(text) == number


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("100", 100),
        ("100b", 100),
        ("1k", 1000),
        ("1kb", 1024),
        ("1M", 10**6),
        ("1Mb", 1 << 20),
        ("2g", 2 * 10**9),
        ("2GB", 2 << 30),
        ("", 0),
        ("gb", 0),
        ("-1", None),
        ("1.5gb", None),
        ("1 gb", None),
        ("1gib", None),
        ("99999999999gb", None),
    ],
)
def test_sizes_have_the_units_of_redis(text: str, size: int | None) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GiB", 1 << 30),
        ("1.5gb", 3 << 29),
        (".5kb", 512),
        ("2TB", 2 << 40),
        ("1k", 1000),
        (" 4 gb ", 4 << 30),
        ("", None),
        ("gb", None),
        ("1.2.3", None),
        ("20000000tb", None),
    ],
)
def test_flags_take_more_units_and_fractions(text: str, size: int | None) -> None:
    assert read_size_loosely(text) == size


@pytest.mark.parametrize("size", [0, 1, 1000, 1024, 3 << 20, 5 << 30, (1 << 30) + 1])
def test_a_written_size_reads_back_as_itself(size: int) -> None:
    assert read_size(size_text(size)) == size


@pytest.mark.parametrize(
    "text", ["", "a b", 'q"u\\o', "tab\tand\nlines\r", "\x00\x1f", "é", "\udcff"]
)
def test_quoted_text_reads_back_as_itself(text: str) -> None:
    assert split_text(quoted(text)) == [text]


def test_lists_in_sentences_end_in_or() -> None:
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert listed(["a"]) == "a"
