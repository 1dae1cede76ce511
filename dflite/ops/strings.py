"""What can be done to a string: no argv, no reply.

Every operation finds, checks, changes, announces the change, and says what the journal has to
repeat where that is not the request as it came. `most` is the length of the longest string that may
be made.
"""

from typing import Final

from dflite.base.errors import (
    IncrementNotFinite,
    IncrementOverflow,
    NotAFloat,
    NotAnInteger,
    StringTooLong,
)
from dflite.base.numbers import fits_int64
from dflite.native.base import floattext
from dflite.native.base.bytesops import format_int, parse_int
from dflite.native.base.xxh3 import xxh3_64
from dflite.ops.items import note_flags
from dflite.ops.keys import delete_due
from dflite.store.db import NEVER, Db
from dflite.store.effects import STRING

# When a string is set or deleted.
ALWAYS: Final = 0
IF_ABSENT: Final = 1
IF_PRESENT: Final = 2
IF_EQUAL: Final = 3
IF_NOT_EQUAL: Final = 4
IF_DIGEST_EQUAL: Final = 5
IF_DIGEST_NOT_EQUAL: Final = 6


class SetOptions:
    """How a string is set. `deadline` is Unix ms, `compare` a value or a digest, as `when` says."""

    def __init__(self) -> None:
        self.when = ALWAYS
        self.compare = b""
        self.deadline = NEVER
        self.keep_deadline = False
        self.mc_flags = 0


def set_plain(db: Db, key: bytes, value: bytes) -> None:
    """SET without options: whatever was there is replaced, its deadline too."""
    db.put_string(key, value)
    db.changed(key, "set")


def set_string(db: Db, key: bytes, value: bytes, options: SetOptions) -> bool:
    """Put a string at key if its condition holds; was it put?

    With a deadline in the past the key goes instead.
    """
    if options.when != ALWAYS and not condition_holds(db, key, options.when, options.compare):
        return False
    if options.deadline != NEVER and db.is_past(options.deadline):
        delete_due(db, key)
    else:
        put(db, key, value, options)
    return True


def put(db: Db, key: bytes, value: bytes, options: SetOptions) -> None:
    """Put a string at key; whether it may be was asked before."""
    deadline = options.deadline
    if options.keep_deadline:
        deadline = max(db.deadline(key), NEVER)
    db.put_string(key, value, deadline, options.mc_flags)
    db.changed(key, "set")
    if options.deadline != NEVER:
        db.also(key, "expire")
    if not db.effects.journaling:
        return
    if deadline == NEVER:
        db.replicate_as([b"SET", key, value])
    else:
        db.replicate_as([b"SET", key, value, b"PXAT", format_int(deadline)])


def condition_holds(db: Db, key: bytes, when: int, compare: bytes) -> bool:
    """Is key, which a command is about to change, as the condition wants it?"""
    if when <= IF_PRESENT:
        return when == ALWAYS or db.exists(key) == (when == IF_PRESENT)
    value = db.find_string(key)
    if value is None:
        return False
    if when == IF_EQUAL:
        return value == compare
    if when == IF_NOT_EQUAL:
        return value != compare
    if when == IF_DIGEST_EQUAL:
        return digest(value) == compare.lower()
    return digest(value) != compare.lower()


def digest(value: bytes) -> bytes:
    """XXH3 with 64 bits, as 16 hexadecimal digits."""
    return b"%016x" % xxh3_64(value)


def set_many(db: Db, pairs: list[bytes], options: SetOptions) -> bool:
    """Put each value at the key before it, if the condition holds for every key; were they put?

    Only presence is asked. With a deadline in the past they are put, and expire when next seen.
    """
    if options.when != ALWAYS:
        for i in range(0, len(pairs), 2):
            if db.exists(pairs[i]) != (options.when == IF_PRESENT):
                return False
    if options.deadline == NEVER and not options.keep_deadline:
        for i in range(0, len(pairs), 2):
            db.put_string(pairs[i], pairs[i + 1])
            db.changed(pairs[i], "set")
        if db.effects.journaling:
            db.replicate_as([b"MSET", *pairs])
        return True
    for i in range(0, len(pairs), 2):
        put(db, pairs[i], pairs[i + 1], options)
    return True


def increment(db: Db, key: bytes, delta: int) -> int:
    """Add to the integer at key, which is 0 where there is none; the sum."""
    old = db.find_string(key)
    number = 0 if old is None else parse_int(old)
    if number is None:
        raise NotAnInteger
    number += delta
    if not fits_int64(number):
        raise IncrementOverflow
    db.update_string(key, format_int(number))
    db.changed(key, "incrby")
    return number


def increment_float(db: Db, key: bytes, delta: bytes) -> bytes:
    """Add a number in text to the one at key, which is 0 where there is none; the sum in text."""
    old = db.find_string(key)
    try:
        total = floattext.add_long_double(b"0" if old is None else old, delta)
    except floattext.NotAFloat:
        raise NotAFloat from None
    except floattext.NotFinite:
        raise IncrementNotFinite from None
    db.update_string(key, total, True)
    db.changed(key, "incrbyfloat")
    if db.effects.journaling:
        # another machine's long double may round otherwise
        db.replicate_as([b"SET", key, total, b"KEEPTTL"])
        note_flags(db, key, db.table(key).memcached_flags(key))
    return total


def append(db: Db, key: bytes, tail: bytes, most: int) -> int:
    """Add to the end of the string at key; its new length."""
    if db.is_string(key):
        length = db.string_length(key)
        if length + len(tail) > most:
            raise StringTooLong
        length = db.overwrite(key, length, tail)
    else:
        db.put_string(key, tail)
        length = len(tail)
    db.changed(key, "append")
    return length


def prepend(db: Db, key: bytes, head: bytes, most: int) -> int:
    """Add to the beginning of the string at key; its new length."""
    old = db.find_string(key)
    if old is None:
        db.put_string(key, head)
        length = len(head)
        if db.effects.journaling:
            db.replicate_as([b"SET", key, head])
    else:
        if len(head) + len(old) > most:
            raise StringTooLong
        whole = head + old
        length = db.overwrite(key, 0, whole)
        if db.effects.journaling:
            # what every Redis understands
            db.replicate_as([b"SETRANGE", key, b"0", whole])
    db.changed(key, "prepend")
    return length


def delete_if(db: Db, key: bytes, when: int, compare: bytes) -> bool:
    """Remove the string at key if the condition holds; was it removed?"""
    if not condition_holds(db, key, when, compare):
        return False
    db.remove(key)
    if db.effects.journaling:
        db.replicate_as([b"DEL", key])
    return True


def set_range(db: Db, key: bytes, offset: int, patch: bytes, most: int) -> int:
    """Overwrite the string at key from `offset` on, zero bytes in a gap; its new length."""
    there = db.is_string(key)
    if not patch:
        return db.string_length(key) if there else 0
    if offset + len(patch) > most:
        raise StringTooLong
    if not there:
        db.put_string(key, b"")
    length = db.overwrite(key, offset, patch)
    db.changed(key, "setrange", STRING)
    return length


def get_range(db: Db, key: bytes, start: int, end: int) -> bytes:
    """Bytes `start` to `end`, both included, of the string at key; negatives are from its end."""
    if not db.reads_string(key):
        return b""
    if start < 0 and end < 0 and start > end:
        return b""
    length = db.string_length(key)
    if start < 0:
        start = max(start + length, 0)
    if end < 0:
        end = max(end + length, 0)
    end = min(end, length - 1)
    if start > end:
        return b""
    return db.string_slice(key, start, end + 1)
