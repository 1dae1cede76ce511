"""Requests about the connection itself: greeting, names, protocol, replies, leaving."""

from typing import Final

from tests.against.arguments import database, spelled, value
from tests.against.programs import QUIT, Family, Step, Words, block
from tests.against.sources import Source

NAMES: Final = (b"me", b"", b"two words", b"n\n", b"~tilde~", b"\x7f", b"caf\xc3\xa9", b"0")


def ping(source: Source) -> Words:
    words = [b"PING"]
    for _ in range(source.pick((0, 1, 1, 2))):
        words.append(value(source))
    return words


def echo(source: Source) -> Words:
    return [b"ECHO", value(source)]


def select(source: Source) -> Words:
    return [b"SELECT", database(source)]


def hello(source: Source) -> Words:
    words = [b"HELLO"]
    if source.chance(10):
        return words
    words.append(source.pick((b"2", b"3", b"3", b"3", b"1", b"4", b"abc", b"", b"-1")))
    for _ in range(source.pick((0, 0, 1, 1, 2))):
        option = source.pick((b"AUTH", b"SETNAME", b"FOO"))
        words.append(spelled(source, option))
        if option == b"AUTH":
            words += [source.pick((b"default", b"nobody")), source.pick((b"", b"secret"))]
        elif option == b"SETNAME":
            words.append(source.pick(NAMES))
    return words[:-1] if source.chance(10) else words


def auth(source: Source) -> Words:
    words = [b"AUTH", source.pick((b"default", b"nobody", b"", b"pass"))]
    if source.chance(60):
        words.append(source.pick((b"", b"secret")))
    return words


def reset(source: Source) -> Words:
    return [b"RESET"]


def name(source: Source) -> Words:
    if source.chance(40):
        return [b"CLIENT", b"GETNAME"]
    return [b"CLIENT", b"SETNAME", source.pick(NAMES)]


def setinfo(source: Source) -> Words:
    what = source.pick((b"LIB-NAME", b"LIB-VER", b"lib-name", b"FOO"))
    return [b"CLIENT", b"SETINFO", what, source.pick(NAMES)]


def switches(source: Source) -> Words:
    what = source.pick((b"NO-EVICT", b"NO-TOUCH"))
    return [b"CLIENT", what, source.pick((b"ON", b"OFF", b"on", b"maybe", b""))]


KILLS: Final = (
    [b"127.0.0.1:1"],
    [b"nonsense"],
    [b"ID", b"999999999"],
    [b"ID", b"abc"],
    [b"ID", b"0"],
    [b"ID", b"-1"],
    [b"TYPE", b"nosuch"],
    [b"TYPE", b"pubsub"],
    [b"TYPE", b"replica"],
    [b"ADDR", b"127.0.0.1:1"],
    [b"LADDR", b"127.0.0.1:1"],
    [b"USER", b"nobody"],
    [b"SKIPME", b"maybe"],
    [b"ID", b"999999999", b"SKIPME", b"no"],
    [b"ADDR"],
    [b"ADDR", b"127.0.0.1:1", b"ID"],
    [b"FOO", b"bar"],
    [b"MAXAGE", b"abc"],
    [b"MAXAGE", b"1000000"],
)


def kill(source: Source) -> Words:
    """Only what kills nobody."""
    return [b"CLIENT", b"KILL", *source.pick(KILLS)]


LISTS: Final[tuple[Words, ...]] = (
    [b"TYPE", b"nosuch"],
    [b"TYPE", b"pubsub"],
    [b"TYPE", b"replica"],
    [b"TYPE", b"master"],
    [b"TYPE"],
    [b"ID", b"999999999"],
    [b"ID", b"abc"],
    [b"ID", b"-1"],
    [b"ID"],
    [b"FOO"],
    [b"FOO", b"bar"],
    [],
    [b"TYPE", b"normal"],
)


def list_clients(source: Source) -> Words:
    return [b"CLIENT", b"LIST", *source.pick(LISTS)]


PLAIN: Final[tuple[Words, ...]] = (
    [b"ID"],
    [b"INFO"],
    [b"GETREDIR"],
    [b"TRACKINGINFO"],
    [b"UNPAUSE"],
    [b"PAUSE", b"abc"],
    [b"PAUSE", b"-1"],
    [b"PAUSE", b"0"],
    [b"PAUSE", b"0", b"WRITE"],
    [b"PAUSE", b"0", b"ALL"],
    [b"PAUSE", b"0", b"NONE"],
    [b"PAUSE"],
    [b"UNBLOCK", b"999999999"],
    [b"UNBLOCK", b"abc"],
    [b"UNBLOCK", b"999999999", b"ERROR"],
    [b"UNBLOCK", b"999999999", b"TIMEOUT"],
    [b"UNBLOCK", b"999999999", b"FOO"],
    [b"REPLY", b"maybe"],
    [b"REPLY"],
    [b"REPLY", b"ON"],
    [b"NOSUCH"],
    [b"NOSUCH", b"x"],
    [b"HELP"],
    [b"GETNAME", b"x"],
    [b"ID", b"x"],
    [],
)


def client(source: Source) -> Words:
    words = source.pick(PLAIN)
    return [b"CLIENT", *[spelled(source, word) for word in words]]


def silence(source: Source) -> Step:
    """CLIENT REPLY OFF and SKIP; not inside MULTI, so it starts with a DISCARD."""
    quiet = source.pick(
        (
            ([b"CLIENT", b"REPLY", b"OFF"], [b"SET", b"a", b"1"], [b"GET", b"a"]),
            ([b"CLIENT", b"REPLY", b"OFF"], [b"CLIENT", b"REPLY", b"SKIP"], [b"NOSUCH"]),
            ([b"client", b"reply", b"off"], [b"ECHO"], [b"CLIENT", b"REPLY", b"OFF"]),
        )
    )
    if source.chance(50):
        return block([[b"DISCARD"], *quiet, [b"CLIENT", b"REPLY", b"ON"], [b"PING"]], 3)
    skipped = source.pick(([b"INCR", b"a"], [b"NOSUCH"], [b"SET", b"a"], [b"PING"]))
    return block([[b"DISCARD"], [b"CLIENT", b"REPLY", b"SKIP"], skipped, [b"PING"]], 2)


def leave(source: Source) -> Step:
    words = (b"QUIT", b"now") if source.chance(30) else (b"QUIT",)
    return Step(0, QUIT, (words,), 1)


FAMILY: Final = Family(
    "connection",
    [
        (4, ping),
        (3, echo),
        (3, select),
        (5, hello),
        (3, auth),
        (2, reset),
        (4, name),
        (3, setinfo),
        (2, switches),
        (4, kill),
        (3, list_clients),
        (5, client),
    ],
    steps=[(2, silence), (1, leave)],
    connections=2,
)
