"""Requests of the stream commands. IDs are explicit: those made of the clock would differ."""

from typing import Final

from tests.against.arguments import NO_NUMBERS, key, keys, small, spelled, value
from tests.against.programs import Family, Words
from tests.against.sources import Source

STREAMS: Final = (b"s", b"s", b"s", b"s", b"t", b"{tag}s")
GROUPS: Final = (b"g", b"g", b"g", b"h", b"nobody")
CONSUMERS: Final = (b"alice", b"alice", b"bob", b"carol", b"")
FIELDS: Final = (b"f", b"g", b"name", b"17", b"-5000", b"")
ODD_IDS: Final = (
    b"-",
    b"+",
    b"$",
    b">",
    b"*",
    b"0",
    b"0-0",
    b"0-1",
    b"1-",
    b"-1",
    b"1-1-1",
    b"1-*",
    b"abc",
    b"",
    b" 1",
    b"+1",
    b"01-01",
    b"1--1",
    b"1-+1",
    b"18446744073709551615",
    b"18446744073709551615-18446744073709551615",
    b"18446744073709551615-18446744073709551614",
    b"18446744073709551616-0",
    b"9223372036854775807-0",
    b"9223372036854775808-1",
    b"1-18446744073709551615",
    b"5-9223372036854775808",
    b"(1-1",
    b"(",
    b"1" * 128,
    b"1-" + b"0" * 130,
)
ODD_BOUNDS: Final = (
    b"(-",
    b"(+",
    b"(0-0",
    b"(18446744073709551615-18446744073709551615",
    b"(3",
    b"(18446744073709551615",
)
# Nothing may depend on how long a test takes: idle times are none or very long.
IDLE: Final = (b"0", b"0", b"0", b"1000000", b"-1")
LONG_IDLE: Final = (b"0", b"5000000", b"100000000000000", b"-5", b"9223372036854775807")


def stream(source: Source) -> bytes:
    return key(source) if source.chance(6) else source.pick(STREAMS)


def some_id(source: Source) -> bytes:
    """An ID that an entry may have, now and then none."""
    if source.chance(8):
        return source.pick(ODD_IDS)
    if source.chance(15):
        return b"%d" % source.number(0, 12)
    return b"%d-%d" % (source.number(1, 12), source.number(0, 3))


def ids(source: Source) -> Words:
    return [some_id(source) for _ in range(source.number(1, 4))]


def new_id(source: Source) -> bytes:
    """An ID for a new entry: never one that is made of the clock."""
    if source.chance(25):
        word = some_id(source)
        return b"3-3" if word == b"*" else word
    if source.chance(30):
        return b"12-*"
    return b"%d-*" % source.number(1, 12)


def bound(source: Source) -> bytes:
    if source.chance(30):
        return source.pick((b"-", b"+"))
    if source.chance(10):
        return source.pick(ODD_BOUNDS)
    word = some_id(source)
    return b"(" + word if source.chance(15) else word


def count(source: Source) -> bytes:
    if source.chance(10):
        return source.pick((*NO_NUMBERS, b"9223372036854775807", b"-5"))
    return b"%d" % source.number(0, 6)


def trim(source: Source) -> Words:
    if source.chance(6):
        return [spelled(source, source.pick((b"LIMIT", b"MAXLEN", b"MINID")))]
    strategy = source.pick((b"MAXLEN", b"MINID"))
    words = [spelled(source, strategy)]
    operator = source.pick((b"", b"", b"=", b"~", b"~"))
    if operator:
        words.append(operator)
    if strategy == b"MINID":
        words.append(some_id(source))
    elif source.chance(10):
        words.append(small(source))
    else:
        words.append(b"%d" % source.number(0, 12))
    if source.chance(40 if operator == b"~" else 5):
        words += [spelled(source, b"LIMIT"), count(source)]
    return words


def fields(source: Source) -> Words:
    if source.chance(50):
        return [b"f", value(source), b"name", value(source)]
    words: Words = []
    for _ in range(source.number(1, 4)):
        words += [source.pick(FIELDS), value(source)]
    return words[:-1] if source.chance(3) else words


