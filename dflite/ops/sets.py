"""What can be done to a set: no argv, no reply."""

from typing import Final

from dflite.native.keyspace.table import Table
from dflite.native.values import set_algebra, set_draws, set_forms, set_walks, sets
from dflite.native.wire.reply import Reply
from dflite.ops.hashes import announce_if_gone
from dflite.store.db import TYPE_SET, Db
from dflite.store.effects import SET

# How sets are combined.
INTERSECTION: Final = 0
UNION: Final = 1
DIFFERENCE: Final = 2

STORE_EVENTS: Final = ["sinterstore", "sunionstore", "sdiffstore"]
BATCH: Final = 1024  # members a request of the journal


def add(db: Db, key: bytes, members: list[bytes], start: int = 0) -> int:
    """Add members, from index `start` of a list on; how many are new."""
    db.is_type(key, TYPE_SET)
    added = sets.add(db.table(key), key, members, start)
    if added:
        db.changed(key, "sadd", SET)
        db.effects.changed += added - 1
    return added


def remove(db: Db, key: bytes, members: list[bytes], start: int = 0) -> int:
    """Remove members, from index `start` of a list on; how many were there."""
    if not db.is_type(key, TYPE_SET):
        return 0
    removed = sets.remove(db.table(key), key, members, start)
    if removed:
        announce_removed(db, key, "srem", removed)
    return removed


def announce_removed(db: Db, key: bytes, event: str, count: int) -> None:
    """So many members of key were removed, perhaps the last, and the key with it."""
    db.changed(key, event, SET)
    db.effects.changed += count - 1
    announce_if_gone(db, key)


def move(db: Db, key: bytes, target: bytes, member: bytes) -> bool:
    """Move a member from one set to another; False if it is not there."""
    if not db.exists(key):
        return False
    db.is_type(key, TYPE_SET)
    db.is_type(target, TYPE_SET)
    if key == target:
        return sets.contains(db.table(key), key, member)
    if not sets.remove(db.table(key), key, [member]):
        return False
    announce_removed(db, key, "srem", 1)
    if sets.add(db.table(target), target, [member]):
        db.changed(target, "sadd", SET)
    return True


def pop(db: Db, key: bytes, reply: Reply) -> bool:
    """Take a member out by chance and answer it; False, and no answer, if there is none."""
    if not db.is_type(key, TYPE_SET):
        return False
    table = db.table(key)
    if not db.effects.journaling:
        if not set_draws.pop(table, key, reply):
            return False
        announce_removed(db, key, "spop", 1)
        return True
    popped = set_draws.pop_many(table, key, 1)
    if not popped:
        return False
    reply.bulk(popped[0])
    announce_removed(db, key, "spop", 1)
    db.replicate_as([b"SREM", key, popped[0]])
    return True


def pop_many(db: Db, key: bytes, count: int) -> list[bytes]:
    """Take members out by chance."""
    if not db.is_type(key, TYPE_SET) or count == 0:
        return []
    popped = set_draws.pop_many(db.table(key), key, count)
    if not popped:
        return popped
    announce_removed(db, key, "spop", len(popped))
    whole = not db.exists(key)
    if whole:
        db.hits += 1  # to Redis that is reading the set, and deleting it
    if db.effects.journaling:
        if whole:
            db.replicate_as([b"DEL", key])
        else:
            for at in range(0, len(popped), BATCH):
                db.replicate_as([b"SREM", key, *popped[at : at + BATCH]])
    return popped


# -- several sets ----------------------------------------------------------------------------------


def readable(db: Db, keys: list[bytes]) -> list[tuple[Table, bytes]]:
    """Where the sets at these keys are, counted as hits and misses; WrongType for other values."""
    for key in keys:
        db.reads_type(key, TYPE_SET)
    return [(db.table(key), key) for key in keys]


def combine(sources: list[tuple[Table, bytes]], how: int) -> list[bytes]:
    """The members of what the sets are combined to."""
    if how == INTERSECTION:
        return set_algebra.intersection(sources)
    return set_algebra.union(sources) if how == UNION else set_algebra.difference(sources)


def store_combined(db: Db, target: bytes, keys: list[bytes], how: int) -> int:
    """Put what the sets are combined to at `target`, in the place of what is there; its size."""
    sources = readable(db, keys)
    members = combine(sources, how)
    if not members:
        db.remove(target)
        return 0
    table = db.table(target)
    if how == DIFFERENCE and set_algebra.takes_all_first(sources):
        # then it has the form that a copy of the first set would have
        first = set_walks.members(*sources[0])
        staying = frozenset(members)
        sets.put(table, target, first, set_forms.INTEGERS)
        sets.remove(table, target, [member for member in first if member not in staying])
    else:
        sets.put(table, target, members, set_forms.INTEGERS)
    db.changed(target, STORE_EVENTS[how], SET)
    return len(members)
