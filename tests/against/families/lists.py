"""Requests of the list commands, and talks of clients that push and clients that wait."""

from typing import Final

from tests.against.arguments import integer, key, keys, offset, small, spelled, value
from tests.against.programs import LEAVE, Family, Step, Words, talk
from tests.against.sources import Source

# Few, so that pivots and elements to remove are found.
ITEMS: Final = (b"x", b"x", b"y", b"z", b"1", b"10", b"-5", b"", b"a" * 70)
# Around what makes a list leave its listpack, and a node of its own for an element.
SIZES: Final = (100, 1000, 2000, 4000, 4080, 4090, 8000, 8170, 8180, 8185, 8190, 8193, 9000)
WORD_JUNK: Final = (b"MIDDLE", b"", b"L", b"HEAD")
# Nothing depends on how long anything takes.
TIMEOUTS: Final = (b"0", b"0", b"100", b"1000.5", b"0.0")
ODD_TIMEOUTS: Final = (
    b"-1",
    b"abc",
    b"",
    b"nan",
    b"inf",
    b"1e300",
    b"-0.1",
    b"9223372036854775807",
)
AT_ONCE: Final = (b"0.001", b"0.01")
WAITERS: Final = 3
FIRST_SPEAKER: Final = 10
PUSHER: Final = 20


def item(source: Source) -> bytes:
    if source.chance(20):
        return b"%d" % source.number(-200, 70_000)
    if source.chance(4):
        return b"s" * source.pick(SIZES)
    if source.chance(5):
        return value(source)
    return source.pick(ITEMS)


def items(source: Source, most: int) -> Words:
    return [item(source) for _ in range(source.number(1, most))]


def push(source: Source) -> Words:
    name = source.pick((b"LPUSH", b"RPUSH", b"RPUSH", b"LPUSHX", b"RPUSHX"))
    return [name, key(source), *items(source, 6)]


def push_many(source: Source) -> Words:
    """Enough for more than a node, at times."""
    name = source.pick((b"LPUSH", b"RPUSH"))
    size = source.number(1, 60)
    return [name, key(source), *[b"%d" % n * size for n in range(source.number(20, 150))]]


def push_big(source: Source) -> Words:
    name = source.pick((b"LPUSH", b"RPUSH", b"RPUSHX"))
    return [name, key(source), *[b"b" * source.pick(SIZES) for _ in range(source.number(1, 3))]]


def pop(source: Source) -> Words:
    words = [source.pick((b"LPOP", b"RPOP")), key(source)]
    if source.chance(40):
        words.append(source.pick((b"2", b"3", b"50", b"0", b"1", small(source), integer(source))))
    return words


def llen(source: Source) -> Words:
    return [b"LLEN", key(source)]


def lindex(source: Source) -> Words:
    return [b"LINDEX", key(source), offset(source)]


def lrange(source: Source) -> Words:
    return [b"LRANGE", key(source), offset(source), offset(source)]


def ltrim(source: Source) -> Words:
    if source.chance(60):
        return [b"LTRIM", key(source), b"%d" % source.number(0, 3), b"%d" % source.number(-4, 60)]
    return [b"LTRIM", key(source), offset(source), offset(source)]


def lset(source: Source) -> Words:
    index = small(source) if source.chance(60) else offset(source)
    new = b"S" * source.pick(SIZES) if source.chance(15) else item(source)
    return [b"LSET", key(source), index, new]


def linsert(source: Source) -> Words:
    where = spelled(source, source.pick((b"BEFORE", b"AFTER")))
    if source.chance(3):
        where = source.pick(WORD_JUNK)
    new = b"I" * source.pick(SIZES) if source.chance(15) else item(source)
    return [b"LINSERT", key(source), where, item(source), new]


def lrem(source: Source) -> Words:
    count = source.pick((b"0", b"1", b"-1", b"2", b"-2", integer(source)))
    return [b"LREM", key(source), count, item(source)]


def lpos(source: Source) -> Words:
    words = [b"LPOS", key(source), item(source)]
    for _ in range(source.pick((0, 1, 1, 2, 3))):
        option = source.pick((b"RANK", b"COUNT", b"MAXLEN", b"FOO"))
        words.append(spelled(source, option))
        if not source.chance(4):
            words.append(integer(source) if source.chance(15) else small(source))
    return words


def side(source: Source) -> bytes:
    if source.chance(3):
        return source.pick(WORD_JUNK)
    return spelled(source, source.pick((b"LEFT", b"RIGHT")))