def xadd(source: Source) -> Words:
    return [b"XADD", stream(source), new_id(source), *fields(source)]


def xadd_options(source: Source) -> Words:
    words = [b"XADD", stream(source)]
    for _ in range(source.pick((0, 1, 1, 1, 2))):
        if source.chance(20):
            words.append(spelled(source, b"NOMKSTREAM"))
        else:
            words += trim(source)
    return [*words, new_id(source), *fields(source)]


def xtrim(source: Source) -> Words:
    words = [b"XTRIM", stream(source), *trim(source)]
    return words + trim(source) if source.chance(4) else words


def xlen(source: Source) -> Words:
    return [b"XLEN", stream(source)]


def xdel(source: Source) -> Words:
    return [b"XDEL", stream(source), *ids(source)]


def xrange(source: Source) -> Words:
    words = [source.pick((b"XRANGE", b"XREVRANGE")), stream(source), bound(source), bound(source)]
    if source.chance(50):
        words += [spelled(source, b"COUNT"), count(source)]
    return [*words, b"COUNT"] if source.chance(3) else words


def xsetid(source: Source) -> Words:
    words = [b"XSETID", stream(source), some_id(source)]
    for _ in range(source.pick((0, 0, 1, 2))):
        if source.chance(50):
            words += [spelled(source, b"ENTRIESADDED"), small(source)]
        else:
            words += [spelled(source, b"MAXDELETEDID"), some_id(source)]
    return words


def read_options(source: Source) -> Words:
    words: Words = []
    if source.chance(50):
        words += [spelled(source, b"COUNT"), count(source)]
    if source.chance(8):
        waits = source.pick((b"1", b"1", b"-1", b"abc", b"9223372036854775807"))
        words += [spelled(source, b"BLOCK"), waits]
    return words


def streams_and(source: Source, chosen: Words) -> Words:
    words = [spelled(source, b"STREAMS"), *[stream(source) for _ in chosen], *chosen]
    return words[:-1] if source.chance(2) else words


def xread(source: Source) -> Words:
    words = [b"XREAD", *read_options(source)]
    if source.chance(3):
        words += source.pick(([b"NOACK"], [b"GROUP", b"g", b"alice"], [b"FOO"]))
    chosen = []
    for _ in range(source.pick((1, 1, 1, 2, 3))):
        chosen.append(
            source.pick((b"$", b"+", b"0", b"0")) if source.chance(50) else some_id(source)
        )
    return [*words, *streams_and(source, chosen)]


def xreadgroup(source: Source) -> Words:
    words = [b"XREADGROUP"]
    if not source.chance(2):
        words += [spelled(source, b"GROUP"), source.pick(GROUPS), source.pick(CONSUMERS)]
    words += read_options(source)
    if source.chance(15):
        words.append(spelled(source, b"NOACK"))
    chosen = []
    for _ in range(source.pick((1, 1, 1, 2, 2))):
        chosen.append(b">" if source.chance(65) else source.pick((b"0", b"0", some_id(source))))
    return [*words, *streams_and(source, chosen)]


def entries_read(source: Source) -> Words:
    return [spelled(source, b"ENTRIESREAD"), small(source)] if source.chance(25) else []


def xgroup_create(source: Source) -> Words:
    at = source.pick((b"0", b"0", b"$", some_id(source)))
    words = [b"XGROUP", spelled(source, b"CREATE"), stream(source), source.pick(GROUPS), at]
    if source.chance(40):
        words.append(spelled(source, b"MKSTREAM"))
    return words + entries_read(source)


def xgroup(source: Source) -> Words:
    name = source.pick((b"SETID", b"SETID", b"DESTROY", b"CREATECONSUMER", b"DELCONSUMER", b"FOO"))
    words = [b"XGROUP", spelled(source, name), stream(source), source.pick(GROUPS)]
    if name == b"SETID":
        words += [source.pick((b"0", b"$", b"-", some_id(source))), *entries_read(source)]
    elif name != b"DESTROY":
        words.append(source.pick(CONSUMERS))
    return [b"XGROUP", b"HELP"] if source.chance(2) else words


