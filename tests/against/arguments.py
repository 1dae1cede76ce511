"""Arguments that requests are made of: mostly sensible, often wrong on purpose."""

from typing import Final

from tests.against.sources import Source

# Repeated entries are likelier. The keys are few, so that commands meet each other's values.
KEYS: Final = (
    b"a",
    b"a",
    b"a",
    b"b",
    b"b",
    b"c",
    b"d",
    b"{tag}x",
    b"{tag}y",
    b"",
    b"b\x00\r\n\xff",
)
NUMBERS: Final = (b"0", b"1", b"-1", b"10", b"3", b"12345", b"-7", b"100")
EDGE_NUMBERS: Final = (
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775806",
    b"-9223372036854775807",
    b"2147483647",
    b"-2147483648",
    b"4294967296",
    b"1000000000000",
)
NO_NUMBERS: Final = (
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"99999999999999999999999",
    b"",
    b" 1",
    b"1 ",
    b"+1",
    b"01",
    b"-0",
    b"-",
    b"1.0",
    b"1e3",
    b"0x10",
    b"abc",
    b"1\x00",
    b"nan",
)
FLOATS: Final = (
    b"1.5",
    b"-0.5",
    b"0.1",
    b"3.0e3",
    b"10.00",
    b"-2",
    b"5.",
    b".5",
    b"1e17",
    b"123456789.123456789",
    b"0x1p3",
    b"1e-5",
    b"3.0000000000000000001",
)
ODD_FLOATS: Final = (
    b"nan",
    b"inf",
    b"-inf",
    b"+inf",
    b"infinity",
    b"1e400",
    b"-1e400",
    b"1e308",
    b"1.7976931348623157e308",
    b"1e-320",
    b"1e5000",
    b"",
    b" 1.5",
    b"1.5 ",
    b"+1.5",
    b"1,5",
    b"abc",
    b"1.5\x00",
    b"--1",
    b"1e",
)
VALUES: Final = (
    b"x",
    b"hello",
    b"ohmytext",
    b"mynewtext",
    b"",
    b"0",
    b"1",
    b"10",
    b"-5",
    b"007",
    b"1.5",
    b"3.0e3",
    b" 1",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"line\r\nbreak\x00\xff",
    b"a" * 44,
    b"a" * 45,
    b"ab" * 40,
    b"0123456789" * 7,
)
LONG_VALUES: Final = (b"z" * 1_000, b"xy" * 10_000, bytes(range(256)) * 4)
OFFSETS: Final = (b"0", b"1", b"-1", b"2", b"-3", b"5", b"100", b"-100", b"44", b"8")
HUGE_OFFSETS: Final = (
    b"536870911",
    b"536870912",
    b"-536870912",
    b"2147483647",
    b"2147483648",
    b"9223372036854775807",
    b"-9223372036854775808",
)
PATTERNS: Final = (
    b"*",
    b"a",
    b"?",
    b"[a-c]",
    b"[^a]",
    b"{tag}*",
    b"b*",
    b"*\xff",
    b"\\a",
    b"[",
    b"",
    b"[c-a]",
    b"**",
    b"h?llo*",
    b"[]a]",
    b"a[",
    b"[\\a]",
    b"[a",
    b"[^",
)
TYPES: Final = (b"string", b"STRING", b"list", b"hash", b"zset", b"set", b"stream", b"nothing", b"")


def key(source: Source) -> bytes:
    return source.pick(KEYS)


def keys(source: Source, most: int = 4) -> list[bytes]:
    """One key or some, with repetitions."""
    return [key(source) for _ in range(source.number(1, most))]


def value(source: Source) -> bytes:
    if source.chance(3):
        return source.pick(LONG_VALUES)
    return source.pick(VALUES)


def integer(source: Source) -> bytes:
    """A number for counters and amounts; one in four is an edge or none at all."""
    if source.chance(12):
        return source.pick(NO_NUMBERS)
    if source.chance(12):
        return source.pick(EDGE_NUMBERS)
    return source.pick(NUMBERS)


def small(source: Source) -> bytes:
    """A small number, now and then none."""
    if source.chance(12):
        return source.pick(NO_NUMBERS)
    return b"%d" % source.number(-3, 12)


def floating(source: Source) -> bytes:
    if source.chance(25):
        return source.pick(ODD_FLOATS)
    if source.chance(25):
        return integer(source)
    return source.pick(FLOATS)


def offset(source: Source) -> bytes:
    """An index into a value."""
    if source.chance(8):
        return source.pick(HUGE_OFFSETS)
    if source.chance(8):
        return source.pick(NO_NUMBERS)
    return source.pick(OFFSETS)


def pattern(source: Source) -> bytes:
    return source.pick(PATTERNS)


def database(source: Source) -> bytes:
    if source.chance(20):
        return source.pick((b"16", b"-1", b"abc", b"", b"15", b"1000000000000", b"0x1", b"1.0"))
    return source.pick((b"0", b"1", b"2"))


def spelled(source: Source, word: bytes) -> bytes:
    """An option or a name in one of the spellings that clients use."""
    if source.chance(75):
        return word
    return source.pick((word.lower(), word.title(), word.swapcase()))


# Deadlines are long past or far away: nothing may depend on how long a test takes.
PAST_SECONDS: Final = (b"1", b"1000", b"1500000000")
FUTURE_SECONDS: Final = (b"4102444800", b"4102444801", b"5000000000")
PAST_MS: Final = (b"1", b"1500000000000", b"999")
FUTURE_MS: Final = (b"4102444800000", b"4102444800123", b"5000000000999")
LONG_SECONDS: Final = (b"100", b"1000", b"86400", b"200000")
LONG_MS: Final = (b"100000", b"1000500", b"86400000", b"200000001")
ODD_AMOUNTS: Final = (
    b"0",
    b"-1",
    b"-100",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775",
    b"9223372036854776",
    b"-9223372036854776",
    b"9223370000000000000",
    b"92233720368547758070",
    b"abc",
    b"",
    b"1.5",
    b" 10",
)

RELATIVE: Final = {b"EX": LONG_SECONDS, b"PX": LONG_MS}
ABSOLUTE: Final = {b"EXAT": (FUTURE_SECONDS, PAST_SECONDS), b"PXAT": (FUTURE_MS, PAST_MS)}


def amount(source: Source, unit: bytes) -> bytes:
    """What follows EX, PX, EXAT or PXAT."""
    if source.chance(20):
        return source.pick(ODD_AMOUNTS)
    if unit in RELATIVE:
        return source.pick(RELATIVE[unit])
    future, past = ABSOLUTE[unit]
    return source.pick(past if source.chance(25) else future)


def deadline(source: Source) -> list[bytes]:
    """A unit and its amount, now and then cut short."""
    unit = source.pick((b"EX", b"PX", b"EXAT", b"PXAT"))
    words = [spelled(source, unit), amount(source, unit)]
    return words[:1] if source.chance(4) else words
