"""Client-side caching: reads and writes of clients that are told of changes."""

from typing import Final

from tests.against.families.listeners import change_data, multi, step_of
from tests.against.families.pubsub import about_clients, protocol
from tests.against.programs import Family, Words
from tests.against.sources import Source

PREFIXES: Final = (b"a", b"b", b"", b"{tag}", b"{", b"ab", b"c")
OPTIONS: Final = (b"OPTIN", b"OPTOUT", b"NOLOOP", b"NOLOOP", b"BCAST", b"BCAST", b"nosuch")


def track(source: Source) -> Words:
    argv = [b"CLIENT", b"TRACKING", source.pick((b"ON", b"ON", b"ON", b"ON", b"OFF", b"maybe"))]
    while source.chance(35):
        argv.append(source.pick(OPTIONS))
    while source.chance(10):
        argv += [b"PREFIX", source.pick(PREFIXES)]
    if source.chance(15):
        argv += [
            b"REDIRECT",
            source.pick((b"{id:0}", b"{id:1}", b"{id:2}", b"x", b"0", b"99999999")),
        ]
    return argv


def track_prefix(source: Source) -> Words:
    argv = [b"CLIENT", b"TRACKING", b"ON", b"BCAST"]
    for _ in range(source.number(1, 3)):
        argv += [b"PREFIX", source.pick(PREFIXES)]
    return argv + ([b"NOLOOP"] if source.chance(30) else [])


def stop(source: Source) -> Words:
    return [b"CLIENT", b"TRACKING", b"OFF"]


def choose(source: Source) -> Words:
    return [b"CLIENT", b"CACHING", source.pick((b"YES", b"YES", b"NO", b"maybe"))]


def ask(source: Source) -> Words:
    return [b"CLIENT", source.pick((b"TRACKINGINFO", b"TRACKINGINFO", b"GETREDIR", b"INFO"))]


def listen(source: Source) -> Words:
    return [source.pick((b"SUBSCRIBE", b"SUBSCRIBE", b"UNSUBSCRIBE")), b"__redis__:invalidate"]


def read(source: Source) -> Words:
    return source.pick(
        (
            [b"GET", b"a"],
            [b"MGET", b"a", b"b", b"c"],
            [b"GET", b"b"],
            [b"TTL", b"a"],
            [b"TYPE", b"b"],
        )
    )[:]


def write(source: Source) -> Words:
    return source.pick(
        (
            [b"SET", b"a", b"1"],
            [b"MSET", b"a", b"1", b"b", b"2", b"{tag}x", b"3"],
            [b"DEL", b"a", b"b"],
            [b"PEXPIREAT", b"a", b"1"],
            [b"SET", b"c", b"1"],
        )
    )[:]


def everything(source: Source) -> Words:
    return source.pick(([b"FLUSHALL"], [b"FLUSHDB"], [b"SWAPDB", b"0", b"1"], [b"SELECT", b"1"]))[:]


FAMILY: Final = Family(
    "tracking",
    [],
    [
        (
            1,
            step_of(
                [
                    (12, track),
                    (4, track_prefix),
                    (2, stop),
                    (4, choose),
                    (4, ask),
                    (4, listen),
                    (16, read),
                    (14, write),
                    (20, change_data),
                    (2, everything),
                    (2, protocol),
                    (1, about_clients),
                    (6, multi),
                ]
            ),
        )
    ],
    connections=3,
    steps_percent=100,
    alone=True,
)
