"""What requests about sorted sets are made of."""

from typing import Final

from tests.against.programs import Words
from tests.against.sources import Source

MEMBERS: Final = (
    b"a",
    b"a",
    b"b",
    b"c",
    b"d",
    b"e",
    b"x",
    b"hello",
    b"1",
    b"-7",
    b"10",
    b"12345678901",
    b"",
    b"m" * 64,
    b"M" * 65,
    b"\x00\r\n\xff",
)
# Sums of the plain ones are exact, so that the order in which they are added does not matter.
SCORES: Final = (
    b"0",
    b"0",
    b"1",
    b"1",
    b"2",
    b"3",
    b"-1",
    b"10",
    b"1.5",
    b"-0.5",
    b"2.25",
    b"100",
    b"12345",
    b"1e3",
    b"+2",
)
RARE_SCORES: Final = (
    b"inf",
    b"-inf",
    b"+inf",
    b"Infinity",
    b"-0",
    b"1e300",
    b"9007199254740992",
    b"-9007199254740994",
    b"8796093022207",
    b"8796093022208",
    b"-8796093022208",
    b"-8796093022209",
    b"9223372036854775807",
    b"1e-320",
    b"17179869184.5",
)
NO_SCORES: Final = (
    b"nan",
    b"-nan",
    b"abc",
    b"",
    b"1e400",
    b"-1e400",
    b"1,5",
    b"1e",
    b"--1",
    b"1.5\x00",
    b"1x",
    b"(1",
)


def member(source: Source) -> bytes:
    return source.pick(MEMBERS)


def members(source: Source, most: int = 4) -> Words:
    return [member(source) for _ in range(source.number(1, most))]


def score(source: Source) -> bytes:
    if source.chance(4):
        return source.pick(NO_SCORES)
    if source.chance(10):
        return source.pick(RARE_SCORES)
    return source.pick(SCORES)


def cut(source: Source, words: Words) -> Words:
    return words[:-1] if source.chance(4) else words


def numkeys(source: Source, names: Words) -> Words:
    if source.chance(5):
        return [source.pick((b"0", b"-1", b"abc", b"5", b"")), *names]
    return [b"%d" % len(names), *names]


def pairs(source: Source, most: int = 4) -> Words:
    words: Words = []
    for _ in range(source.number(1, most)):
        words += [score(source), member(source)]
    return words
