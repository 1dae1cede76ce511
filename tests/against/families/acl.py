"""Users, their rules, and what they are refused: three connections that change each other's rights.

The first connection stays the default user, so that the others can always be given rights again.
"""

from typing import Final

from tests.against.families.listeners import change_data
from tests.against.families.sort import FAMILY as SORT
from tests.against.families.streams import FAMILY as STREAMS
from tests.against.families.zsets import FAMILY as ZSETS
from tests.against.programs import LISTEN, Family, Maker, Step, Words, wrong_length
from tests.against.sources import Source

USERS: Final = (b"u", b"u", b"u", b"v", b"w")
COMMANDS: Final = (
    b"get", b"set", b"GET", b"mget", b"mset", b"del", b"incr", b"exists", b"ttl", b"copy", b"sort",
    b"publish", b"subscribe", b"psubscribe", b"ssubscribe", b"ping", b"acl", b"acl|whoami",
    b"acl|cat", b"acl|log", b"config", b"config|get", b"config|set", b"client", b"client|id",
    b"select", b"select|0", b"select|1", b"swapdb", b"move", b"multi", b"exec", b"auth", b"hello",
    b"object|encoding", b"xread", b"zunionstore", b"lmpop", b"rename", b"setrange", b"flushall",
    b"get|a", b"GET|B", b"nosuch", b"config|nosuch", b"config|get|x", b"select|", b"",
)  # fmt: skip
CATEGORIES: Final = (
    b"read", b"write", b"string", b"keyspace", b"fast", b"slow", b"pubsub", b"dangerous",
    b"connection", b"transaction", b"ALL", b"all", b"admin", b"list", b"hash", b"nosuch",
)  # fmt: skip
PATTERNS: Final = (
    b"a", b"b", b"c", b"*", b"a*", b"[ab]", b"?", b"{tag}*", b"", b"d", b"*b", b"a\\*", b"x y",
)  # fmt: skip
CHANNELS: Final = (b"a", b"b", b"a*", b"*", b"[ab]", b"ab")
PASSWORDS: Final = (b"p", b"q", b"", b"long" * 20)
HASHES: Final = (
    b"148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940",
    b"8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6ba57f7cf",
    b"148DE9C5A7A44D19E56CD9AE1A554BF67847AFB0C58F6E12FA29AC7DDFCA9940",
    b"abc",
)
SWITCHES: Final = (
    b"on", b"on", b"on", b"nopass", b"nopass", b"off", b"resetpass", b"reset", b"clearselectors",
    b"sanitize-payload", b"skip-sanitize-payload", b"ON", b"NoPass", b"", b"foo",
)  # fmt: skip
ALL_OR_NOTHING: Final = (
    b"allkeys", b"allkeys", b"resetkeys", b"~*", b"allchannels", b"resetchannels", b"&*",
    b"allcommands", b"allcommands", b"nocommands", b"+@all", b"+@all", b"+@all", b"-@all",
    b"alldbs", b"resetdbs", b"db=0", b"db=0,1", b"db=1", b"db=2,0,2", b"db=", b"db=x", b"db=1,",
    b"db=-1", b"DB=3", b"db=99999999999",
)  # fmt: skip


def of_selector(source: Source) -> bytes:
    """A rule that may stand in parentheses."""
    kind = source.number(0, 10)
    if kind <= 2:
        return source.pick(ALL_OR_NOTHING)
    if kind <= 5:
        return source.pick((b"+", b"+", b"-")) + source.pick(COMMANDS)
    if kind == 6:
        return source.pick((b"+@", b"-@")) + source.pick(CATEGORIES)
    if kind == 7:
        return b"&" + source.pick(CHANNELS)
    sign = source.pick((b"~", b"~", b"%R~", b"%W~", b"%RW~", b"%wr~", b"%~", b"%RR~", b"%X~"))
    pattern = source.pick(PATTERNS)
    if (sign, pattern) in ((b"%RW~", b"*"), (b"%wr~", b"*"), (b"%R~", b"*"), (b"%W~", b"*")):
        pattern = b"*a"  # both rights to * are written so that the line can be read again
    return sign + pattern


