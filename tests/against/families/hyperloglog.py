"""Requests of the HyperLogLog commands, on sound values and on broken ones."""

from typing import Final

from tests.against.arguments import key, keys, spelled, value
from tests.against.programs import Family, Words
from tests.against.sources import Source

HEAD: Final = b"HYLL\x01\x00\x00\x00"
UNKNOWN: Final = b"\x00" * 7 + b"\x80"
EMPTY: Final = b"\x7f\xff"  # a run of all registers
BROKEN: Final = (
    HEAD + UNKNOWN,
    HEAD + UNKNOWN + b"\x7f\xfe",
    HEAD + UNKNOWN + EMPTY + b"\x00",
    HEAD + UNKNOWN + b"\x80" + EMPTY,
    HEAD + UNKNOWN + b"\x00" * 300,
    HEAD + UNKNOWN + b"\xff" * 4096,
    HEAD + b"\x05" + b"\x00" * 7 + b"\x00",
    b"HYLL\x00\x00\x00\x00" + UNKNOWN + b"\x00" * 12288,
    b"HYLL\x00\x00\x00\x00" + UNKNOWN + b"\xff" * 12288,
    b"HYLL\x00\x00\x00\x00" + UNKNOWN + bytes(range(256)) * 48,
    b"HYLL\x00\x00\x00\x00" + UNKNOWN + b"\x00" * 12287,
    b"HYLL\x00\x00\x00\x00" + UNKNOWN + b"\x00" * 12289,
    b"HYLL\x02\x00\x00\x00" + UNKNOWN + EMPTY,
    b"HYLX\x01\x00\x00\x00" + UNKNOWN + EMPTY,
    b"HYLL\x01\x00\x00\x00" + UNKNOWN[:7],
    HEAD + UNKNOWN + EMPTY,
    HEAD + b"\x2a" + b"\x00" * 7 + EMPTY,
    HEAD + UNKNOWN + b"\x80\x80\x80\x80\x84\x84\x83\x40\x00\x7f\xf3",
    HEAD + UNKNOWN + b"\x3f" * 256,
    HEAD + UNKNOWN + b"\x40\x00" * 1000 + b"\x7c\x17",
)


def put(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def put_broken(source: Source) -> Words:
    return [b"SET", key(source), source.pick(BROKEN)]


def elements(source: Source, most: int) -> list[bytes]:
    return [b"%d" % source.number(0, 5000) for _ in range(source.number(0, most))]


def pfadd(source: Source) -> Words:
    if source.chance(20):
        return [b"PFADD", key(source), *[value(source) for _ in range(source.number(0, 3))]]
    return [b"PFADD", key(source), *elements(source, 12)]


def pfadd_many(source: Source) -> Words:
    """Enough to make a sparse one dense, now and then."""
    start, count = source.number(0, 100_000), source.pick((100, 300, 1000, 3000))
    return [b"PFADD", key(source), *[b"e%d" % number for number in range(start, start + count)]]


def pfadd_one(source: Source) -> Words:
    return [b"PFADD", key(source), b"%d" % source.number(0, 100_000)]


def pfcount(source: Source) -> Words:
    return [b"PFCOUNT", key(source)]


def pfcount_union(source: Source) -> Words:
    return [b"PFCOUNT", *keys(source)]


def pfmerge(source: Source) -> Words:
    return [b"PFMERGE", key(source), *keys(source, 3)][: source.number(2, 5)]


def pfdebug(source: Source) -> Words:
    name = source.pick((b"DECODE", b"DECODE", b"ENCODING", b"TODENSE", b"GETREG", b"NOSUCH"))
    return [b"PFDEBUG", spelled(source, name), key(source)]


def get(source: Source) -> Words:
    return [source.pick((b"GET", b"GET", b"STRLEN", b"DEL")), key(source)]


def put_runs(source: Source) -> Words:
    """Runs of any kind, which hardly ever add up to 16,384 registers."""
    runs = b""
    for _ in range(source.number(1, 40)):
        run = source.pick((b"\x40", b"\x41", b"\x40", b"\x50", b"", b"", b"", b""))
        runs += run + bytes([source.number(0, 255) if run else source.number(128, 254) & 0x9F])
        runs += bytes([source.number(0, 63)]) * source.number(0, 2)
    return [b"SET", key(source), HEAD + UNKNOWN + runs]


def patch(source: Source) -> Words:
    """Another byte in the head, which then may be none."""
    return [b"SETRANGE", key(source), b"%d" % source.number(0, 15), source.pick((b"\x00", b"\x80"))]


FAMILY: Final = Family(
    "hyperloglog",
    [
        (1, put),
        (2, put_broken),
        (8, pfadd),
        (4, pfadd_many),
        (8, pfadd_one),
        (6, pfcount),
        (4, pfcount_union),
        (5, pfmerge),
        (3, pfdebug),
        (8, get),
        (2, put_runs),
        (1, patch),
    ],
)
