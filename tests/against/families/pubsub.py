"""Subscribing, publishing, and what a subscriber may do."""

from typing import Final

from tests.against.families.listeners import multi, step_of
from tests.against.programs import Family, Words
from tests.against.sources import Source

CHANNELS: Final = (b"a", b"a", b"b", b"ab", b"", b"{tag}x", b"a\x00\r\n\xff")
PATTERNS: Final = (b"a*", b"*", b"[ab]", b"?", b"", b"\\a", b"a", b"*x", b"[^a]", b"**b")
MESSAGES: Final = (b"hello", b"", b"1", b"line\r\nbreak\x00", b"x" * 20_000)


def some(source: Source, of: tuple[bytes, ...], least: int = 1) -> Words:
    return [source.pick(of) for _ in range(source.number(least, 3))]


def subscribe(source: Source) -> Words:
    return [source.pick((b"SUBSCRIBE", b"SSUBSCRIBE")), *some(source, CHANNELS)]


def psubscribe(source: Source) -> Words:
    return [b"PSUBSCRIBE", *some(source, PATTERNS)]


def unsubscribe(source: Source) -> Words:
    return [source.pick((b"UNSUBSCRIBE", b"SUNSUBSCRIBE")), *some(source, CHANNELS, 0)]


def punsubscribe(source: Source) -> Words:
    return [b"PUNSUBSCRIBE", *some(source, PATTERNS, 0)]


def publish(source: Source) -> Words:
    return [source.pick((b"PUBLISH", b"SPUBLISH")), source.pick(CHANNELS), source.pick(MESSAGES)]


def ask(source: Source) -> Words:
    what = source.number(0, 4)
    if what == 0:
        return [b"PUBSUB", b"CHANNELS", *some(source, PATTERNS, 0)]
    if what == 1:
        return [b"PUBSUB", b"SHARDCHANNELS", *some(source, PATTERNS, 0)]
    if what == 2:
        return [b"PUBSUB", b"NUMPAT"]
    return [
        b"PUBSUB",
        source.pick((b"NUMSUB", b"SHARDNUMSUB", b"nosuch")),
        *some(source, CHANNELS, 0),
    ]


def ping(source: Source) -> Words:
    return source.pick(([b"PING"], [b"PING", b"hi"], [b"ECHO", b"x"], [b"GET", b"a"]))[:]


def protocol(source: Source) -> Words:
    return source.pick(([b"HELLO", b"2"], [b"HELLO", b"3"], [b"RESET"]))[:]


def about_clients(source: Source) -> Words:
    return source.pick(
        (
            [b"CLIENT", b"INFO"],
            [b"CLIENT", b"LIST", b"TYPE", b"pubsub"],
            [b"CLIENT", b"LIST", b"FLAGS", b"P"],
            [b"CLIENT", b"KILL", b"TYPE", b"pubsub", b"SKIPME", b"yes"],
            [b"CLIENT", b"KILL", b"ID", b"{id:1}"],
        )
    )[:]


def silence(source: Source) -> Words:
    return [b"CLIENT", b"REPLY", source.pick((b"ON", b"ON", b"OFF", b"SKIP"))]


FAMILY: Final = Family(
    "pubsub",
    [],
    [
        (
            1,
            step_of(
                [
                    (8, subscribe),
                    (5, psubscribe),
                    (3, unsubscribe),
                    (2, punsubscribe),
                    (14, publish),
                    (4, ask),
                    (3, ping),
                    (2, protocol),
                    (2, about_clients),
                    (3, silence),
                    (6, multi),
                ]
            ),
        )
    ],
    connections=3,
    steps_percent=100,
    alone=True,
)
