"""What can be done to a sorted set: no argv, no reply. For ranges see ops/zset_ranges.py."""

from typing import Final

from dflite.base.collection_errors import ScoreNotANumber
from dflite.base.errors import WrongType
from dflite.native.base.bytesops import format_int
from dflite.native.sorted_sets import zset_algebra, zsets
from dflite.native.sorted_sets.sortedset import SortedSet, sorted_set
from dflite.native.sorted_sets.zset_algebra import Source
from dflite.native.sorted_sets.zsets import DONE_NO_NUMBER, DONE_REFUSED, INCREMENT
from dflite.native.wire.reply import Reply
from dflite.ops.hashes import announce_if_gone
from dflite.store.db import TYPE_SET, TYPE_ZSET, Db
from dflite.store.effects import ZSET

# How sorted sets are combined.
UNION: Final = 0
INTERSECTION: Final = 1
DIFFERENCE: Final = 2

STORE_EVENTS: Final = ["zunionstore", "zinterstore", "zdiffstore"]


class Added:
    """What came of adding members: how many are new, how many have another score."""

    def __init__(self, new: int, changed: int) -> None:
        self.new = new
        self.changed = changed


# -- adding and removing ---------------------------------------------------------------------------


def add(db: Db, key: bytes, scores: list[float], members: list[bytes], how: int = 0) -> Added:
    """Give members these scores where the conditions hold (IF_ABSENT | IF_GREATER …)."""
    db.is_type(key, TYPE_ZSET)
    new, changed, _done, _score = zsets.add(db.table(key), key, scores, members, how)
    if new or changed:
        db.changed(key, "zadd", ZSET)
        db.effects.changed += new + changed - 1
    return Added(new, changed)


def increment(db: Db, key: bytes, delta: float, member: bytes, how: int = 0) -> float | None:
    """Add to a member's score, which is 0 where there is none; None if a condition forbids it."""
    db.is_type(key, TYPE_ZSET)
    new, changed, done, score = zsets.add(db.table(key), key, [delta], [member], how | INCREMENT)
    if done == DONE_NO_NUMBER:
        raise ScoreNotANumber
    if new or changed:
        db.changed(key, "zincr", ZSET)
    return None if done == DONE_REFUSED else score


def remove(db: Db, key: bytes, members: list[bytes]) -> int:
    """Remove members; how many were there."""
    if not db.is_type(key, TYPE_ZSET):
        return 0
    removed = zsets.remove(db.table(key), key, members)
    if removed:
        announce_removed(db, key, "zrem", removed)
    return removed


def announce_removed(db: Db, key: bytes, event: str, count: int) -> None:
    """So many members of key were removed, perhaps the last, and the key with it."""
    db.changed(key, event, ZSET)
    db.effects.changed += count - 1
    announce_if_gone(db, key)


def pop(db: Db, key: bytes, count: int, highest: bool, reply: Reply, shape: int) -> int:
    """Answer at most `count` members from an end of key, which is there, and remove them."""
    table = db.table(key)
    before = zsets.size(table, key)
    popped = before - zsets.pop(table, key, count, highest, reply, shape)
    if popped:
        announce_removed(db, key, "zpopmax" if highest else "zpopmin", popped)
    return popped


def replicate_pop(db: Db, key: bytes, highest: bool, count: int = 0) -> None:
    """To the journal, what popped from key is a ZPOPMIN or ZPOPMAX (0: without a count)."""
    if db.effects.journaling:
        argv = [b"ZPOPMAX" if highest else b"ZPOPMIN", key]
        db.replicate_as([*argv, format_int(count)] if count else argv)


# -- asking ----------------------------------------------------------------------------------------


def size(db: Db, key: bytes) -> int:
    """How many members, counted as a hit or a miss."""
    return zsets.size(db.table(key), key) if db.reads_type(key, TYPE_ZSET) else 0


def score_of(db: Db, key: bytes, member: bytes) -> float | None:
    """A member's score; counted as a hit or a miss of the key."""
    return zsets.score(db.table(key), key, member) if db.reads_type(key, TYPE_ZSET) else None


# -- several sorted sets ---------------------------------------------------------------------------


def check_sources(db: Db, keys: list[bytes]) -> None:
    """WrongType unless there are sorted sets, sets or nothing; counted as hits and misses."""
    for key in keys:
        if db.read_type(key, True) not in (0, TYPE_SET, TYPE_ZSET):
            raise WrongType


def sources_of(db: Db, keys: list[bytes], weights: list[float]) -> list[Source]:
    """What is at these keys, which were checked, with the weights of the scores."""
    pairs = zip(keys, weights, strict=True)
    return [Source(db.table(key), key, weight) for key, weight in pairs]


def combine(db: Db, keys: list[bytes], weights: list[float], how: int, aggregate: int) -> SortedSet:
    """What the sorted sets and sets at these keys, which were checked, are combined to."""
    sources = sources_of(db, keys, weights)
    if how == UNION:
        return zset_algebra.union(db.clock, sources, aggregate)
    if how == INTERSECTION:
        return zset_algebra.intersection(db.clock, sources, aggregate)
    return zset_algebra.difference(db.clock, sources)


def store(db: Db, key: bytes, zset: SortedSet, event: str) -> int:
    """Put a sorted set at key in the place of what is there; nothing if it is empty. Its size."""
    count = len(zset)
    if count == 0:
        db.remove(key)
        return 0
    zset_algebra.put(db.table(key), key, zset)
    db.changed(key, event, ZSET)
    return count


def store_pairs(db: Db, key: bytes, pairs: list[tuple[bytes, float]], event: str) -> int:
    """The same of members with scores, each named once."""
    return store(db, key, sorted_set(db.clock, pairs), event)
