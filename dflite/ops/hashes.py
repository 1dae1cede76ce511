"""What can be done to a hash: no argv, no reply. For deadlines see ops/field_deadlines.py."""

from dflite.base.collection_errors import HashValueNotAFloat, HashValueNotAnInteger
from dflite.base.errors import IncrementNotFinite, IncrementOverflow
from dflite.base.numbers import fits_int64
from dflite.native.base import floattext
from dflite.native.base.bytesops import format_int, parse_int
from dflite.native.values import hashes
from dflite.native.values.element_deadlines import field_deadline
from dflite.store.db import NEVER, TYPE_HASH, Db
from dflite.store.effects import GENERIC, HASH


def set_fields(db: Db, key: bytes, pairs: list[bytes], start: int = 0) -> int:
    """Fields and their values in turns, from index `start` on; how many fields are new."""
    db.is_type(key, TYPE_HASH)
    added = hashes.set_fields(db.table(key), key, pairs, start)
    db.changed(key, "hset", HASH)
    db.effects.changed += (len(pairs) - start) // 2 - 1
    return added


def set_if_absent(db: Db, key: bytes, field: bytes, value: bytes) -> bool:
    """A value for a field without one; False if it has one."""
    if db.is_type(key, TYPE_HASH) and hashes.get(db.table(key), key, field) is not None:
        return False
    hashes.set_fields(db.table(key), key, [field, value])
    db.changed(key, "hset", HASH)
    return True


def delete_fields(db: Db, key: bytes, fields: list[bytes], start: int = 0) -> int:
    """Delete fields; how many of them were there. The hash goes with its last one."""
    if not db.is_type(key, TYPE_HASH):
        return 0
    deleted = hashes.delete_fields(db.table(key), key, fields, start)
    if deleted:
        db.changed(key, "hdel", HASH)
        db.effects.changed += deleted - 1
    announce_if_gone(db, key)
    return deleted


def announce_if_gone(db: Db, key: bytes) -> None:
    """Did the collection at key, which was there, go with its last element?"""
    if not db.exists(key):
        db.also(key, "del", GENERIC)


def increment(db: Db, key: bytes, field: bytes, delta: int) -> int:
    """Add to the integer of a field, which is 0 without a value; the sum."""
    db.is_type(key, TYPE_HASH)
    table = db.table(key)
    old = hashes.get(table, key, field)
    number = 0 if old is None else parse_int(old)
    if number is None:
        raise HashValueNotAnInteger
    number += delta
    if not fits_int64(number):
        raise IncrementOverflow
    hashes.update_field(table, key, field, format_int(number))
    db.changed(key, "hincrby", HASH)
    return number


def increment_float(db: Db, key: bytes, field: bytes, delta: bytes) -> bytes:
    """Add a number in text to the one of a field, which is 0 without a value; the sum in text."""
    db.is_type(key, TYPE_HASH)
    table = db.table(key)
    old = hashes.get(table, key, field)
    try:
        total = floattext.add_long_double(b"0" if old is None else old, delta)
    except floattext.NotAFloat:
        raise HashValueNotAFloat from None
    except floattext.NotFinite:
        raise IncrementNotFinite from None
    hashes.update_field(table, key, field, total)
    db.changed(key, "hincrbyfloat", HASH)
    if db.effects.journaling:
        # another machine's long double may round otherwise
        if field_deadline(table, key, field) == NEVER:
            db.replicate_as([b"HSET", key, field, total])
        else:
            db.replicate_as([b"HSETEX", key, b"KEEPTTL", b"FIELDS", b"1", field, total])
    return total
