"""Requests of the sorted set commands; several clients where some of them wait."""

from typing import Final

from tests.against.arguments import NO_NUMBERS, key, keys, pattern, small, spelled, value
from tests.against.programs import LEAVE, Family, Step, Words, block, talk, walk
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
TIMEOUTS: Final = (b"0", b"100", b"50.5")
AT_ONCE: Final = (b"0.001", b"0.01")
ODD_TIMEOUTS: Final = (b"-1", b"abc", b"", b"inf", b"nan", b"1e300", b"9223372036854775807")
WAITERS: Final = 3
FIRST_SPEAKER: Final = 10
TELLER: Final = 20


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


def rank(source: Source) -> bytes:
    return source.pick(NO_NUMBERS) if source.chance(6) else source.pick(RANKS)


def bound(source: Source) -> bytes:
    if source.chance(5):
        return source.pick(NO_BOUNDS)
    return source.pick(BOUNDS) if source.chance(40) else source.pick(SCORES)


def name_bound(source: Source) -> bytes:
    return source.pick(NO_NAMES) if source.chance(5) else source.pick(NAMES)


def pairs(source: Source, most: int = 4) -> Words:
    words: Words = []
    for _ in range(source.number(1, most)):
        words += [score(source), member(source)]
    return words


# -- members ---------------------------------------------------------------------------------------


def add(source: Source) -> Words:
    return cut(source, [b"ZADD", key(source), *pairs(source)])


def add_with_options(source: Source) -> Words:
    words = [b"ZADD", key(source)]
    for _ in range(source.number(1, 3)):
        word = source.pick((b"NX", b"XX", b"GT", b"LT", b"CH", b"CH", b"INCR"))
        words.append(spelled(source, word))
    return cut(source, [*words, *pairs(source, source.pick((1, 1, 3)))])


def add_many(source: Source) -> Words:
    """Around the number at which a set is packed no more."""
    count = source.pick((60, 126, 128, 129, 140, 400))
    words = [b"ZADD", key(source)]
    kind = source.number(0, 3)
    for i in range(count):
        at = (b"%d" % i, b"%d" % (-i), b"%d" % (i * 7919 % 101), b"%d.5" % (i % 7))[kind]
        words += [at, b"member:%d" % (i if kind < 2 else i * 31 % 997)]
    return words


def increment(source: Source) -> Words:
    return cut(source, [b"ZINCRBY", key(source), score(source), member(source)])


def remove(source: Source) -> Words:
    return cut(source, [b"ZREM", key(source), *members(source)])


def ask(source: Source) -> Words:
    name = source.pick((b"ZSCORE", b"ZMSCORE", b"ZCARD"))
    more = [] if name == b"ZCARD" else members(source, 1 if name == b"ZSCORE" else 4)
    return cut(source, [name, key(source), *more])


def ask_rank(source: Source) -> Words:
    words = [source.pick((b"ZRANK", b"ZREVRANK")), key(source), member(source)]
    if source.chance(40):
        words.append(spelled(source, source.pick((b"WITHSCORE", b"WITHSCORE", b"WITHSCORES"))))
    return words


def draw(source: Source) -> Words:
    words = [b"ZRANDMEMBER", key(source)]
    if source.chance(85):
        words.append(
            source.pick((b"0", b"1", b"1000", b"-1", b"-3", b"9223372036854775807"))
            if source.chance(85)
            else source.pick((b"-9223372036854775808", b"", b"abc"))
        )
        if source.chance(40):
            words.append(spelled(source, source.pick((b"WITHSCORES", b"WITHSCORES", b"FOO"))))
    return words


def scan_options(source: Source) -> Words:
    words: Words = []
    for _ in range(source.pick((0, 1, 1, 2))):
        option = source.pick((b"MATCH", b"COUNT", b"COUNT", b"NOSCORES", b"FOO"))
        words.append(spelled(source, option))
        if option == b"MATCH":
            words.append(pattern(source))
        elif option == b"COUNT":
            words.append(source.pick((b"1000", b"1", b"0", b"-1", b"abc")))
    return words


def scan(source: Source) -> Words:
    cursor = source.pick((b"abc", b"-1", b"")) if source.chance(15) else b"0"
    return [b"ZSCAN", key(source), cursor, *scan_options(source)]


def scan_to_the_end(source: Source) -> Step:
    return walk([b"ZSCAN", key(source), b"0", *scan_options(source)])


# -- ranges ----------------------------------------------------------------------------------------


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


# -- popping ---------------------------------------------------------------------------------------


def pop(source: Source) -> Words:
    words = [source.pick((b"ZPOPMIN", b"ZPOPMAX")), key(source)]
    if source.chance(50):
        words.append(small(source) if source.chance(80) else source.pick((b"100", b"abc", b"-1")))
    return words


def numkeys(source: Source, names: Words) -> Words:
    if source.chance(5):
        return [source.pick((b"0", b"-1", b"abc", b"5", b"")), *names]
    return [b"%d" % len(names), *names]


def end_and_count(source: Source) -> Words:
    words = [spelled(source, source.pick((b"MIN", b"MAX")))]
    if source.chance(3):
        words = [source.pick((b"FOO", b"COUNT"))]
    if source.chance(40):
        words += [spelled(source, b"COUNT"), small(source)]
    return words


