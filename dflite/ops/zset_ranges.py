"""Ranges of a sorted set: by rank, by score, by member; reading, removing and storing them.

A range says which ranks it has; everything else is done to ranks. `first` is the rank of its
first member in the order asked for, so with `reverse` the others stand before it.
"""

from typing import Final

from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.wire.reply import Reply
from dflite.ops.zsets import announce_removed, store
from dflite.store.db import TYPE_ZSET, Db

EVERYTHING: Final = -1  # no limit


class Range:
    """Some members that follow each other."""

    def ranks(self, table: Table, key: bytes, reverse: bool) -> tuple[int, int]:
        """(lowest rank, count) of the sorted set at key, which is there."""
        raise NotImplementedError


class RankRange(Range):
    """From one rank to another, both included; negatives count from the end."""

    def __init__(self, start: int, stop: int) -> None:
        self.start = start
        self.stop = stop

    def ranks(self, table: Table, key: bytes, reverse: bool) -> tuple[int, int]:
        size = zsets.size(table, key)
        start = max(self.start + size, 0) if self.start < 0 else self.start
        stop = min(self.stop + size if self.stop < 0 else self.stop, size - 1)
        if start > stop:
            return 0, 0
        return size - 1 - stop if reverse else start, stop - start + 1


class ScoreRange(Range):
    """Scores from low to high; an open end is left out."""

    def __init__(self, low: float, low_open: bool, high: float, high_open: bool) -> None:
        self.low = low
        self.low_open = low_open
        self.high = high
        self.high_open = high_open

    def ranks(self, table: Table, key: bytes, reverse: bool) -> tuple[int, int]:
        return zset_ranges.by_score(table, key, self.low, self.low_open, self.high, self.high_open)


class MemberRange(Range):
    """Members from low to high, None for no limit; for sets in which all scores are equal."""

    def __init__(
        self, low: bytes | None, low_open: bool, high: bytes | None, high_open: bool
    ) -> None:
        self.low = low
        self.low_open = low_open
        self.high = high
        self.high_open = high_open

    def ranks(self, table: Table, key: bytes, reverse: bool) -> tuple[int, int]:
        return zset_ranges.by_member(
            table, key, self.low, self.low_open, self.high, self.high_open, reverse
        )


class NoRange(Range):
    """Nothing at all: it begins above, or ends below, every member."""

    def ranks(self, table: Table, key: bytes, reverse: bool) -> tuple[int, int]:
        return 0, 0


class Choice:
    """A range with the order asked for and the part of it that is wanted."""

    def __init__(self, among: Range, reverse: bool, offset: int, limit: int) -> None:
        self.among = among
        self.reverse = reverse
        self.offset = offset
        self.limit = limit

    def ranks(self, table: Table, key: bytes) -> tuple[int, int]:
        """(rank of the first member, count) of the sorted set at key, which is there."""
        lowest, count = self.among.ranks(table, key, self.reverse)
        if self.offset < 0 or self.offset >= count:
            return 0, 0
        first = lowest + count - 1 - self.offset if self.reverse else lowest + self.offset
        count -= self.offset
        return first, count if self.limit < 0 else min(count, self.limit)


def count(db: Db, key: bytes, among: Range) -> int:
    """How many members the range has."""
    if not db.reads_type(key, TYPE_ZSET):
        return 0
    return among.ranks(db.table(key), key, False)[1]


def answer(db: Db, key: bytes, choice: Choice, reply: Reply, shape: int) -> None:
    """Answer an array of the members chosen."""
    if not db.reads_type(key, TYPE_ZSET):
        reply.array(0)
        return
    table = db.table(key)
    first, number = choice.ranks(table, key)
    zset_ranges.reply_ranks(table, key, reply, first, number, choice.reverse, shape)


def pairs(db: Db, key: bytes, choice: Choice) -> list[tuple[bytes, float]]:
    """The members chosen, with their scores."""
    if not db.reads_type(key, TYPE_ZSET):
        return []
    table = db.table(key)
    first, number = choice.ranks(table, key)
    return zset_ranges.pairs(table, key, first, number, choice.reverse)


def remove(db: Db, key: bytes, among: Range, event: str) -> int:
    """Remove the members of a range; how many there were."""
    if not db.is_type(key, TYPE_ZSET):
        return 0
    table = db.table(key)
    first, number = among.ranks(table, key, False)
    if number:
        zset_ranges.remove_ranks(table, key, first, number)
        announce_removed(db, key, event, number)
    return number


def store_range(db: Db, target: bytes, key: bytes, choice: Choice) -> int:
    """Put the members chosen at `target`, in the place of what is there; how many they are."""
    zset = SortedSet(db.clock)
    if db.reads_type(key, TYPE_ZSET):
        table = db.table(key)
        first, number = choice.ranks(table, key)
        zset = zset_ranges.copy_ranks(table, key, first, number, choice.reverse)
    return store(db, target, zset, "zrangestore")
