"""What can be done to a key, whatever it holds: no argv, no reply."""

from typing import Final

from dflite.base.errors import NoSuchKey
from dflite.native.base.bytesops import format_int
from dflite.native.keyspace.index import before_change
from dflite.store.db import NEVER, Db
from dflite.store.effects import GENERIC, HASH, LIST, SET, STREAM, STRING, ZSET

# When a key is given a deadline; bits, as some go together.
WITHOUT_ONE: Final = 1  # NX
WITH_ONE: Final = 2  # XX
IF_LATER: Final = 4  # GT
IF_SOONER: Final = 8  # LT

# A key that turns up under a name may be what somebody waits for.
ANY_VALUE: Final = GENERIC | STRING | LIST | SET | ZSET | HASH | STREAM

STICKS: Final = b"sticky-key "  # in an ECHO: a key follows


def delete_keys(db: Db, keys: list[bytes]) -> int:
    """Remove those keys that are there; how many were."""
    removed = 0
    for key in keys:
        if db.remove(key):
            removed += 1
    return removed


def delete_due(db: Db, key: bytes) -> None:
    """A command set a deadline that has passed: key goes, and to the journal it is a deletion."""
    if db.remove(key):
        db.replicate_as([b"DEL", key])


def set_deadline(db: Db, key: bytes, deadline: int, conditions: int = 0) -> bool:
    """Give key a deadline (Unix ms) if the conditions hold; False if not, or without such a key."""
    current = db.find_deadline(key)
    if current == -2:
        return False
    if conditions:
        if conditions & WITHOUT_ONE and current != NEVER:
            return False
        if conditions & WITH_ONE and current == NEVER:
            return False
        # no deadline is later than any
        if conditions & IF_LATER and (current == NEVER or deadline <= current):
            return False
        if conditions & IF_SOONER and current != NEVER and deadline >= current:
            return False
    if db.is_past(deadline):
        delete_due(db, key)
        return True
    db.set_deadline(key, deadline)
    db.changed(key, "expire", GENERIC)
    if db.effects.journaling:
        db.replicate_as([b"PEXPIREAT", key, format_int(deadline)])
    return True


def persist(db: Db, key: bytes) -> bool:
    """Take key's deadline away; False if it had none."""
    if db.find_deadline(key) < 0:
        return False
    db.set_deadline(key, NEVER)
    db.changed(key, "persist", GENERIC)
    return True


def rename(db: Db, key: bytes, new_key: bytes, only_if_absent: bool) -> bool:
    """Give key another name, in the place of what had it; False if none may have had it."""
    if not db.exists(key):
        raise NoSuchKey
    if key == new_key:
        return not only_if_absent
    if db.exists(new_key) and only_if_absent:
        return False
    db.move(key, db, new_key)
    db.changed(key, "rename_from", GENERIC)
    db.also(new_key, "rename_to", ANY_VALUE)
    return True


def copy(db: Db, key: bytes, target: Db, new_key: bytes, replace: bool) -> bool:
    """Copy key, which is there; False if the new one exists and is not to be replaced."""
    if target.exists(new_key) and not replace:
        return False
    db.copy(key, target, new_key)
    target.changed(new_key, "copy_to", ANY_VALUE)
    return True


def move(db: Db, key: bytes, target: Db) -> bool:
    """Move key to another database; False if it is not here, or one is there already."""
    if not db.exists(key) or target.exists(key):
        return False
    db.move(key, target, key)
    db.changed(key, "move_from", GENERIC)
    target.also(key, "move_to", ANY_VALUE)
    return True


def stick(db: Db, keys: list[bytes]) -> int:
    """Exempt keys from eviction; how many were there and not exempt yet."""
    stuck = 0
    for key in keys:
        if db.exists(key) and db.table(key).stick(key):
            stuck += 1
            db.effects.changed += 1  # for the log; to nobody who looks at the key
            # no Redis has such a command; ECHO is what every one runs and nobody minds
            db.replicate_as([b"ECHO", STICKS + key])
    return stuck


def take_stickiness(db: Db, text: bytes) -> None:
    """What a primary, or the log, says by ECHO: nothing, unless it is that a key is sticky."""
    if text.startswith(STICKS):
        key = text[len(STICKS) :]
        before_change(db.table(key), key)
        db.table(key).stick(key)
