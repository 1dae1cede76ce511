"""Deadlines of a hash's fields: giving, taking, and what comes with reading and setting fields."""

from typing import Final

from dflite.native.base.bytesops import format_int
from dflite.native.values import hashes
from dflite.native.values.element_deadlines import field_deadline, set_field_deadline
from dflite.ops.hashes import announce_if_gone
from dflite.ops.keys import IF_LATER, IF_SOONER, WITH_ONE, WITHOUT_ONE
from dflite.store.db import NEVER, TYPE_HASH, Db
from dflite.store.effects import BESIDE, GENERIC, HASH

# What became of a field.
NO_FIELD: Final = -2
NO_DEADLINE: Final = -1
CONDITION_NOT_MET: Final = 0
CHANGED: Final = 1
DELETED: Final = 2

# When HSETEX sets, besides what `ops.keys` has.
ALWAYS: Final = 0
IF_ABSENT: Final = 1
IF_PRESENT: Final = 2
KEEP: Final = -3  # the deadline that a field has


def set_deadlines(
    db: Db, key: bytes, fields: list[bytes], deadline: int, conditions: int = 0
) -> list[int]:
    """Give fields a deadline (Unix ms) if the conditions hold; what became of each."""
    if not db.is_type(key, TYPE_HASH):
        return [NO_FIELD] * len(fields)
    table = db.table(key)
    past = db.is_past(deadline)
    results = []
    given: list[bytes] = []
    deleted: list[bytes] = []
    for field in fields:
        current = field_deadline(table, key, field)
        if current == NO_FIELD:
            results.append(NO_FIELD)
        elif not condition_holds(current, deadline, conditions):
            results.append(CONDITION_NOT_MET)
        elif past:
            hashes.delete_fields(table, key, [field])
            deleted.append(field)
            results.append(DELETED)
        else:
            set_field_deadline(table, key, field, deadline)
            given.append(field)
            results.append(CHANGED)
    announce_given(db, key, given, deadline)
    announce_expired(db, key, deleted)
    return results


def condition_holds(current: int, deadline: int, conditions: int) -> bool:
    """May a field with this deadline get that one? No deadline is later than any."""
    if conditions & WITHOUT_ONE and current != NEVER:
        return False
    if conditions & WITH_ONE and current == NEVER:
        return False
    if conditions & IF_LATER and (current == NEVER or deadline <= current):
        return False
    return not (conditions & IF_SOONER and current != NEVER and deadline >= current)


def announce_given(db: Db, key: bytes, fields: list[bytes], deadline: int) -> None:
    """Fields of key have got a deadline."""
    if not fields:
        return
    db.note_element_deadline(key, deadline)
    db.changed(key, "hexpire", HASH)
    db.effects.changed += len(fields) - 1
    if db.effects.journaling:
        count = format_int(len(fields))
        db.replicate_as([b"HPEXPIREAT", key, format_int(deadline), b"FIELDS", count, *fields])


def announce_expired(db: Db, key: bytes, fields: list[bytes]) -> None:
    """Fields of key were deleted because a deadline was given that has passed."""
    if not fields:
        return
    db.changed(key, "hexpired", HASH)
    db.effects.changed += len(fields) - 1
    db.replicate_as([b"HDEL", key, *fields])
    announce_if_gone(db, key)


def persist(db: Db, key: bytes, fields: list[bytes]) -> list[int]:
    """Take the deadlines of fields away; CHANGED, NO_DEADLINE or NO_FIELD for each."""
    if not db.is_type(key, TYPE_HASH):
        return [NO_FIELD] * len(fields)
    table = db.table(key)
    results = []
    for field in fields:
        current = field_deadline(table, key, field)
        if current < 0:
            results.append(current)
        else:
            set_field_deadline(table, key, field, NEVER)
            results.append(CHANGED)
    changes = results.count(CHANGED)
    if changes:
        db.changed(key, "hpersist", HASH)
        db.effects.changed += changes - 1
    return results