def pop_first(source: Source) -> Words:
    return cut(source, [b"ZMPOP", *numkeys(source, keys(source)), *end_and_count(source)])


def waiting(source: Source, timeout: bytes) -> Words:
    kind = source.pick((b"BZPOPMIN", b"BZPOPMAX", b"BZMPOP"))
    if kind == b"BZMPOP":
        return [kind, timeout, *numkeys(source, keys(source)), *end_and_count(source)]
    return [kind, *keys(source), timeout]


def at_once(source: Source) -> Words:
    """What waits is over before anything else is seen; timeouts that are none are refused."""
    return waiting(source, source.pick(ODD_TIMEOUTS if source.chance(15) else AT_ONCE))


def says(source: Source, stores: bool) -> Words:
    """What somebody who does not wait says while others do.

    Valkey serves nobody when a sorted set is stored in the place of another value, so where there
    are stores there are no other values.
    """
    name, other = key(source), key(source)
    if source.chance(20):
        if stores:
            return source.pick((store(source), store_range(source)))
        return source.pick(([b"SET", name, b"string"], [b"SADD", name, b"member"]))[:]
    return source.pick(
        (
            add(source),
            add(source),
            add_with_options(source),
            increment(source),
            pop(source),
            remove(source),
            [b"RENAME", name, other],
            [b"COPY", name, other, b"REPLACE"],
            [b"DEL", name],
            [b"SWAPDB", b"0", b"1"],
            [b"FLUSHALL"],
        )
    )


def conversation(source: Source) -> Step:
    """Several clients wait; another one adds, also within MULTI; some leave."""
    speakers: list[int] = [TELLER]
    requests: list[Words | tuple[bytes, ...]] = [[b"FLUSHALL"]]
    in_multi = False
    stores = source.chance(50)
    for _ in range(source.number(3, 16)):
        if source.chance(45) and not in_multi:
            speakers.append(FIRST_SPEAKER + source.number(0, WAITERS - 1))
            requests.append(LEAVE if source.chance(8) else waiting(source, source.pick(TIMEOUTS)))
            continue
        speakers.append(TELLER)
        if source.chance(15):
            requests.append([b"EXEC" if in_multi else b"MULTI"])
            in_multi = not in_multi
        elif in_multi and source.chance(20):
            requests.append(waiting(source, b"0"))
        else:
            requests.append(says(source, stores))
    if in_multi:
        speakers.append(TELLER)
        requests.append([b"EXEC"])
    return talk(speakers, requests)


# -- combining -------------------------------------------------------------------------------------


def how(source: Source, count: int, weighs: bool) -> Words:
    words: Words = []
    if source.chance(40 if weighs else 4):
        weights = count + (source.pick((-1, 1)) if source.chance(4) else 0)
        words += [spelled(source, b"WEIGHTS"), *[score(source) for _ in range(weights)]]
    if source.chance(40 if weighs else 4):
        kind = source.pick((b"SUM", b"MIN", b"MAX")) if source.chance(96) else b"FOO"
        words += [spelled(source, b"AGGREGATE"), spelled(source, kind)]
    return words


def combine(source: Source) -> Words:
    names = keys(source)
    name = source.pick((b"ZUNION", b"ZINTER", b"ZDIFF"))
    words = [name, *numkeys(source, names), *how(source, len(names), name != b"ZDIFF")]
    if source.chance(60):
        words.append(spelled(source, b"WITHSCORES"))
    return cut(source, words)


def store(source: Source) -> Words:
    names = keys(source)
    name = source.pick((b"ZUNIONSTORE", b"ZINTERSTORE", b"ZDIFFSTORE"))
    words = [name, key(source), *numkeys(source, names)]
    words += how(source, len(names), name != b"ZDIFFSTORE")
    if source.chance(2):
        words.append(b"WITHSCORES")
    return cut(source, words)


def count_common(source: Source) -> Words:
    words = [b"ZINTERCARD", *numkeys(source, keys(source))]
    if source.chance(50):
        words += [spelled(source, b"LIMIT"), small(source)]
    return cut(source, words)


def plain_set(source: Source) -> Words:
    return [b"SADD", key(source), *members(source)]


def other(source: Source) -> Words:
    """What meets sorted sets from elsewhere."""
    return source.pick(
        (
            [b"SET", key(source), value(source)],
            [b"DEL", key(source)],
            [b"TYPE", key(source)],
            [b"OBJECT", b"ENCODING", key(source)],
            [b"RENAME", key(source), key(source)],
            [b"COPY", key(source), key(source), b"REPLACE"],
            [b"PEXPIREAT", key(source), source.pick((b"4102444800000", b"1"))],
            [b"GET", key(source)],
        )
    )


FAMILY: Final = Family(
    "zsets",
    [
        (10, add),
        (6, add_with_options),
        (3, add_many),
        (5, increment),
        (4, remove),
        (4, ask),
        (4, ask_rank),
        (2, draw),
        (2, scan),
        (5, range_),
        (6, range_by_score),
        (3, level_range),
        (2, level_add),
        (2, level_other),
        (3, count),
        (4, remove_range),
        (4, store_range),
        (4, pop),
        (2, pop_first),
        (1, at_once),
        (4, combine),
        (4, store),
        (2, count_common),
        (2, plain_set),
        (4, other),
    ],
    steps=[(2, conversation), (1, scan_to_the_end), (1, names_of_mixed_scores)],
    steps_percent=5,
)
