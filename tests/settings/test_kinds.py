"""Kinds of one word: what Redis takes, what flags take besides, and what is said otherwise."""

import pytest

from dflite.settings.kinds import (
    PATH,
    Choice,
    Duration,
    Float,
    Int,
    Kind,
    MemoryLimit,
    Octal,
    Size,
    SizeOrPercent,
    Text,
    YesNo,
    YesNoOr,
)
from dflite.settings.values import Refused

CHOICE = Choice(["always", "no"], {"never": "no"})


@pytest.mark.parametrize(
    ("kind", "text", "value", "shown"),
    [
        (YesNo(), "YES", True, "yes"),
        (YesNo(), "no", False, "no"),
        (Int(0, 10), "10", 10, "10"),
        (Int(0, 10, (2, 5)), "10", 5, "5"),
        (Int(0, 10, (2, 5)), "0", 2, "2"),
        (Size(), "1kb", 1024, "1024"),
        (SizeOrPercent(), "5%", -5, "5%"),
        (SizeOrPercent(), "1kb", 1024, "1024"),
        (Octal(0, 0o777), "770", 0o770, "770"),
        (Octal(0, 0o777), "", 0, "0"),
        (Float(0, 1), "0.25", 0.25, "0.25"),
        (Duration(0, 100), "1500ms", 1.5, "1.5"),
        (Duration(0, 100), "1m", 60.0, "60"),
        (Duration(0, 100), "2", 2.0, "2"),
        (CHOICE, "ALWAYS", "always", "always"),
        (CHOICE, "never", "no", "no"),
        (Text(), "a b", "a b", "a b"),
    ],
)
def test_a_kind_reads_and_shows(kind: Kind, text: str, value: object, shown: str) -> None:
    read = kind.parse([text], None)
    assert (read, type(read)) == (value, type(value))
    assert kind.text(read) == shown
    assert kind.parse_loosely([text], None) == value


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        (YesNo(), "true", "argument must be 'yes' or 'no'"),
        (Int(0, 9), "a", "argument couldn't be parsed into an integer"),
        (Int(0, 9), "10", "argument must be between 0 and 9 inclusive"),
        (Size(5), "x", "argument must be a memory value"),
        (Size(5, 9), "4", "argument must be between 5 and 9 inclusive"),
        (SizeOrPercent(), "x%", "argument must be a memory or percent value"),
        (SizeOrPercent(), "-1", "argument must be a memory or percent value"),
        (MemoryLimit(), "0%", "percentage argument must be at least 1"),
        (SizeOrPercent(), "101%", "percentage argument must be less or equal to 100"),
        (Octal(0, 0o777), "8", "argument couldn't be parsed as an octal number"),
        (Octal(0, 0o777), "1000", "argument must be between 0 and 777 inclusive"),
        (Float(0, 1), "x", "argument couldn't be parsed into a number"),
        (Float(0, 1), "nan", "argument must be between 0 and 1 inclusive"),
        (Duration(0, 1), "xs", "argument couldn't be parsed into a number"),
        (CHOICE, "maybe", "argument(s) must be one of the following: always, no"),
        (PATH, "a\0b", "a path can't hold a line break or a NUL"),
        (PATH, "a\nb", "a path can't hold a line break or a NUL"),
        (PATH, "a\rb", "a path can't hold a line break or a NUL"),
        (Text("a word", lambda text: "bad" if text == "x" else ""), "x", "bad"),
    ],
)
def test_a_kind_refuses_in_the_words_of_redis(kind: Kind, text: str, why: str) -> None:
    with pytest.raises(Refused) as refusal:
        kind.parse([text], None)
    assert str(refusal.value) == why
    assert kind.allowed()


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (YesNo(), "true", True),
        (YesNo(), "0", False),
        (YesNo(), " On ", True),
        (Int(0, 9), "+5", 5),
        (Int(0, 9), "05", 5),
        (Size(), "1.5kb", 1536),
        (SizeOrPercent(), "1KiB", 1024),
        (YesNoOr(["no", "yes", "local"]), "true", "yes"),
        (YesNoOr(["no", "yes", "local"]), "false", "no"),
        (YesNoOr(["no", "yes", "local"]), "local", "local"),
    ],
)
def test_flags_are_read_more_generously(kind: Kind, text: str, value: object) -> None:
    assert kind.parse_loosely([text], None) == value


@pytest.mark.parametrize("kind", [YesNo(), Int(0, 9), Size(), Text(), CHOICE, Octal(0, 7)])
def test_one_word_is_one_word(kind: Kind) -> None:
    for words in ([], ["1", "2"]):
        with pytest.raises(Refused, match="wrong number of arguments"):
            kind.parse(words, None)


@pytest.mark.parametrize(
    ("text", "limit"),
    [("1.5gb", 3 << 29), ("8MiB", 8 << 20), ("1m", 1_000_000), ("512mb", 512 << 20), ("60%", -60)],
)
def test_config_set_takes_a_limit_of_memory_as_the_flag_does(text: str, limit: int) -> None:
    assert MemoryLimit().parse([text], 0) == limit
