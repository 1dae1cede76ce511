"""Requests of the hash commands."""

from typing import Final

from tests.against.arguments import (
    FUTURE_MS,
    FUTURE_SECONDS,
    LONG_MS,
    LONG_SECONDS,
    ODD_AMOUNTS,
    amount,
    floating,
    integer,
    key,
    pattern,
    small,
    spelled,
    value,
)
from tests.against.programs import Family, Step, Words, walk
from tests.against.sources import Source

FIELDS: Final = (
    b"f",
    b"f",
    b"g",
    b"h",
    b"1",
    b"-7",
    b"12345678901",
    b"",
    b"l" * 64,
    b"L" * 65,
    b"\x00\r\n",
)
ENTRIES: Final = b"1000"


def field(source: Source) -> bytes:
    return source.pick(FIELDS)


def fields(source: Source, most: int = 4) -> Words:
    return [field(source) for _ in range(source.number(1, most))]


def pairs(source: Source, most: int = 4) -> Words:
    words: Words = []
    for _ in range(source.number(1, most)):
        words += [field(source), value(source)]
    return words


def cut(source: Source, words: Words) -> Words:
    return words[:-1] if source.chance(4) else words


def put(source: Source) -> Words:
    name = source.pick((b"HSET", b"HSET", b"HSET", b"HMSET"))
    return cut(source, [name, key(source), *pairs(source)])


def put_many(source: Source) -> Words:
    """Around the number at which a hash is packed no more."""
    count = source.pick((100, 510, 512, 513, 600))
    words = [b"HSET", key(source)]
    for i in range(count):
        words += [b"field:%d" % i, b"%d" % (i * i)]
    return words


def put_new(source: Source) -> Words:
    return cut(source, [b"HSETNX", key(source), field(source), value(source)])


def get(source: Source) -> Words:
    name = source.pick((b"HGET", b"HSTRLEN", b"HEXISTS"))
    return cut(source, [name, key(source), field(source)])


def get_many(source: Source) -> Words:
    return cut(source, [b"HMGET", key(source), *fields(source)])


def whole(source: Source) -> Words:
    return [source.pick((b"HGETALL", b"HKEYS", b"HVALS", b"HLEN")), key(source)]


def delete(source: Source) -> Words:
    return cut(source, [b"HDEL", key(source), *fields(source)])


def count(source: Source) -> Words:
    return cut(source, [b"HINCRBY", key(source), field(source), integer(source)])


def count_float(source: Source) -> Words:
    return cut(source, [b"HINCRBYFLOAT", key(source), field(source), floating(source)])


def draw(source: Source) -> Words:
    words = [b"HRANDFIELD", key(source)]
    if source.chance(80):
        # distinct ones are drawn: how many is compared, which ones is chance
        words.append(
            source.pick((b"0", b"1", b"1000", b"-1", b"-3", b"abc", b"9223372036854775807"))
            if source.chance(90)
            else source.pick((b"-9223372036854775808", b""))
        )
        if source.chance(40):
            words.append(spelled(source, source.pick((b"WITHVALUES", b"WITHVALUES", b"FOO"))))
    return words


def scan_options(source: Source) -> Words:
    words: Words = []
    for _ in range(source.pick((0, 1, 1, 2))):
        option = source.pick((b"MATCH", b"COUNT", b"NOVALUES", b"FOO"))
        words.append(spelled(source, option))
        if option == b"MATCH":
            words.append(pattern(source))
        elif option == b"COUNT":
            words.append(source.pick((ENTRIES, b"1", b"0", b"-1", b"abc")))
    return words


def scan(source: Source) -> Words:
    cursor = source.pick((b"abc", b"-1", b"")) if source.chance(15) else b"0"
    return [b"HSCAN", key(source), cursor, *scan_options(source)]


def scan_to_the_end(source: Source) -> Step:
    return walk([b"HSCAN", key(source), b"0", *scan_options(source)])


def counted(source: Source, names: Words, each: int = 1) -> Words:
    """FIELDS, their number (now and then another one), and they themselves."""
    number = len(names) // each + (source.pick((-1, 1)) if source.chance(5) else 0)
    text = small(source) if source.chance(4) else b"%d" % number
    word = b"FIELD" if source.chance(2) else spelled(source, b"FIELDS")
    return [word, text, *names]


def expire(source: Source) -> Words:
    name = source.pick((b"HEXPIRE", b"HPEXPIRE", b"HEXPIREAT", b"HPEXPIREAT"))
    if source.chance(15):
        time = source.pick(ODD_AMOUNTS)
    elif name == b"HEXPIRE":
        time = source.pick(LONG_SECONDS)
    elif name == b"HPEXPIRE":
        time = source.pick(LONG_MS)
    elif source.chance(20):
        time = source.pick((b"1", b"1000"))
    else:
        time = source.pick(FUTURE_SECONDS if name == b"HEXPIREAT" else FUTURE_MS)
    words = [name, key(source), time]
    for _ in range(source.pick((0, 0, 0, 1, 1, 2))):
        words.append(spelled(source, source.pick((b"NX", b"XX", b"GT", b"LT"))))
    return cut(source, [*words, *counted(source, fields(source))])


def ask(source: Source) -> Words:
    name = source.pick((b"HTTL", b"HPTTL", b"HEXPIRETIME", b"HPEXPIRETIME", b"HPERSIST"))
    return cut(source, [name, key(source), *counted(source, fields(source))])


def when(source: Source, more: Words) -> Words:
    word = source.pick((b"EX", b"PX", b"EXAT", b"PXAT", *more))
    words = [spelled(source, word)]
    if word not in more:
        words.append(amount(source, word))
    return words


def get_and_expire(source: Source) -> Words:
    words = [b"HGETEX", key(source)]
    if source.chance(80):
        words += when(source, [b"PERSIST", b"PERSIST"])
    if source.chance(5):
        words += when(source, [b"PERSIST", b"FOO"])
    return cut(source, [*words, *counted(source, fields(source))])


def put_and_expire(source: Source) -> Words:
    words = [b"HSETEX", key(source)]
    for choices in ((b"NX", b"XX"), (b"FNX", b"FXX")):
        if source.chance(25):
            words.append(spelled(source, source.pick(choices)))
    if source.chance(75):
        words += when(source, [b"KEEPTTL", b"KEEPTTL"])
    if source.chance(5):
        words += when(source, [b"NX", b"FXX", b"FOO"])
    return cut(source, [*words, *counted(source, pairs(source), 2)])


def get_and_delete(source: Source) -> Words:
    return cut(source, [b"HGETDEL", key(source), *counted(source, fields(source))])


def other(source: Source) -> Words:
    """What meets hashes from elsewhere."""
    return source.pick(
        (
            [b"SET", key(source), value(source)],
            [b"GET", key(source)],
            [b"DEL", key(source)],
            [b"TYPE", key(source)],
            [b"OBJECT", b"ENCODING", key(source)],
            [b"RENAME", key(source), key(source)],
            [b"COPY", key(source), key(source), b"REPLACE"],
            [b"APPEND", key(source), b"x"],
            [b"EXPIRE", key(source), b"1000"],
        )
    )


FAMILY: Final = Family(
    "hashes",
    [
        (12, put),
        (1, put_many),
        (3, put_new),
        (6, get),
        (4, get_many),
        (6, whole),
        (5, delete),
        (4, count),
        (4, count_float),
        (3, draw),
        (3, scan),
        (6, expire),
        (5, ask),
        (4, get_and_expire),
        (5, put_and_expire),
        (3, get_and_delete),
        (5, other),
    ],
    [(1, scan_to_the_end)],
)