def rule(source: Source) -> list[bytes]:
    """A rule, now and then in several words."""
    kind = source.number(0, 12)
    if kind <= 3:
        return [source.pick(SWITCHES)]
    if kind == 4:
        return [source.pick((b">", b">", b"<")) + source.pick(PASSWORDS)]
    if kind == 5 and source.chance(40):
        return [source.pick((b"#", b"!")) + source.pick(HASHES)]
    if kind == 6:
        words = [of_selector(source) for _ in range(source.number(0, 4))]
        whole = b"(" + b" ".join(words) + source.pick((b")", b")", b")", b")", b""))
        return whole.split(b" ") if source.chance(30) else [whole]
    return [of_selector(source)]


def set_user(source: Source) -> Words:
    argv = [b"ACL", b"SETUSER", source.pick(USERS)]
    for _ in range(source.number(0, 4)):
        argv += rule(source)
    return argv


def make_user(source: Source) -> Words:
    """A user who may do something."""
    argv = [b"ACL", b"SETUSER", source.pick(USERS), b"reset", b"on", b"nopass"]
    argv += source.pick(
        (
            [b"+@all"],
            [b"+@all", b"-@dangerous"],
            [b"+@all", b"-get"],
            [b"+@read", b"+@write", b"+@connection"],
            [b"+@all", b"(+get", b"~b)"],
        )
    )
    argv += source.pick(([b"~*"], [b"~a"], [b"%R~*", b"%W~a"], [b"~a*", b"~b"], [b"%W~*"]))
    return argv + source.pick(([], [b"&*"], [b"&a*"], [b"db=0"], [b"db=0,1", b"&a"]))


def ask(source: Source) -> Words:
    what = source.number(0, 9)
    if what <= 1:
        return [b"ACL", b"LIST"]
    if what <= 3:
        return [b"ACL", b"GETUSER", source.pick((*USERS, b"default", b"nobody"))]
    if what == 4:
        return [b"ACL", source.pick((b"WHOAMI", b"USERS", b"CAT", b"whoami", b"nosuch"))]
    if what == 5:
        return [b"ACL", b"GENPASS", source.pick((b"1", b"5", b"256", b"4096", b"0", b"4097", b"x"))]
    if what == 6:
        return [b"ACL", b"CAT", source.pick((b"read", b"String", b"nosuch", b"all"))]
    count = source.pick(([], [b"3"], [b"100"], [b"0"], [b"-1"], [b"x"], [b"RESET"], [b"reset"]))
    return [b"ACL", b"LOG", *count]


def delete_user(source: Source) -> Words:
    names = [source.pick((*USERS, b"nobody")) for _ in range(source.number(1, 2))]
    return [b"ACL", b"DELUSER", *names, *([b"default"] if source.chance(10) else [])]


def come_in(source: Source) -> Words:
    user = source.pick((*USERS, *USERS, b"default", b"nobody"))
    password = source.pick(PASSWORDS)
    if source.chance(25):
        return [b"HELLO", source.pick((b"2", b"3")), b"AUTH", user, password]
    return [b"AUTH", user, password] if source.chance(90) else [b"AUTH", password]


def listen(source: Source) -> Words:
    name = source.pick((b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"UNSUBSCRIBE", b"PUBLISH"))
    if name == b"PUBLISH":
        return [name, source.pick(CHANNELS), b"x"]
    return [name, *[source.pick(CHANNELS) for _ in range(source.number(1, 2))]]


OTHERS: Final[list[Maker]] = [*SORT.makers, *STREAMS.makers, *ZSETS.makers]
WAITING: Final = (b"BLOCK",)


