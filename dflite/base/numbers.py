"""Integers within limits, and sizes of memory as people write and read them."""

from typing import Final

from dflite.native.base.bytesops import parse_int

INT64_MIN: Final = -(1 << 63)
INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1
INT32_MIN: Final = -(1 << 31)
INT32_MAX: Final = (1 << 31) - 1

KIB: Final = 1 << 10
MIB: Final = 1 << 20
GIB: Final = 1 << 30
TIB: Final = 1 << 40

# As in redis.conf: k is a thousand, kb is 1024. The spellings with i are Dragonfly's.
SIZE_UNITS: Final = {
    "": 1,
    "b": 1,
    "k": 10**3,
    "kb": KIB,
    "kib": KIB,
    "m": 10**6,
    "mb": MIB,
    "mib": MIB,
    "g": 10**9,
    "gb": GIB,
    "gib": GIB,
    "t": 10**12,
    "tb": TIB,
    "tib": TIB,
}

HUMAN_UNITS: Final = "KMGTP"


def fits_int64(value: int) -> bool:
    """Whether value is one of Redis' integers."""
    return INT64_MIN <= value <= INT64_MAX


def read_int_between(text: bytes, low: int, high: int) -> int | None:
    """The integer that text spells if it lies within the limits, or None."""
    value = parse_int(text)
    if value is None or value < low or value > high:
        return None
    return value


def read_size(text: str) -> int | None:
    """The bytes that `100mb`, `2g` or `1.25GiB` stand for, or None; nothing at all is 0."""
    split = len(text)
    while split > 0 and text[split - 1].isalpha():
        split -= 1
    number = text[:split]
    unit = SIZE_UNITS.get(text[split:].lower())
    whole, point, decimals = number.partition(".")
    if unit is None or not text.isascii() or (point and not decimals):
        return None
    if not (whole + decimals).isdigit():
        return 0 if not text else None
    size = int(whole + decimals) * unit // 10 ** len(decimals)
    return size if size <= UINT64_MAX else None


def human_size(size: int) -> str:
    """A size in bytes as INFO's fields ending in _human give it: 0B, 1.50M."""
    if size < KIB:
        return f"{size}B"
    unit = 0
    while unit < len(HUMAN_UNITS) and size >= KIB ** (unit + 2):
        unit += 1
    if unit == len(HUMAN_UNITS):
        return f"{size}B"  # Redis' last unit is P
    value = size / KIB ** (unit + 1)
    return f"{value:.2f}{HUMAN_UNITS[unit]}"
