"""Rate limits by the generic cell rate algorithm: no argv, no reply.

The string at key is the time, in Unix ms, at which all that was taken has come back, and so it
is the key's deadline, too. Each unit takes `interval` ms to come back; `limit` of them may be taken
at once.
"""

from dflite.base.errors import NotAnInteger
from dflite.base.numbers import INT64_MAX
from dflite.native.base.bytesops import format_int, parse_int
from dflite.ops.strings import SetOptions, put
from dflite.store.db import Db


class Taken:
    """What came of taking units. `retry_ms` is -1000 where trying again later makes no sense."""

    def __init__(self, limited: bool, remaining: int, retry_ms: int, reset_ms: int) -> None:
        self.limited = limited
        self.remaining = remaining
        self.retry_ms = retry_ms
        self.reset_ms = reset_ms


def take(db: Db, key: bytes, limit: int, interval: int, quantity: int) -> Taken:
    """Take units from what key limits, if there are enough."""
    tolerance = interval * limit
    cost = interval * quantity
    if max(tolerance, cost) > INT64_MAX:
        raise NotAnInteger
    now = db.now_ms()
    stored = db.find_string(key)
    full_at = now if stored is None else parse_int(stored)
    if full_at is None:
        raise NotAnInteger
    later = max(full_at, now) + cost
    if later > INT64_MAX:
        raise NotAnInteger
    missing = later - tolerance - now  # ms until there is enough
    if missing > 0:
        retry = missing if cost <= tolerance else -1000
        return Taken(True, remaining(tolerance, full_at - now, interval), retry, full_at - now)
    if later > now:
        options = SetOptions()
        options.deadline = later
        put(db, key, format_int(later), options)
    elif stored is not None:
        db.remove(key)
    return Taken(False, remaining(tolerance, later - now, interval), -1000, later - now)


def remaining(tolerance: int, reset_ms: int, interval: int) -> int:
    """How many units can be taken now."""
    return max((tolerance - reset_ms) // interval, 0)
