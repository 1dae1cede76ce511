"""Requests of the bitmap commands, on strings that other commands made too."""

from typing import Final

from tests.against.arguments import integer, key, keys, spelled, value
from tests.against.programs import Family, Words
from tests.against.sources import Source

# Never just below the limit of 512 MB: it would be granted, and filled with zeros.
ODD_OFFSETS: Final = (
    b"4294967296", b"9223372036854775807", b"-1", b"abc", b"", b"1.0", b" 1", b"70000", b"#1",
)  # fmt: skip
ODD_TYPES: Final = (b"u64", b"i65", b"i0", b"u0", b"x8", b"8", b"", b"i", b"u-1", b"I8", b"i08")
ODD_PLACES: Final = (b"#-1", b"#", b"##1", b"#4294967296", b"#1000000000", b"#x", b"#01")


def place(source: Source) -> bytes:
    """A bit's offset."""
    if source.chance(8):
        return source.pick(ODD_OFFSETS)
    return b"%d" % source.number(0, 90)


def edge(source: Source) -> bytes:
    """An end of a range of bytes or bits, counted from either end of the string."""
    if source.chance(8):
        return integer(source)
    return b"%d" % source.number(-40, 40)


def put(source: Source) -> Words:
    return [b"SET", key(source), value(source)]


def put_ones(source: Source) -> Words:
    """Mostly ones, or zeros, of a length around those that words have."""
    byte = source.pick((b"\xff", b"\xff", b"\x00", b"\x0f"))
    tail = source.pick((b"", b"", b"\xfe", b"\x01", b"\x80"))
    return [b"SET", key(source), byte * source.number(0, 70) + tail]


def read(source: Source) -> Words:
    words = source.pick(([b"GET"], [b"STRLEN"], [b"OBJECT", b"ENCODING"]))
    return [*words, key(source)]


def setbit(source: Source) -> Words:
    bit = source.pick((b"2", b"-1", b"abc", b"", b"01")) if source.chance(6) else None
    return [b"SETBIT", key(source), place(source), bit or source.pick((b"0", b"1"))]


def getbit(source: Source) -> Words:
    return [b"GETBIT", key(source), place(source)]


def limits(source: Source) -> Words:
    words = [edge(source) for _ in range(source.pick((0, 1, 2, 2, 2)))]
    if len(words) == 2 and source.chance(60):
        unit = source.pick((b"BIT", b"BIT", b"BYTE"))
        words.append(b"FOO" if source.chance(4) else spelled(source, unit))
    return words


def bitcount(source: Source) -> Words:
    return [b"BITCOUNT", key(source), *limits(source)]


def bitpos(source: Source) -> Words:
    bit = source.pick((b"2", b"-1", b"abc", b"")) if source.chance(4) else None
    return [b"BITPOS", key(source), bit or source.pick((b"0", b"1")), *limits(source)]


def bitop(source: Source) -> Words:
    name = source.pick((b"AND", b"OR", b"XOR", b"NOT", b"NOT"))
    if source.chance(3):
        name = source.pick((b"DIFF", b"ONE", b"", b"ANDOR"))
    most = 1 if name == b"NOT" and not source.chance(8) else 4
    return [b"BITOP", spelled(source, name), key(source), *keys(source, most)]


def field(source: Source) -> Words:
    """An encoding and a place."""
    encoding = b"%b%d" % (source.pick((b"u", b"i")), source.number(1, 63))
    if source.chance(50):
        encoding = source.pick((b"u8", b"i8", b"u4", b"i16", b"u1", b"i1", b"i64", b"u63", b"i5"))
    if source.chance(4):
        encoding = source.pick(ODD_TYPES)
    if source.chance(3):
        return [encoding, source.pick(ODD_PLACES)]
    if source.chance(30):
        return [encoding, b"#%d" % source.number(0, 4)]
    return [encoding, place(source)]


def amount(source: Source) -> bytes:
    if source.chance(40):
        return integer(source)
    return b"%d" % source.number(-300, 300)


def bitfield(source: Source) -> Words:
    words = [b"BITFIELD", key(source)]
    for _ in range(source.number(0, 4)):
        if source.chance(30):
            how = source.pick((b"WRAP", b"SAT", b"FAIL"))
            how = b"FOO" if source.chance(3) else how
            words += [spelled(source, b"OVERFLOW"), spelled(source, how)]
        name = source.pick((b"GET", b"SET", b"INCRBY"))
        words += [spelled(source, name), *field(source)]
        if name != b"GET":
            words.append(amount(source))
    return words


def bitfield_ro(source: Source) -> Words:
    words = [b"BITFIELD_RO", key(source)]
    for _ in range(source.number(0, 3)):
        words += [spelled(source, b"GET"), *field(source)]
    if source.chance(6):
        words += source.pick(([b"SET", b"u8", b"0", b"1"], [b"OVERFLOW", b"SAT"], [b"GET", b"u8"]))
    return words


FAMILY: Final = Family(
    "bitmaps",
    [
        (4, put),
        (4, put_ones),
        (4, read),
        (6, setbit),
        (4, getbit),
        (6, bitcount),
        (8, bitpos),
        (5, bitop),
        (10, bitfield),
        (3, bitfield_ro),
    ],
)