def move(source: Source) -> Words:
    if source.chance(30):
        return [b"RPOPLPUSH", key(source), key(source)]
    return [b"LMOVE", key(source), key(source), side(source), side(source)]


def numkeys(source: Source, names: Words) -> Words:
    wrong = (b"0", b"-1", b"abc", b"100", b"9223372036854775807", b"")
    count = source.pick(wrong) if source.chance(8) else b"%d" % len(names)
    return [count, *names]


def end_and_count(source: Source) -> Words:
    words = [side(source)]
    for _ in range(source.pick((0, 0, 1, 1, 1, 2)) if source.chance(60) else 0):
        words.append(spelled(source, b"COUNT"))
        if not source.chance(4):
            words.append(integer(source) if source.chance(20) else b"%d" % source.number(1, 9))
    return words


def lmpop(source: Source) -> Words:
    return [b"LMPOP", *numkeys(source, keys(source)), *end_and_count(source)]


def waiting(source: Source, timeout: bytes) -> Words:
    """A request that may have to wait."""
    kind = source.pick((b"BLPOP", b"BRPOP", b"BLMOVE", b"BRPOPLPUSH", b"BLMPOP"))
    if kind == b"BLMOVE":
        return [kind, key(source), key(source), side(source), side(source), timeout]
    if kind == b"BRPOPLPUSH":
        return [kind, key(source), key(source), timeout]
    if kind == b"BLMPOP":
        return [kind, timeout, *numkeys(source, keys(source)), *end_and_count(source)]
    return [kind, *keys(source), timeout]


def at_once(source: Source) -> Words:
    """What waits is over before anything else is seen; timeouts that are none are refused."""
    return waiting(source, source.pick(ODD_TIMEOUTS if source.chance(15) else AT_ONCE))


def other_type(source: Source) -> Words:
    return [b"SET", key(source), b"string"]


def whole_key(source: Source) -> Words:
    return source.pick(
        (
            [b"DEL", key(source)],
            [b"RENAME", key(source), key(source)],
            [b"COPY", key(source), key(source), b"REPLACE"],
            [b"TYPE", key(source)],
            [b"OBJECT", b"ENCODING", key(source)],
            [b"PEXPIREAT", key(source), source.pick((b"4102444800000", b"1"))],
            [b"PERSIST", key(source)],
        )
    )[:]


def says(source: Source) -> Words:
    """What somebody who does not wait says while others do."""
    kind = source.pick(
        (b"push", b"push", b"push", b"move", b"pop", b"type", b"rename", b"copy", b"delete")
    )
    if kind == b"push":
        return push(source)
    if kind == b"move":
        return move(source)
    if kind == b"pop":
        return pop(source)
    if kind == b"type":
        return other_type(source)
    if kind == b"rename":
        return [b"RENAME", key(source), key(source)]
    if kind == b"copy":
        return [b"COPY", key(source), key(source), b"REPLACE"]
    # No SWAPDB: in which order Valkey looks at several keys then is by chance.
    return source.pick(([b"DEL", key(source)], [b"DEL", key(source)], [b"FLUSHALL"]))[:]


def conversation(source: Source) -> Step:
    """Several clients wait; another one pushes, also within MULTI; some leave."""
    speakers: list[int] = []
    requests: list[Words | tuple[bytes, ...]] = []
    in_multi = False
    for _ in range(source.number(3, 16)):
        if source.chance(45) and not in_multi:
            speakers.append(FIRST_SPEAKER + source.number(0, WAITERS - 1))
            requests.append(LEAVE if source.chance(8) else waiting(source, source.pick(TIMEOUTS)))
            continue
        speakers.append(PUSHER)
        if source.chance(15):
            requests.append([b"EXEC" if in_multi else b"MULTI"])
            in_multi = not in_multi
        elif in_multi and source.chance(20):
            requests.append(waiting(source, b"0"))
        else:
            requests.append(says(source))
    if in_multi:
        speakers.append(PUSHER)
        requests.append([b"EXEC"])
    return talk(speakers, requests)


FAMILY: Final = Family(
    "lists",
    [
        (8, push),
        (3, push_many),
        (2, push_big),
        (6, pop),
        (1, llen),
        (2, lindex),
        (3, lrange),
        (3, ltrim),
        (3, lset),
        (4, linsert),
        (4, lrem),
        (4, lpos),
        (5, move),
        (3, lmpop),
        (1, at_once),
        (1, other_type),
        (3, whole_key),
    ],
    steps=[(1, conversation)],
    steps_percent=4,
)
