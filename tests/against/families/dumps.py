"""Requests of DUMP and RESTORE: payloads that are known, sound ones and others, and what they hold.

Dumps themselves are not compared: which of several spellings a server chooses is its own business.
"""

from typing import Final

from tests.against.arguments import key
from tests.against.programs import Family, Words
from tests.against.sources import Source
from tests.support.dumps import (
    OLD_FORMS,
    VALKEY,
    body_of,
    doubles,
    intset,
    length,
    listpack,
    seal,
    text,
    texts,
    ziplist,
)

# Forms that Valkey does not know.
NOT_VALKEYS: Final = ("7.4", "Dragonfly")
FORMS: Final = [
    payload
    for name, payload in OLD_FORMS.items()
    if not any(other in name for other in NOT_VALKEYS)
]
CAPTURED: Final = [
    # as Redis 7.0 and Valkey 9 have dumped them
    bytes.fromhex("00c00a0a006e9f57450eae63bb"),
    seal(b"\x12\x01\x02" + text(listpack([b"a", b"1", b"-300"])), 10),
    seal(b"\x12\x02\x01" + text(b"x" * 9000) + b"\x02" + text(listpack([b"y"])), 10),
    seal(b"\x10" + text(listpack([b"f", b"v", b"g", b"70000"])), 10),
    seal(b"\x11" + text(listpack([b"d", b"-inf", b"b", b"0.5", b"a", b"1"])), 10),
    seal(b"\x14" + text(listpack([b"b", b"a", b"17"])), 11),
]
LARGE: Final = [
    seal(b"\x02" + length(600) + texts([b"%d" % n for n in range(600)])),
    seal(b"\x02" + length(200) + texts([b"m%d" % n for n in range(200)])),
    seal(b"\x05" + length(200) + doubles([(b"m%d" % n, n / 2) for n in range(200)])),
    seal(b"\x04" + length(600) + texts([b"%d" % n for n in range(1200)])),
    seal(b"\x0a" + text(ziplist([b"%d" % n for n in range(3000)]))),
    seal(b"\x14" + text(listpack([b"%d" % n for n in range(200)])), 11),
    seal(b"\x10" + text(listpack([b"%d" % n for n in range(1200)])), 10),
    seal(b"\x11" + text(listpack([b"%d" % (n // 2) for n in range(0, 400)])), 10),
]
BAD: Final = [
    b"",
    b"short",
    bytes(10),
    seal(b"\x00\x03abc", 13),
    seal(b"\x00\x03abc", 81),
    seal(b"\x00\x03abc")[:-1] + b"?",
    seal(b"\x00\x50abc"),
    seal(b"\x01\x00"),
    seal(b"\x02\x00"),
    seal(b"\x04\x00"),
    seal(b"\x05\x00"),
    seal(b"\x02\x02" + texts([b"a", b"a"])),
    seal(b"\x04\x02" + texts([b"a", b"a", b"a", b"b"])),
    seal(b"\x05\x02" + doubles([(b"a", 1), (b"a", 2)])),
    seal(b"\x05\x01" + doubles([(b"a", float("nan"))])),
    seal(b"\x06\x00"),
    seal(b"\x08\x00"),
    seal(b"\x7f\x00"),
    seal(b"\x0b" + text(intset(2, []))),
    seal(b"\x0b" + text(intset(2, [1, 2])[:-1])),
    seal(b"\x0a" + text(ziplist([b"a", b"b"])[:-2])),
    seal(b"\x10" + text(listpack([b"f"])), 10),
    seal(b"\x14" + text(listpack([])), 11),
    seal(b"\x16\x01" + texts([b"f", b"v"]) + b"\xfe" + b"\xff" * 7, VALKEY),
]
TTLS: Final = (b"0", b"0", b"0", b"100000", b"-1", b"x", b"9223372036854775807")
OPTIONS: Final = (
    [b"REPLACE"],
    [b"ABSTTL"],
    [b"IDLETIME", b"100"],
    [b"FREQ", b"7"],
    [b"IDLETIME", b"-1"],
    [b"IDLETIME", b"x"],
    [b"IDLETIME"],
    [b"FREQ", b"256"],
    [b"FREQ"],
    [b"KEEPTTL"],
)


def options(source: Source) -> Words:
    words: Words = [b"REPLACE"] if source.chance(60) else []
    while source.chance(25):
        words += source.pick(OPTIONS)
    return words


def restored(source: Source, payloads: list[bytes]) -> Words:
    ttl = source.pick(TTLS)
    return [b"RESTORE", key(source), ttl, source.pick(payloads), *options(source)]


def restore_form(source: Source) -> Words:
    return restored(source, FORMS + CAPTURED)


def restore_large(source: Source) -> Words:
    return restored(source, LARGE)


def restore_bad(source: Source) -> Words:
    return restored(source, BAD)


def restore_damaged(source: Source) -> Words:
    """A byte of the frame is another one; the checksum is that of before."""
    payload = source.pick(FORMS)
    at = source.number(len(body_of(payload)), len(payload) - 1)
    damaged = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
    return [b"RESTORE", key(source), b"0", damaged, *options(source)]


def restore_absolute(source: Source) -> Words:
    # long past; and long to go, where the program cuts ABSTTL off
    deadline = source.pick((b"1000000", b"4000000000000", b"9223372036854775807"))
    words = [b"RESTORE", key(source), deadline, source.pick(FORMS), b"ABSTTL"]
    return [*words, b"REPLACE"] if source.chance(70) else words


def look(source: Source) -> Words:
    return [source.pick((b"TYPE", b"EXISTS", b"DEL", b"EXPIRETIME", b"PERSIST")), key(source)]


def encoding(source: Source) -> Words:
    return [b"OBJECT", b"ENCODING", key(source)]


def contents(source: Source) -> Words:
    name = key(source)
    return source.pick(
        (
            [b"GET", name],
            [b"STRLEN", name],
            [b"LRANGE", name, b"0", b"-1"],
            [b"LLEN", name],
            [b"SCARD", name],
            [b"SMISMEMBER", name, b"one", b"17", b"m7", b"7", b""],
            [b"ZRANGE", name, b"0", b"-1", b"WITHSCORES"],
            [b"ZSCORE", name, b"b"],
            [b"HLEN", name],
            [b"HMGET", name, b"f", b"g", b"12", b"4"],
            [b"HPEXPIRETIME", name, b"FIELDS", b"2", b"f", b"g"],
        )
    )


def change(source: Source) -> Words:
    name = key(source)
    return source.pick(
        (
            [b"APPEND", name, b"x"],
            [b"RPUSH", name, b"x"],
            [b"LPOP", name],
            [b"SADD", name, b"x"],
            [b"SREM", name, b"b", b"3"],
            [b"ZADD", name, b"3", b"x"],
            [b"ZPOPMIN", name],
            [b"HSET", name, b"x", b"y"],
            [b"HDEL", name, b"f"],
        )
    )


def dump_nothing(source: Source) -> Words:
    return [b"DUMP", b"no:such:key"]


FAMILY: Final = Family(
    "dumps",
    [
        (8, restore_form),
        (3, restore_large),
        (4, restore_bad),
        (2, restore_damaged),
        (2, restore_absolute),
        (4, look),
        (4, encoding),
        (12, contents),
        (6, change),
        (1, dump_nothing),
    ],
)