def xack(source: Source) -> Words:
    return [b"XACK", stream(source), source.pick(GROUPS), *ids(source)]


def xclaim(source: Source) -> Words:
    words = [b"XCLAIM", stream(source), source.pick(GROUPS), source.pick(CONSUMERS)]
    words += [source.pick((*IDLE, b"abc")), *ids(source)]
    for _ in range(source.pick((0, 1, 1, 2))):
        option = source.pick(
            (b"IDLE", b"TIME", b"RETRYCOUNT", b"FORCE", b"FORCE", b"JUSTID", b"LASTID")
        )
        words.append(spelled(source, option))
        if option in (b"IDLE", b"TIME"):
            words.append(
                source.pick(LONG_IDLE if option == b"IDLE" else (b"0", b"1000", b"-1", b"x"))
            )
        elif option == b"RETRYCOUNT":
            words.append(small(source))
        elif option == b"LASTID":
            words.append(some_id(source))
    return [*words, b"FOO"] if source.chance(3) else words


def xautoclaim(source: Source) -> Words:
    words = [b"XAUTOCLAIM", stream(source), source.pick(GROUPS), source.pick(CONSUMERS)]
    words += [source.pick(IDLE), bound(source)]
    if source.chance(40):
        words += [spelled(source, b"COUNT"), source.pick((b"1", b"2", b"5", b"0", b"-1", b"abc"))]
    if source.chance(40):
        words.append(spelled(source, b"JUSTID"))
    return words


def xpending(source: Source) -> Words:
    words = [b"XPENDING", stream(source), source.pick(GROUPS)]
    if source.chance(30):
        return words
    if source.chance(25):
        words += [spelled(source, b"IDLE"), source.pick((*IDLE, b"abc", b"-9223372036854775808"))]
    words += [bound(source), bound(source), count(source)]
    if source.chance(40):
        words.append(source.pick(CONSUMERS))
    return words


def xinfo(source: Source) -> Words:
    name = source.pick((b"STREAM", b"STREAM", b"GROUPS", b"CONSUMERS", b"FOO"))
    words = [b"XINFO", spelled(source, name), stream(source)]
    if name == b"CONSUMERS":
        words.append(source.pick(GROUPS))
    elif name == b"STREAM" and source.chance(60):
        words.append(spelled(source, b"FULL"))
        if source.chance(60):
            words += [spelled(source, b"COUNT"), count(source)]
    return [b"XINFO", b"HELP"] if source.chance(2) else words


def about_key(source: Source) -> Words:
    name = source.pick(
        (b"TYPE", b"OBJECT ENCODING", b"EXISTS", b"DEL", b"PERSIST", b"COPY", b"RENAME")
    )
    words = [*name.split(b" "), stream(source)]
    if name in (b"COPY", b"RENAME"):
        words.append(stream(source))
    return words


def digest(source: Source) -> Words:
    return [b"DEBUG", b"DIGEST-VALUE", *[source.pick(STREAMS) for _ in range(2)]]


def other_value(source: Source) -> Words:
    return [b"SET", source.pick((*keys(source), b"t")), value(source)]


def node_sizes(source: Source) -> Words:
    """Small nodes, so that there are many."""
    if source.chance(30):
        sizes = (b"0", b"4096", b"100", b"200")
        return [b"CONFIG", b"SET", b"stream-node-max-bytes", source.pick(sizes)]
    entries = (b"1", b"2", b"3", b"5", b"0", b"100")
    return [b"CONFIG", b"SET", b"stream-node-max-entries", source.pick(entries)]


FAMILY: Final = Family(
    "streams",
    [
        (16, xadd),
        (8, xadd_options),
        (5, xtrim),
        (1, xlen),
        (6, xdel),
        (6, xrange),
        (2, xsetid),
        (5, xread),
        (10, xreadgroup),
        (6, xgroup_create),
        (4, xgroup),
        (4, xack),
        (5, xclaim),
        (4, xautoclaim),
        (4, xpending),
        (6, xinfo),
        (1, about_key),
        (1, digest),
        (1, other_value),
        (2, node_sizes),
    ],
)