def data(source: Source) -> Words:
    """A request about keys, mostly one of those that rules are about."""
    kind = source.number(0, 9)
    if kind <= 3:
        return change_data(source)
    if kind == 4:
        argv = source.pick(OTHERS)(source)
        waits = argv[0].upper()[:2] == b"BZ" or any(word.upper() in WAITING for word in argv)
        return [b"DBSIZE"] if waits else argv
    return source.pick(
        (
            [b"GET", b"a"], [b"SET", b"a", b"1"], [b"SET", b"b", b"1", b"GET"], [b"GET", b"b"],
            [b"MGET", b"a", b"b"], [b"MSET", b"a", b"1", b"b", b"2"], [b"INCR", b"a"],
            [b"EXISTS", b"a", b"d"], [b"DEL", b"b"], [b"COPY", b"a", b"b"], [b"PING"],
            [b"COPY", b"a", b"b", b"DB", b"1"], [b"MOVE", b"a", b"1"], [b"SELECT", b"1"],
            [b"SELECT", b"0"], [b"SWAPDB", b"0", b"1"], [b"FLUSHALL"], [b"FLUSHDB"], [b"DBSIZE"],
            [b"KEYS", b"*"], [b"SORT", b"a", b"BY", b"x*"], [b"SORT", b"a", b"GET", b"b"],
            [b"SORT", b"a", b"STORE", b"b"], [b"SORT_RO", b"a", b"GET", b"#"], [b"CLIENT", b"ID"],
            [b"CONFIG", b"GET", b"acllog-max-len"], [b"OBJECT", b"REFCOUNT", b"a"],
            [b"RENAME", b"a", b"b"], [b"GETDEL", b"a"], [b"TTL", b"a"], [b"EXPIRE", b"a", b"9"],
            [b"XREAD", b"STREAMS", b"a", b"b", b"0", b"0"], [b"ZUNIONSTORE", b"a", b"1", b"b"],
            [b"BITFIELD", b"a", b"GET", b"u8", b"0"], [b"CONFIG"],
            [b"BITFIELD", b"a", b"SET", b"u8", b"0", b"1"],
            [b"GET"], [b"NOSUCH", b"a"], [b"ECHO", b"a"], [b"SINTERCARD", b"2", b"a"],
        )
    )[:]  # fmt: skip


def try_dry(source: Source) -> Words:
    made = source.pick((data, data, listen, ask))(source)
    return [b"ACL", b"DRYRUN", source.pick((*USERS, b"default", b"nobody")), *made]


def multi(source: Source) -> Words:
    return [source.pick((b"MULTI", b"EXEC", b"EXEC", b"DISCARD"))]


def leave(source: Source) -> Words:
    return [source.pick((b"RESET", b"RESET", b"PING"))]


def weighted(*makers: tuple[int, Maker]) -> list[Maker]:
    return [maker for weight, maker in makers for _ in range(weight)]


ADMIN: Final = weighted((14, set_user), (10, make_user), (8, ask), (2, delete_user), (8, try_dry))
USER: Final = weighted((26, data), (10, come_in), (6, listen), (7, multi), (4, ask), (2, leave))


def admin_step(source: Source) -> Step:
    """Of the default user's, on a connection that `draw_step` does not choose."""
    argv = source.pick(ADMIN)(source)
    return Step(0, LISTEN, (tuple(wrong_length(source, argv) if source.chance(2) else argv),), 0)


def user_step(source: Source) -> Step:
    requests = []
    for _ in range(source.number(2, 4) if source.chance(20) else 1):
        argv = source.pick(USER)(source)
        requests.append(tuple(wrong_length(source, argv) if source.chance(3) else argv))
    return Step(source.number(1, 2), LISTEN, tuple(requests), 0)


FAMILY: Final = Family(
    "acl",
    [],
    [(5, admin_step), (9, user_step)],
    steps_percent=100,
    alone=True,
    own_connections=True,
)
