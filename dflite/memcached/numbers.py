"""Numbers of memcached's requests, and the times that its expiry times mean."""

from typing import Final

from dflite.store.db import NEVER

UINT32_MAX: Final = (1 << 32) - 1
UINT64_MAX: Final = (1 << 64) - 1
INT32_MAX: Final = (1 << 31) - 1
A_MONTH: Final = 60 * 60 * 24 * 30  # seconds; what is more is a point in time
LONGEST: Final = 40  # digits that are worth a look


def read_unsigned(word: bytes, most: int) -> int | None:
    """A number from 0 to `most`."""
    digits = word.removeprefix(b"+")
    if not digits.isdigit() or len(digits) > LONGEST:
        return None
    number = int(digits)
    return number if number <= most else None


def read_int32(word: bytes) -> int | None:
    if word.startswith(b"-"):
        if word[1:2] == b"+":
            return None
        number = read_unsigned(word[1:], INT32_MAX + 1)
        return None if number is None else -number
    return read_unsigned(word, INT32_MAX)


def deadline_of(exptime: int, now_ms: int) -> int:
    """Unix ms: of seconds from now, or of a point in time; NEVER for 0. A negative one is past."""
    if exptime == 0:
        return NEVER
    if exptime < 0:
        return 0
    if exptime <= A_MONTH:
        return now_ms + exptime * 1000
    return exptime * 1000


def seconds_left(deadline: int, now_ms: int) -> int:
    """As clients are told: a begun second counts; -1 for ever."""
    if deadline < 0:
        return -1
    return max((deadline - now_ms + 999) // 1000, 0)