def deadlines(db: Db, key: bytes, fields: list[bytes]) -> list[int]:
    """Unix ms, NO_DEADLINE or NO_FIELD for each."""
    if not db.reads_type(key, TYPE_HASH):
        return [NO_FIELD] * len(fields)
    table = db.table(key)
    return [field_deadline(table, key, field) for field in fields]


def set_if(
    db: Db, key: bytes, pairs: list[bytes], deadline: int, when_fields: int = ALWAYS
) -> bool:
    """Set fields with a deadline, NEVER, or KEEP, if the condition holds; were they set?

    `when_fields` asks whether all or none of the fields are there.
    """
    there = db.is_type(key, TYPE_HASH)
    table = db.table(key)
    if when_fields != ALWAYS:
        for i in range(0, len(pairs), 2):
            present = there and field_deadline(table, key, pairs[i]) != NO_FIELD
            if present != (when_fields == IF_PRESENT):
                return False
    if deadline >= 0 and db.is_past(deadline):
        set_with_past_deadline(db, key, pairs)
        return True
    if deadline == KEEP:
        for i in range(0, len(pairs), 2):
            hashes.update_field(table, key, pairs[i], pairs[i + 1])
    else:
        hashes.set_fields(table, key, pairs, 0, deadline)
    db.changed(key, "hset", HASH)
    db.effects.changed += len(pairs) // 2 - 1
    if deadline >= 0:
        db.note_element_deadline(key, deadline)
        db.also(key, "hexpire", HASH)
        if db.effects.journaling:
            count = format_int(len(pairs) // 2)
            when = [b"PXAT", format_int(deadline)]
            db.replicate_as([b"HSETEX", key, *when, b"FIELDS", count, *pairs])
    elif db.effects.journaling:
        keep = [b"KEEPTTL"] if deadline == KEEP else []
        db.replicate_as([b"HSETEX", key, *keep, b"FIELDS", format_int(len(pairs) // 2), *pairs])
    return True


def set_with_past_deadline(db: Db, key: bytes, pairs: list[bytes]) -> None:
    """Fields that would be gone at once go, and are announced as if they had been set before."""
    table = db.table(key)
    deleted = [field for field in pairs[::2] if hashes.delete_fields(table, key, [field])]
    # without such fields it is all the same before and after: nobody's WATCH or cache is concerned
    beside = 0 if deleted else BESIDE
    for event in ("hset", "hexpire", "hexpired"):
        db.also(key, event, HASH | beside)
    if deleted:
        db.effects.changed += len(deleted)
        db.replicate_as([b"HDEL", key, *deleted])
    if not db.exists(key):
        db.also(key, "del", GENERIC | beside)


def get_and_expire(db: Db, key: bytes, fields: list[bytes], deadline: int) -> list[bytes | None]:
    """The values of fields, which get a deadline, or with NEVER lose theirs.

    Whoever asks has looked the key up, which counts as a hit or a miss.
    """
    if not db.is_type(key, TYPE_HASH):
        return [None] * len(fields)
    table = db.table(key)
    values: list[bytes | None] = []
    for field in fields:
        again = db.is_past(deadline) and deadline != NEVER and field in fields[: len(values)]
        values.append(None if again else hashes.get(table, key, field))
    if deadline == NEVER:
        persist(db, key, fields)
    else:
        set_deadlines(db, key, fields, deadline)
    return values


def get_and_delete(db: Db, key: bytes, fields: list[bytes]) -> list[bytes | None]:
    """The values of fields, which go."""
    if not db.is_type(key, TYPE_HASH):
        return [None] * len(fields)
    table = db.table(key)
    values: list[bytes | None] = []
    deleted = []
    for field in fields:
        value = hashes.get(table, key, field)
        values.append(value)
        if value is not None:
            hashes.delete_fields(table, key, [field])
            deleted.append(field)
    if deleted:
        db.changed(key, "hdel", HASH)
        db.effects.changed += len(deleted) - 1
        db.replicate_as([b"HDEL", key, *deleted])
        announce_if_gone(db, key)
    return values
