"""Requests about members of sorted sets and their scores."""

from tests.against.arguments import key, pattern, spelled
from tests.against.families.zset_arguments import cut, member, members, pairs, score
from tests.against.programs import Step, Words, walk
from tests.against.sources import Source


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
