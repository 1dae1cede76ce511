"""Requests of SORT, over lists, sets and sorted sets that are named after their type.

Redis leaves open how elements of equal weight are ordered when text is compared, and how large sets
and sorted sets come: nothing here depends on that.
"""

from typing import Final

from tests.against.arguments import spelled
from tests.against.programs import Family, Words
from tests.against.sources import Source

LISTS: Final = (b"list", b"list", b"long")
SETS: Final = (b"set", b"numbers")
ZSETS: Final = (b"sort:zset", b"sort:zset2")
SORTED: Final = (*LISTS, *SETS, *ZSETS, b"text")
NOT_SORTED: Final = (b"weight_1", b"object_1", b"nothing")
NUMBERS: Final = (b"1", b"2", b"3", b"10", b"-7", b"2.5", b"1e3", b"007", b"inf", b"-inf", b"0")
WORDS: Final = (b"b", b"a", b"c", b"aa", b"", b"1", b"20", b"3", b"hello", b"\xff")
NO_NUMBERS: Final = (b"x", b"nan", b"", b" 1", b"1 ", b"1e400", b"0x10", b"1.", b".5", b"Infinity")
PATTERNS: Final = (
    b"weight_*",
    b"weight_*",
    b"object_*->field",
    b"object_*->",
    b"object_*->other",
    b"*",
    b"weight_*_end",
    b"->*",
    b"*->*",
    b"list*->x",
)
FIXED: Final = (b"nosort", b"#", b"", b"weight_1", b"object->field")


def numbers(source: Source, most: int = 8) -> Words:
    return [source.pick(NUMBERS) for _ in range(source.number(1, most))]


def push(source: Source) -> Words:
    return [b"RPUSH", source.pick(LISTS), *numbers(source)]


def push_words(source: Source) -> Words:
    words = NO_NUMBERS if source.chance(30) else WORDS
    return [b"RPUSH", b"text", *[source.pick(words) for _ in range(source.number(1, 6))]]


def push_many(source: Source) -> Words:
    return [b"RPUSH", b"long", *[b"%d" % (number * 37 % 101) for number in range(101)]]


def add(source: Source) -> Words:
    name = source.pick(SETS)
    if name == b"set":
        return [b"SADD", name, *[source.pick(WORDS) for _ in range(source.number(1, 6))]]
    return [b"SADD", name, *numbers(source)]


def add_scored(source: Source) -> Words:
    words: Words = []
    for _ in range(source.number(1, 5)):
        words += [source.pick(NUMBERS[:6]), source.pick(NUMBERS)]
    return [b"ZADD", source.pick(ZSETS), *words]


def weight(source: Source) -> Words:
    name = source.pick((b"weight_", b"weight_", b"weight_%b_end"))
    element = source.pick(NUMBERS)
    name = name % element if b"%" in name else name + element
    return [b"SET", name, source.pick(NUMBERS if source.chance(90) else NO_NUMBERS)]


def weight_in_hash(source: Source) -> Words:
    name = b"object_" + source.pick(NUMBERS)
    return [b"HSET", name, source.pick((b"field", b"field", b"other", b"x")), source.pick(NUMBERS)]


def remove(source: Source) -> Words:
    return [b"DEL", source.pick(SORTED)]


def limit(source: Source) -> Words:
    numbers = (b"0", b"1", b"2", b"5", b"100", b"-1", b"-5", b"9223372036854775807")
    words = [spelled(source, b"LIMIT"), source.pick(numbers), source.pick(numbers)]
    if source.chance(5):
        words[source.number(1, 2)] = source.pick((b"x", b"", b"1.5"))
    return words


def options(source: Source, name: bytes) -> Words:
    words: Words = []
    by = source.chance(40)
    if by:
        words += [spelled(source, b"BY"), source.pick(FIXED if source.chance(40) else PATTERNS)]
    elif source.chance(40):
        words.append(spelled(source, b"ALPHA"))
    if source.chance(40):
        words.append(spelled(source, source.pick((b"DESC", b"DESC", b"ASC"))))
    if source.chance(30):
        words += limit(source)
    while source.chance(30):
        pattern = source.pick((b"#", *PATTERNS, *FIXED))
        words += [spelled(source, b"GET"), pattern]
    limited = b"LIMIT" in [word.upper() for word in words]
    if by and name in (b"list", b"text") and not limited and source.chance(30):
        words.append(b"ALPHA")
    if source.chance(4):
        words.append(source.pick((b"FOO", b"", b"BY", b"GET", b"LIMIT", b"STORE")))
    return words


def sort(source: Source) -> Words:
    name = source.pick(SORTED) if source.chance(92) else source.pick(NOT_SORTED)
    words = [b"SORT", name, *options(source, name)]
    if source.chance(25):
        words += [spelled(source, b"STORE"), source.pick((b"list", b"text", b"stored", b"set"))]
    return words


def sort_readonly(source: Source) -> Words:
    name = source.pick(SORTED)
    words = [b"SORT_RO", name, *options(source, name)]
    return [*words, b"STORE", b"stored"] if source.chance(4) else words


def get_keys(source: Source) -> Words:
    return [b"COMMAND", b"GETKEYS", *sort(source)]


FAMILY: Final = Family(
    "sort",
    [
        (4, push),
        (2, push_words),
        (1, push_many),
        (5, add),
        (4, add_scored),
        (5, weight),
        (4, weight_in_hash),
        (1, remove),
        (18, sort),
        (6, sort_readonly),
        (1, get_keys),
    ],
)
