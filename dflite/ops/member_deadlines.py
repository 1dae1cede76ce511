"""Deadlines of a set's members: giving them with or without adding, and asking."""

from dflite.native.base.bytesops import format_int
from dflite.native.values import sets
from dflite.native.values.element_deadlines import add_expiring
from dflite.ops.field_deadlines import CHANGED, DELETED, NO_FIELD
from dflite.ops.sets import announce_removed
from dflite.store.db import TYPE_SET, Db
from dflite.store.effects import SET


def add(db: Db, key: bytes, members: list[bytes], deadline: int, keep: bool) -> int:
    """Add members with a deadline (Unix ms); how many are new.

    Those that are there get it too, unless they are to keep what they have.
    """
    db.is_type(key, TYPE_SET)
    added = add_expiring(db.table(key), key, members, deadline, keep)
    if added or not keep:
        announce_given(db, key, members, deadline, keep)
    return added


def announce_given(
    db: Db, key: bytes, members: list[bytes], deadline: int, keep: bool = False
) -> None:
    """Members of key, new ones or old, have got a deadline."""
    db.note_element_deadline(key, deadline)
    db.changed(key, "sadd", SET)
    db.effects.changed += len(members) - 1
    if db.effects.journaling:
        option = [b"KEEPTTL"] if keep else []
        db.replicate_as([b"SADDEX", key, *option, b"PXAT", format_int(deadline), *members])


def set_deadlines(db: Db, key: bytes, members: list[bytes], deadline: int) -> list[int]:
    """Give members that are there a deadline (Unix ms); what became of each."""
    if not db.is_type(key, TYPE_SET):
        return [NO_FIELD] * len(members)
    table = db.table(key)
    there = [sets.contains(table, key, member) for member in members]
    found = [members[i] for i in range(len(members)) if there[i]]
    outcome = CHANGED
    if found and db.is_past(deadline):
        outcome = DELETED
        announce_removed(db, key, "srem", sets.remove(table, key, found))
        db.replicate_as([b"SREM", key, *found])
    elif found:
        add_expiring(table, key, found, deadline, False)
        announce_given(db, key, found, deadline)
    return [outcome if present else NO_FIELD for present in there]
