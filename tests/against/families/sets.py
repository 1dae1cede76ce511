"""Requests of the set commands.

What is taken by chance is taken from sets of one, or until none is left.
"""

from typing import Final

from tests.against.arguments import EDGE_NUMBERS, integer, key, keys, pattern, small, spelled
from tests.against.programs import Family, Step, Words, block, walk
from tests.against.sources import Source

MEMBERS: Final = (
    b"x",
    b"x",
    b"y",
    b"z",
    b"1",
    b"2",
    b"3",
    b"10",
    b"-7",
    b"007",
    b"70000",
    b"12345678901",
    b"",
    b"l" * 64,
    b"L" * 65,
    b"\x00\r\n",
)
WHOLE: Final = b"100000"  # more members than any set has


def member(source: Source) -> bytes:
    if source.chance(5):
        return source.pick(EDGE_NUMBERS)
    return source.pick(MEMBERS)


def members(source: Source, most: int = 6) -> Words:
    return [member(source) for _ in range(source.number(1, most))]


def cut(source: Source, words: Words) -> Words:
    return words[:-1] if source.chance(4) else words


def add(source: Source) -> Words:
    return cut(source, [b"SADD", key(source), *members(source)])


def add_integers(source: Source) -> Words:
    start = source.number(-3, 40)
    count = source.pick((1, 3, 10, 10, 127, 128, 129, 511, 513))
    return [b"SADD", key(source), *[b"%d" % (start + step) for step in range(count)]]


def add_many(source: Source) -> Words:
    start = source.number(0, 40)
    count = source.pick((3, 10, 60, 100, 127, 129, 200))
    return [b"SADD", key(source), *[b"m%d" % (start + step) for step in range(count)]]


def remove(source: Source) -> Words:
    return cut(source, [b"SREM", key(source), *members(source)])


def remove_many(source: Source) -> Words:
    start = source.number(0, 40)
    kind = source.pick((b"%d", b"m%d"))
    return [b"SREM", key(source), *[kind % (start + step) for step in range(100)]]


def move(source: Source) -> Words:
    return [b"SMOVE", key(source), key(source), member(source)]


def ask(source: Source) -> Words:
    name = source.pick((b"SISMEMBER", b"SMISMEMBER"))
    return [name, key(source), *members(source, 1 if name == b"SISMEMBER" else 4)]


def whole(source: Source) -> Words:
    return [source.pick((b"SCARD", b"SMEMBERS", b"SMEMBERS")), key(source)]


def combine(source: Source) -> Words:
    return [source.pick((b"SINTER", b"SUNION", b"SDIFF")), *keys(source)]


def store(source: Source) -> Words:
    name = source.pick((b"SINTERSTORE", b"SUNIONSTORE", b"SDIFFSTORE"))
    return cut(source, [name, key(source), *keys(source)])


def count_common(source: Source) -> Words:
    asked = keys(source)
    count = integer(source) if source.chance(15) else b"%d" % len(asked)
    words = [b"SINTERCARD", count, *asked]
    if source.chance(40):
        words += [spelled(source, b"LIMIT"), small(source)]
    if source.chance(5):
        words.append(source.pick((b"LIMIT", b"FOO", b"")))
    return words


def pop_all(source: Source) -> Words:
    return [b"SPOP", key(source), WHOLE]


def pop_wrongly(source: Source) -> Words:
    words = [b"SPOP", key(source), source.pick((b"0", b"-1", b"abc", b"", b"1.5"))]
    return [*words, b"x"] if source.chance(20) else words


def draw(source: Source) -> Words:
    words = [b"SRANDMEMBER", key(source)]
    if source.chance(60):
        words.append(small(source) if source.chance(80) else integer(source))
    # a million members are no sensible answer
    return words[:2] if len(words[-1]) > 6 and words[-1] != words[1] else words


def pop_from_one(source: Source) -> Step:
    """A set of one member is popped from, one by one or some at once."""
    name = key(source)
    pop = [b"SPOP", name]
    if source.chance(50):
        pop.append(source.pick((b"1", b"2", b"100")))
    put_one = [[b"DEL", name], [b"SADD", name, member(source)]]
    return block([[b"DISCARD"], *put_one, pop, [b"EXISTS", name]], 5)


def pop_down(source: Source) -> Step:
    """Popped until it is empty, in steps whose members are nobody's business."""
    name = key(source)
    add_them = add_integers(source) if source.chance(50) else add_many(source)
    add_them[1] = name
    requests = [[b"DISCARD"], [b"DEL", name], add_them]
    for _ in range(source.number(1, 3)):
        count = source.pick((b"1", b"2", b"5", b"50", b"90", b"400"))
        requests += [
            [b"SUNIONSTORE", b"popped", name],
            [b"SPOP", name, count],
            [b"SCARD", name],
            [b"OBJECT", b"ENCODING", name],
        ]
    requests += [[b"DEL", name, b"popped"]]
    # the counts and forms in between are compared; who was popped is not
    quiet = [words for words in requests if words[0] != b"SPOP"]
    silent: list[Words] = []
    for words in requests:
        if words[0] == b"SPOP":
            silent.append([b"CLIENT", b"REPLY", b"SKIP"])
        silent.append(words)
    return block(silent, len(quiet))


def scan_options(source: Source) -> Words:
    words: Words = []
    for _ in range(source.pick((0, 1, 1, 2))):
        option = source.pick((b"MATCH", b"COUNT", b"COUNT", b"TYPE", b"NOVALUES", b"FOO"))
        words.append(spelled(source, option))
        if option == b"MATCH":
            words.append(pattern(source))
        elif option == b"COUNT":
            words.append(source.pick((b"1000", b"1", b"5", b"0", b"-1", b"abc", b"")))
        elif option == b"TYPE":
            words.append(b"set")
    return cut(source, words)


def scan(source: Source) -> Words:
    bad_cursors = (b"abc", b"", b"-1", b"18446744073709551616", b"1.0", b" 0", b"0x0")
    cursor = source.pick(bad_cursors) if source.chance(20) else b"0"
    return [b"SSCAN", key(source), cursor, *scan_options(source)]


def scan_to_the_end(source: Source) -> Step:
    return walk([b"SSCAN", key(source), b"0", *scan_options(source)])


def about(source: Source) -> Words:
    what = source.pick((b"ENCODING", b"ENCODING", b"REFCOUNT", b"IDLETIME"))
    return [b"OBJECT", what, key(source)]


FAMILY: Final = Family(
    "sets",
    [
        (8, add),
        (4, add_integers),
        (4, add_many),
        (5, remove),
        (2, remove_many),
        (5, move),
        (4, ask),
        (4, whole),
        (6, combine),
        (8, store),
        (5, count_common),
        (1, pop_all),
        (1, pop_wrongly),
        (4, draw),
        (4, scan),
        (4, about),
    ],
    steps=[(1, pop_from_one), (1, pop_down), (2, scan_to_the_end)],
    steps_percent=10,
)
