"""Requests of MULTI, EXEC, DISCARD, WATCH and UNWATCH, with a second connection that meddles."""

from typing import Final

from tests.against.arguments import FUTURE_MS, key, keys, value
from tests.against.programs import Family, Words
from tests.against.sources import Source


def multi(source: Source) -> Words:
    return [b"MULTI"]


def exec_(source: Source) -> Words:
    return [b"EXEC"]


def discard(source: Source) -> Words:
    return [b"DISCARD"]


def watch(source: Source) -> Words:
    return [b"WATCH", *keys(source, 2)]


def unwatch(source: Source) -> Words:
    return [b"UNWATCH"]


def read(source: Source) -> Words:
    return [source.pick((b"GET", b"STRLEN", b"TTL", b"INCR", b"TYPE")), key(source)]


def write(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def write_until(source: Source) -> Words:
    return [b"PEXPIREAT", key(source), source.pick((*FUTURE_MS, b"1"))]


def remove(source: Source) -> Words:
    return [source.pick((b"DEL", b"GETDEL", b"UNLINK", b"PERSIST")), key(source)]


def everything(source: Source) -> Words:
    return source.pick(([b"FLUSHALL"], [b"FLUSHDB"], [b"SWAPDB", b"0", b"1"], [b"DBSIZE"]))[:]


def elsewhere(source: Source) -> Words:
    return [b"SELECT", source.pick((b"0", b"1"))]


def broken(source: Source) -> Words:
    """Refused when it is queued, or later when it runs."""
    return source.pick(
        ([b"SET", b"a"], [b"NOSUCH", b"a"], [b"INCRBY", b"a", b"x"], [b"CLIENT", b"NOSUCH"])
    )[:]


FAMILY: Final = Family(
    "transactions",
    [
        (6, multi),
        (7, exec_),
        (1, discard),
        (4, watch),
        (1, unwatch),
        (6, read),
        (6, write),
        (2, write_until),
        (2, remove),
        (1, everything),
        (1, elsewhere),
        (2, broken),
    ],
    connections=2,
)
