"""What can be done to the bits of a string: no argv, no reply.

Bit 0 is the highest of the first byte.
"""

from typing import Final

from dflite.base.numbers import INT64_MAX
from dflite.native.values import bits
from dflite.store.db import Db

# What BITFIELD does to a field.
GET: Final = 0
SET: Final = 1
INCREMENT: Final = 2

# ... and where the result does not fit into it.
WRAP: Final = 0
SATURATE: Final = 1
FAIL: Final = 2


class FieldStep:
    """One step of BITFIELD: `what` is done to the number in `width` bits from `offset` on."""

    def __init__(self, what: int, signed: bool, width: int, offset: int) -> None:
        self.what = what
        self.signed = signed
        self.width = width
        self.offset = offset
        self.amount = 0  # to set, or to add
        self.overflow = WRAP

    def fitting(self, number: int) -> int | None:
        """What is put in the place of a number that may not fit; None if nothing is."""
        low = -(1 << (self.width - 1)) if self.signed else 0
        high = low + (1 << self.width) - 1
        if low <= number <= high:
            return number
        if self.overflow == FAIL:
            return None
        if self.overflow == WRAP:
            return (number - low) % (1 << self.width) + low
        # Redis takes a number to set that is negative, or out of reach of 64 bits, for a huge one.
        if self.what == SET and (not self.signed or high - number > INT64_MAX):
            return high
        return low if number < low else high


def get_bit(db: Db, key: bytes, offset: int) -> int:
    """The bit at `offset`; 0 beyond the end, and without a key."""
    return bits.bit_at(db.table(key), key, offset) if db.reads_string(key) else 0


def set_bit(db: Db, key: bytes, offset: int, bit: bool) -> int:
    """Set or clear a bit of the string at key, which grows as needed; the bit that was there."""
    db.is_string(key)
    table = db.table(key)
    grew = bits.make_room(table, key, offset)
    old = bits.bit_at(table, key, offset)
    if grew or old != bit:
        bits.put_bit(table, key, offset, bit)
        db.changed(key, "setbit")
    return old


class BitRange:
    """Positions as a request gives them: of bytes or bits, negative ones counted from the end."""

    def __init__(self) -> None:
        self.start = 0
        self.end = -1
        self.has_end = False
        self.in_bits = False

    def within(self, length: int) -> tuple[int, int]:
        """First and last bit of it in a string of so many bytes; none if the first is behind."""
        size = length * 8 if self.in_bits else length
        start, end = self.start, self.end
        if start < 0:
            start = max(start + size, 0)
        if end < 0:
            end = max(end + size, 0)
        end = min(end, size - 1)
        if start > end:
            return 1, 0
        return (start, end) if self.in_bits else (start * 8, end * 8 + 7)


def count_ones(db: Db, key: bytes, places: BitRange) -> int:
    """How many bits of a range of the string at key are 1."""
    if not db.reads_string(key) or (places.end < places.start < 0):
        return 0
    first, last = places.within(db.string_length(key))
    return bits.count_ones(db.table(key), key, first, last)


def find_bit(db: Db, key: bytes, bit: bool, places: BitRange) -> int:
    """Where the first such bit of a range is, or -1. Behind an end that is not given are zeros."""
    if not db.reads_string(key):
        return -1 if bit else 0
    first, last = places.within(db.string_length(key))
    found = bits.find_bit(db.table(key), key, bit, first, last)
    if found < 0 and not bit and not places.has_end and first <= last:
        return last + 1
    return found


def combine(db: Db, operation: int, key: bytes, sources: list[bytes]) -> int:
    """Put at key what AND, OR, XOR or NOT makes of some strings; its length, 0 if there is none."""
    for source in sources:
        db.reads_string(source)
    tables = [db.table(source) for source in sources]
    if db.type_of(key) and not any(db.string_length(source) for source in sources):
        db.remove(key)
        return 0
    length = bits.combine(operation, tables, sources, db.table(key), key)
    if length:
        db.changed(key, "set")
    return length


def read_fields(db: Db, key: bytes, steps: list[FieldStep]) -> list[int | None]:
    """The numbers in some fields of the string at key."""
    db.reads_string(key)
    table = db.table(key)
    return [bits.field_at(table, key, step.offset, step.width, step.signed) for step in steps]


def last_changed_bit(steps: list[FieldStep]) -> int:
    """Up to where a string has to be for these steps, of which some change a field."""
    return max(step.offset + step.width - 1 for step in steps if step.what != GET)


def change_fields(db: Db, key: bytes, steps: list[FieldStep]) -> list[int | None]:
    """Do the steps, of which some change a field; what each answers.

    Reading and adding answer what is there now, setting what was there before, and None says that a
    number did not fit and nothing was done.
    """
    db.is_string(key)
    table = db.table(key)
    grew = bits.make_room(table, key, last_changed_bit(steps))
    answers: list[int | None] = []
    changes = 0
    for step in steps:
        old = bits.field_at(table, key, step.offset, step.width, step.signed)
        if step.what == GET:
            answers.append(old)
            continue
        new = step.fitting(step.amount if step.what == SET else old + step.amount)
        if new is None:
            answers.append(None)
            continue
        answers.append(old if step.what == SET else new)
        bits.put_field(table, key, step.offset, step.width, new % (1 << step.width))
        if grew or old != new:
            changes += 1
    if changes:
        db.changed(key, "setbit")
        db.effects.changed += changes - 1
    elif grew:
        db.changed(key, "")
    return answers
