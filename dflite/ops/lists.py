"""What can be done to a list: no argv, no reply."""

from typing import Final

from dflite.base.collection_errors import IndexOutOfRange
from dflite.base.errors import NoSuchKey
from dflite.native.values import list_edits, lists
from dflite.store.db import TYPE_LIST, Db
from dflite.store.effects import GENERIC, LIST

PUSHED: Final = {True: "lpush", False: "rpush"}  # by whether it was at the left
POPPED: Final = {True: "lpop", False: "rpop"}


def push(db: Db, key: bytes, items: list[bytes], left: bool) -> int:
    """Push one item after the other at an end of the list at key; its new length."""
    db.is_type(key, TYPE_LIST)
    length = lists.push(db.table(key), key, items, left)
    db.changed(key, PUSHED[left], LIST)
    db.effects.changed += len(items) - 1
    return length


def push_if_present(db: Db, key: bytes, items: list[bytes], left: bool) -> int:
    """The same to a list that is there; 0 if it is not."""
    return push(db, key, items, left) if db.is_type(key, TYPE_LIST) else 0


def popped(db: Db, key: bytes, left: bool, count: int, remaining: int) -> None:
    """Announce that so many elements were popped, and how many remain."""
    db.changed(key, POPPED[left], LIST)
    db.effects.changed += count - 1
    if not remaining:
        db.also(key, "del", GENERIC)


def move(db: Db, key: bytes, new_key: bytes, from_left: bool, to_left: bool) -> bytes | None:
    """Take the element at an end to an end of another list, or of the same; None without a list."""
    if not db.is_type(key, TYPE_LIST):
        return None
    db.is_type(new_key, TYPE_LIST)
    table = db.table(key)
    item = lists.move(table, key, from_left, db.table(new_key), new_key, to_left)
    db.changed(new_key, PUSHED[to_left], LIST)
    db.also(key, POPPED[from_left], LIST)
    if not lists.length(table, key):
        db.also(key, "del", GENERIC)
    return item


def set_element(db: Db, key: bytes, index: int, item: bytes) -> None:
    """Another element at an index, a negative one from the end; the list has to be there."""
    if not list_edits.set_element(db.table(key), key, index, item):
        raise IndexOutOfRange
    db.changed(key, "lset", LIST)


def must_be_list(db: Db, key: bytes) -> None:
    """NoSuchKey if nothing is at key, WrongType if it is no list."""
    if not db.is_type(key, TYPE_LIST):
        raise NoSuchKey


def insert(db: Db, key: bytes, pivot: bytes, item: bytes, behind: bool) -> int:
    """Insert beside the first element like `pivot`; the new length, -1 without one, 0: no list."""
    if not db.is_type(key, TYPE_LIST):
        return 0
    length = list_edits.insert(db.table(key), key, pivot, item, behind)
    if length > 0:
        db.changed(key, "linsert", LIST)
    return length


def remove(db: Db, key: bytes, item: bytes, count: int) -> int:
    """Remove elements like `item`: `count` from the head, or tail if negative, or all; how many."""
    if not db.is_type(key, TYPE_LIST):
        return 0
    table = db.table(key)
    removed = list_edits.remove(table, key, item, count)
    if removed:
        db.changed(key, "lrem", LIST)
        db.effects.changed += removed - 1
        if not lists.length(table, key):
            db.also(key, "del", GENERIC)
    return removed


def trim(db: Db, key: bytes, start: int, stop: int) -> None:
    """Keep the elements from `start` to `stop`, any indices."""
    if not db.is_type(key, TYPE_LIST):
        return
    table = db.table(key)
    db.effects.changed += list_edits.trim(table, key, start, stop)
    db.also(key, "ltrim", LIST)  # even if nothing had to be removed
    if not lists.length(table, key):
        db.also(key, "del", GENERIC)
