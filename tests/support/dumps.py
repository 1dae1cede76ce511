"""Payloads of RESTORE made by hand: forms that old servers wrote, sound ones and others."""

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from dflite.native.base.bytesops import crc64
from dflite.native.values.packed import pack

FOOTER: Final = 10
OLD: Final = 9  # a version of the format that every server reads
REDIS_7_2: Final = 11
REDIS_7_4: Final = 12
VALKEY: Final = 80


def seal(body: bytes, version: int = OLD) -> bytes:
    """A number of a form and a value, with version and checksum."""
    sealed = body + struct.pack("<H", version)
    return sealed + struct.pack("<Q", crc64(sealed))


def body_of(payload: bytes) -> bytes:
    return payload[:-FOOTER]


def version_of(payload: bytes) -> int:
    return int.from_bytes(payload[-FOOTER : 2 - FOOTER], "little")


def length(n: int) -> bytes:
    """A length."""
    if n < 64:
        return bytes([n])
    if n < 16384:
        return struct.pack(">H", 0x4000 | n)
    if n < 1 << 32:
        return b"\x80" + struct.pack(">I", n)
    return b"\x81" + struct.pack(">Q", n)


def text(data: bytes) -> bytes:
    """A string as it is."""
    return length(len(data)) + data


def texts(items: Iterable[bytes]) -> bytes:
    return b"".join(map(text, items))


def listpack(items: Sequence[bytes]) -> bytes:
    elements = pack(list(items))
    count = min(len(items), 65535)
    return struct.pack("<IH", 7 + len(elements), count) + elements + b"\xff"


def ziplist(items: Sequence[bytes | int]) -> bytes:
    """Integers in the shortest of their spellings."""
    entries: list[bytes] = []
    for item in items:
        before = len(entries[-1]) if entries else 0
        head = bytes([before]) if before < 254 else b"\xfe" + struct.pack("<I", before)
        entries.append(head + spelled(item))
    last = 10 + sum(map(len, entries[:-1]))
    whole = b"".join(entries)
    return struct.pack("<IIH", 11 + len(whole), last, len(items)) + whole + b"\xff"


def spelled(item: bytes | int) -> bytes:
    """An element of a ziplist, without the length of the one before."""
    if isinstance(item, int):
        if 0 <= item <= 12:
            return bytes([0xF1 + item])
        for first, size in ((0xFE, 1), (0xC0, 2), (0xF0, 3), (0xD0, 4), (0xE0, 8)):
            if -(1 << 8 * size - 1) <= item < 1 << 8 * size - 1:
                return bytes([first]) + item.to_bytes(size, "little", signed=True)
        raise ValueError(item)
    if len(item) < 64:
        return bytes([len(item)]) + item
    if len(item) < 16384:
        return struct.pack(">H", 0x4000 | len(item)) + item
    return b"\x80" + struct.pack(">I", len(item)) + item


def zipmap(items: Sequence[bytes], unused: int = 0) -> bytes:
    """Fields and values in turns, so many unused bytes behind each value."""
    whole = b""
    for i, item in enumerate(items):
        size = bytes([len(item)]) if len(item) < 254 else b"\xfe" + struct.pack("<I", len(item))
        whole += size + (bytes([unused]) + item + b"?" * unused if i % 2 else item)
    return bytes([min(len(items) // 2, 254)]) + whole + b"\xff"


def intset(width: int, numbers: Sequence[int]) -> bytes:
    whole = b"".join(number.to_bytes(width, "little", signed=True) for number in numbers)
    return struct.pack("<II", width, len(numbers)) + whole


def doubles(pairs: Iterable[tuple[bytes, float]]) -> bytes:
    """Members and scores as RDB's number 5 has them."""
    return b"".join(text(member) + struct.pack("<d", score) for member, score in pairs)


# One of each form that is not written here, with what it holds.
NUMBERS: Final = [0, 12, 13, -1, 127, -128, 30_000, -8_000_000, 2_000_000_000, -(1 << 63)]
LONG: Final = b"long" * 80
WORDS: Final = [b"one", b"", LONG, b"12"]
PAIRS: Final = [b"f", b"v", b"g", b"12", LONG, b""]

OLD_FORMS: Final[dict[str, bytes]] = {
    "list": seal(b"\x01" + length(4) + texts(WORDS)),
    "set": seal(b"\x02" + length(4) + texts(WORDS)),
    "zset of texts": seal(
        b"\x03" + length(3) + text(b"a") + b"\xff" + text(b"b") + b"\x031.5" + text(b"c") + b"\xfe"
    ),
    "hash": seal(b"\x04" + length(3) + texts(PAIRS)),
    "zset of doubles": seal(b"\x05" + length(2) + doubles([(b"b", 2.5), (b"a", -1e300)])),
    "zipmap": seal(b"\x09" + text(zipmap(PAIRS, 3))),
    "list as ziplist": seal(b"\x0a" + text(ziplist([*WORDS, *NUMBERS, b"last"]))),
    "intset of 2": seal(b"\x0b" + text(intset(2, [-5, 0, 7]))),
    "intset of 4": seal(b"\x0b" + text(intset(4, [-5, 70_000]))),
    "intset of 8": seal(b"\x0b" + text(intset(8, [-(1 << 63), 0, 1 << 62]))),
    "zset as ziplist": seal(b"\x0c" + text(ziplist([b"a", b"-inf", b"b", 3, b"c", b"3.25"]))),
    "hash as ziplist": seal(b"\x0d" + text(ziplist([b"f", 1, b"g", b"w" * 64]))),
    "quicklist": seal(
        b"\x0e" + length(2) + text(ziplist([b"a", 1])) + text(ziplist([LONG, b"z"]))
    ),
    "hash of 7.4's candidates": seal(
        b"\x16" + length(2) + length(0) + texts([b"f", b"v"])
        + length(1_900_000_000_000) + texts([b"g", b"w"]),
        REDIS_7_4,
    ),
    "hash of Valkey": seal(
        b"\x16" + length(2) + texts([b"f", b"v"]) + b"\xff" * 8
        + texts([b"g", b"w"]) + struct.pack("<q", 1_900_000_000_000),
        VALKEY,
    ),
    "listpack of 7.4's candidates": seal(
        b"\x17" + text(listpack([b"g", b"w", b"1900000000000", b"f", b"v", b"0"])), REDIS_7_4
    ),
    "hash of 7.4": seal(
        b"\x18" + struct.pack("<q", 1_900_000_000_000) + length(2)
        + length(1) + texts([b"g", b"w"]) + length(0) + texts([b"f", b"v"]),
        REDIS_7_4,
    ),
    "listpack of 7.4": seal(
        b"\x19" + struct.pack("<q", 1_900_000_000_000)
        + text(listpack([b"g", b"w", b"1900000000000", b"f", b"v", b"0"])),
        REDIS_7_4,
    ),
    "hash of Dragonfly": seal(
        b"\x1f" + length(2) + texts([b"f", b"v", b"-1", b"g", b"w", b"1900000000"])
    ),
    "set of Dragonfly": seal(b"\x20" + length(2) + texts([b"f", b"-1", b"g", b"1900000000"])),
}  # fmt: skip
