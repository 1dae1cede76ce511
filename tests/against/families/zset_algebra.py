"""Requests that combine sorted sets, and plain sets."""

from tests.against.arguments import key, keys, small, spelled
from tests.against.families.zset_arguments import cut, members, numkeys, score
from tests.against.programs import Words
from tests.against.sources import Source


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
