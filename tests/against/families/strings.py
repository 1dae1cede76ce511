"""Requests of the string commands."""

from typing import Final

from tests.against.arguments import (
    FUTURE_MS,
    amount,
    deadline,
    floating,
    integer,
    key,
    keys,
    offset,
    small,
    spelled,
    value,
)
from tests.against.programs import Family, Words
from tests.against.sources import Source

JUNK: Final = (b"FOO", b"", b"NX", b"GET", b"1")


def set_plain(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def set_options(source: Source) -> Words:
    words = [b"SET", key(source), value(source)]
    for _ in range(source.number(1, 3)):
        option = source.pick((b"", b"NX", b"XX", b"GET", b"KEEPTTL", b"IFEQ", b"?"))
        if option == b"":
            words += deadline(source)
        elif option == b"IFEQ":
            words += [spelled(source, option), value(source)]
        elif option == b"?":
            words.append(source.pick(JUNK) if source.chance(20) else spelled(source, b"GET"))
        else:
            words.append(spelled(source, option))
    return words


def get(source: Source) -> Words:
    return [b"GET", key(source)]


def getset(source: Source) -> Words:
    return [b"GETSET", key(source), value(source)]


def getdel(source: Source) -> Words:
    return [b"GETDEL", key(source)]


def getex(source: Source) -> Words:
    words = [b"GETEX", key(source)]
    for _ in range(source.pick((0, 1, 1, 1, 2))):
        if source.chance(30):
            words.append(spelled(source, b"PERSIST"))
        elif source.chance(10):
            words.append(source.pick((b"KEEPTTL", b"NX", b"FOO", b"")))
        else:
            words += deadline(source)
    return words


def mget(source: Source) -> Words:
    return [b"MGET", *keys(source)]


def pairs(source: Source) -> Words:
    words: Words = []
    for _ in range(source.number(1, 3)):
        words += [key(source), value(source)]
    return words


def mset(source: Source) -> Words:
    return [b"MSET", *pairs(source)]


def msetnx(source: Source) -> Words:
    return [b"MSETNX", *pairs(source)]


def msetex(source: Source) -> Words:
    given = pairs(source)
    count = source.pick((b"1", b"2", b"0", b"-1", b"abc", b"")) if source.chance(15) else None
    words = [b"MSETEX", count or b"%d" % (len(given) // 2), *given]
    for _ in range(source.pick((0, 1, 1, 2))):
        # Never in the past: the keys would be there for Valkey's MEMORY USAGE, but not for TYPE.
        unit = source.pick((b"EX", b"PX", b"PXAT", b""))
        if unit == b"PXAT":
            words += [spelled(source, unit), source.pick(FUTURE_MS)]
        elif unit:
            words += [spelled(source, unit), amount(source, unit)]
        else:
            words.append(spelled(source, source.pick((b"NX", b"XX", b"KEEPTTL", b"FOO"))))
    return words


def delifeq(source: Source) -> Words:
    return [b"DELIFEQ", key(source), value(source)]


def setnx(source: Source) -> Words:
    return [b"SETNX", key(source), value(source)]


def setex(source: Source) -> Words:
    return [b"SETEX", key(source), amount(source, b"EX"), value(source)]


def psetex(source: Source) -> Words:
    return [b"PSETEX", key(source), amount(source, b"PX"), value(source)]


def append(source: Source) -> Words:
    return [b"APPEND", key(source), value(source)]


def strlen(source: Source) -> Words:
    return [b"STRLEN", key(source)]


def setrange(source: Source) -> Words:
    # No offset just below the limit of 512 MB: it would be granted, and filled with zeros.
    far = (b"536870912", b"9223372036854775807", b"-1", b"abc", b"4294967296", b"70000", b"")
    at = source.pick(far) if source.chance(20) else b"%d" % source.number(0, 60)
    return [b"SETRANGE", key(source), at, source.pick((b"", b"x", b"hello", b"\x00\xff"))]


def getrange(source: Source) -> Words:
    name = source.pick((b"GETRANGE", b"GETRANGE", b"SUBSTR"))
    return [name, key(source), offset(source), offset(source)]


def step_by_one(source: Source) -> Words:
    return [source.pick((b"INCR", b"DECR")), key(source)]


def step_by(source: Source) -> Words:
    return [source.pick((b"INCRBY", b"DECRBY")), key(source), integer(source)]


def incrbyfloat(source: Source) -> Words:
    return [b"INCRBYFLOAT", key(source), floating(source)]


def lcs(source: Source) -> Words:
    words = [b"LCS", key(source), key(source)]
    for _ in range(source.pick((0, 1, 1, 2, 3))):
        option = source.pick((b"LEN", b"IDX", b"IDX", b"WITHMATCHLEN", b"MINMATCHLEN", b"FOO"))
        words.append(spelled(source, option))
        if option == b"MINMATCHLEN" and not source.chance(5):
            words.append(small(source))
    return words


def text_for_lcs(source: Source) -> Words:
    words = [b"MSET"]
    for name in (b"a", b"b"):
        letters = [source.pick((b"a", b"b", b"c")) for _ in range(source.number(0, 12))]
        words += [name, b"".join(letters)]
    return words


FAMILY: Final = Family(
    "strings",
    [
        (6, set_plain),
        (8, set_options),
        (4, get),
        (2, getset),
        (2, getdel),
        (4, getex),
        (2, mget),
        (2, mset),
        (2, msetnx),
        (2, msetex),
        (1, delifeq),
        (2, setnx),
        (2, setex),
        (2, psetex),
        (3, append),
        (2, strlen),
        (3, setrange),
        (4, getrange),
        (4, step_by_one),
        (5, step_by),
        (5, incrbyfloat),
        (4, lcs),
        (2, text_for_lcs),
    ],
)
