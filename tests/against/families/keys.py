"""Requests of the commands about keys of any type."""

from typing import Final

from tests.against.arguments import (
    FUTURE_MS,
    FUTURE_SECONDS,
    LONG_MS,
    LONG_SECONDS,
    ODD_AMOUNTS,
    PAST_MS,
    PAST_SECONDS,
    TYPES,
    database,
    key,
    keys,
    pattern,
    spelled,
    value,
)
from tests.against.programs import Family, Step, Words, walk
from tests.against.sources import Source

EVERYTHING: Final = b"1000"


def put(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def put_for_long(source: Source) -> Words:
    return [b"SET", key(source), value(source), b"PXAT", source.pick(FUTURE_MS)]


def several(source: Source) -> Words:
    return [source.pick((b"DEL", b"UNLINK", b"EXISTS", b"EXISTS", b"TOUCH")), *keys(source)]


def type_of(source: Source) -> Words:
    return [b"TYPE", key(source)]


def list_keys(source: Source) -> Words:
    return [b"KEYS", pattern(source)]


def scan_options(source: Source) -> Words:
    words: Words = []
    for _ in range(source.pick((0, 1, 1, 2))):
        option = source.pick((b"MATCH", b"COUNT", b"TYPE", b"FOO"))
        words.append(spelled(source, option))
        if option == b"MATCH":
            words.append(pattern(source))
        elif option == b"COUNT":
            words.append(source.pick((EVERYTHING, b"1", b"5", b"0", b"-1", b"abc", b"")))
        elif option == b"TYPE":
            words.append(source.pick(TYPES))
    return words[:-1] if words and source.chance(4) else words


def scan(source: Source) -> Words:
    bad_cursors = (b"abc", b"", b"-1", b"18446744073709551616", b"1.0", b" 0", b"0x0")
    cursor = source.pick(bad_cursors) if source.chance(20) else b"0"
    return [b"SCAN", cursor, *scan_options(source)]


def scan_to_the_end(source: Source) -> Step:
    return walk([b"SCAN", b"0", *scan_options(source)])


def randomkey(source: Source) -> Words:
    return [b"RANDOMKEY"]


def rename(source: Source) -> Words:
    return [source.pick((b"RENAME", b"RENAMENX")), key(source), key(source)]


def copy(source: Source) -> Words:
    words = [b"COPY", key(source), key(source)]
    for _ in range(source.pick((0, 1, 1, 2))):
        if source.chance(50):
            words.append(spelled(source, b"REPLACE"))
        elif source.chance(10):
            words.append(source.pick((b"FOO", b"", b"DB")))
        else:
            words += [spelled(source, b"DB"), database(source)]
    return words


def move(source: Source) -> Words:
    return [b"MOVE", key(source), database(source)]


def select(source: Source) -> Words:
    return [b"SELECT", database(source)]


def expire(source: Source) -> Words:
    name = source.pick((b"EXPIRE", b"PEXPIRE", b"EXPIREAT", b"PEXPIREAT"))
    if source.chance(25):
        when = source.pick(ODD_AMOUNTS)
    elif name == b"EXPIRE":
        when = source.pick(LONG_SECONDS)
    elif name == b"PEXPIRE":
        when = source.pick(LONG_MS)
    elif source.chance(20):
        when = source.pick(PAST_SECONDS if name == b"EXPIREAT" else PAST_MS)
    else:
        when = source.pick(FUTURE_SECONDS if name == b"EXPIREAT" else FUTURE_MS)
    words = [name, key(source), when]
    for _ in range(source.pick((0, 0, 1, 1, 1, 2))):
        words.append(spelled(source, source.pick((b"NX", b"XX", b"GT", b"LT", b"XX", b"FOO"))))
    return words


def persist(source: Source) -> Words:
    return [b"PERSIST", key(source)]


def remaining(source: Source) -> Words:
    return [source.pick((b"TTL", b"PTTL", b"EXPIRETIME", b"PEXPIRETIME")), key(source)]


def object_about(source: Source) -> Words:
    what = source.pick((b"ENCODING", b"ENCODING", b"REFCOUNT", b"IDLETIME", b"FREQ", b"FOO"))
    words = [b"OBJECT", spelled(source, what), key(source)]
    return words[:-1] if source.chance(5) else words


def dbsize(source: Source) -> Words:
    return [b"DBSIZE"]


FAMILY: Final = Family(
    "keys",
    [
        (6, put),
        (3, put_for_long),
        (5, several),
        (2, type_of),
        (3, list_keys),
        (3, scan),
        (1, randomkey),
        (4, rename),
        (5, copy),
        (3, move),
        (2, select),
        (9, expire),
        (2, persist),
        (6, remaining),
        (3, object_about),
        (1, dbsize),
    ],
    steps=[(1, scan_to_the_end)],
)
