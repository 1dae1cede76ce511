"""Requests about ranges of sorted sets: by rank, by score, by name."""

from typing import Final

from tests.against.arguments import NO_NUMBERS, key, spelled
from tests.against.families.zset_arguments import SCORES, cut, members
from tests.against.programs import Step, Words, block
from tests.against.sources import Source

BOUNDS: Final = (b"-inf", b"+inf", b"inf", b"(1", b"(2", b"(0", b"(inf", b"(-inf", b"1e400", b"(")
NO_BOUNDS: Final = (b"nan", b"abc", b"[1", b"((1", b"1 ", b"-", b"1x", b"(nan")
NAMES: Final = (
    b"-",
    b"+",
    b"[a",
    b"(a",
    b"[b",
    b"(c",
    b"[x",
    b"(",
    b"[",
    b"[hello",
    b"(1",
    b"[\xff",
)
NO_NAMES: Final = (b"", b"a", b"+x", b"-1", b"-inf")
# Sets of one score: ranges by name of others are nobody's promise.
LEVEL: Final = (b"level:a", b"level:b")
MIXED_NAMES: Final = (b"a", b"b", b"c", b"d", b"e", b"x")
RANKS: Final = (b"0", b"1", b"-1", b"2", b"-2", b"3", b"-3", b"5", b"100", b"-100", b"127", b"64")


def rank(source: Source) -> bytes:
    return source.pick(NO_NUMBERS) if source.chance(6) else source.pick(RANKS)


def bound(source: Source) -> bytes:
    if source.chance(5):
        return source.pick(NO_BOUNDS)
    return source.pick(BOUNDS) if source.chance(40) else source.pick(SCORES)


def name_bound(source: Source) -> bytes:
    return source.pick(NO_NAMES) if source.chance(5) else source.pick(NAMES)


def limit(source: Source) -> Words:
    if source.chance(5):
        return [b"LIMIT", source.pick((b"1", b"abc"))]
    # no offset below 0: from a packed set Valkey answers nothing then, from a large one something
    offsets = (b"0", b"1", b"2", b"3", b"100")
    counts = (*offsets, b"-1", b"-5")
    return [spelled(source, b"LIMIT"), source.pick(offsets), source.pick(counts)]


def range_(source: Source) -> Words:
    name = source.pick((b"ZRANGE", b"ZRANGE", b"ZREVRANGE"))
    words = [name, key(source), rank(source), rank(source)]
    if name == b"ZRANGE" and source.chance(30):
        words.append(spelled(source, b"REV"))
    if source.chance(40):
        words.append(spelled(source, b"WITHSCORES"))
    if source.chance(4):
        words += source.pick((limit(source), [b"BYLEX", b"WITHSCORES"], [b"FOO"], [b"LIMIT"]))
    return words


def range_by_score(source: Source) -> Words:
    old = source.chance(50)
    name = source.pick((b"ZRANGEBYSCORE", b"ZREVRANGEBYSCORE")) if old else b"ZRANGE"
    words = [name, key(source), bound(source), bound(source)]
    more: list[Words] = [] if old else [[spelled(source, b"BYSCORE")]]
    if not old and source.chance(40):
        more.append([spelled(source, b"REV")])
    if source.chance(40):
        more.append([spelled(source, b"WITHSCORES")])
    if source.chance(40):
        more.append(limit(source))
    if source.chance(4):
        more.append(source.pick(([b"FOO"], [b"REV"], [b"BYSCORE"], [b"BYLEX"])))
    if len(more) > 1 and source.chance(50):
        more.reverse()
    return words + [word for part in more for word in part]


def level_range(source: Source) -> Words:
    old = source.chance(50)
    name = source.pick((b"ZRANGEBYLEX", b"ZREVRANGEBYLEX")) if old else b"ZRANGE"
    words = [name, source.pick(LEVEL), name_bound(source), name_bound(source)]
    if not old:
        words.append(spelled(source, b"BYLEX"))
        if source.chance(40):
            words.append(spelled(source, b"REV"))
    if source.chance(40):
        words += limit(source)
    if source.chance(4):
        words += source.pick(([b"FOO"], [b"REV"], [b"WITHSCORES"], [b"BYSCORE"]))
    return words


def level_add(source: Source) -> Words:
    words = [b"ZADD", source.pick(LEVEL)]
    if source.chance(10):
        for i in range(source.pick((127, 128, 129, 300))):
            words += [b"0", b"%x" % (i * 7919)]
        return words
    for name in members(source, 6):
        words += [b"0", name]
    return words


def level_other(source: Source) -> Words:
    name = source.pick((b"ZLEXCOUNT", b"ZLEXCOUNT", b"ZREMRANGEBYLEX"))
    return cut(source, [name, source.pick(LEVEL), name_bound(source), name_bound(source)])


def names_of_mixed_scores(source: Source) -> Step:
    """Of a small set, ranges by name answer what is met on the way, whatever the scores are."""
    asked = [name_bound(source), name_bound(source)]
    scored: Words = []
    for name in MIXED_NAMES:
        scored += [source.pick((b"1", b"2", b"3")), name]
    return block(
        [
            [b"DEL", b"mixed"],
            [b"ZADD", b"mixed", *scored],
            [b"ZRANGEBYLEX", b"mixed", *asked],
            [b"ZREVRANGEBYLEX", b"mixed", *asked],
            [b"ZLEXCOUNT", b"mixed", *asked],
            [b"ZREMRANGEBYLEX", b"mixed", *asked],
            [b"ZRANGE", b"mixed", b"0", b"-1"],
            [b"DEL", b"mixed"],
        ],
        8,
    )


def count(source: Source) -> Words:
    return cut(source, [b"ZCOUNT", key(source), bound(source), bound(source)])


def remove_range(source: Source) -> Words:
    if source.chance(50):
        return cut(source, [b"ZREMRANGEBYRANK", key(source), rank(source), rank(source)])
    return cut(source, [b"ZREMRANGEBYSCORE", key(source), bound(source), bound(source)])


def store_range(source: Source) -> Words:
    if source.chance(50):
        words = [b"ZRANGESTORE", key(source), key(source), rank(source), rank(source)]
    else:
        words = [b"ZRANGESTORE", key(source), key(source), bound(source), bound(source)]
        words.append(spelled(source, b"BYSCORE"))
        if source.chance(40):
            words += limit(source)
    if source.chance(30):
        words.append(spelled(source, b"REV"))
    if source.chance(3):
        words.append(b"WITHSCORES")
    return words
