"""All databases of the node, and what concerns them together: FLUSHALL, SWAPDB, SCAN, memory."""

import random
from typing import Final

from dflite.native.base.clock import Clock
from dflite.native.keyspace.remains import Remains
from dflite.native.keyspace.table import Table, bytes_of
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.element_deadlines import ElementDeadlines
from dflite.store.shards import shard_of

CURSOR_BITS: Final = 48  # of a table's own cursor
CURSOR_MASK: Final = (1 << CURSOR_BITS) - 1


class Keyspace:
    """Databases in shards. `tables[database][shard]` is what the hot lane reads."""

    def __init__(
        self, clock: Clock, effects: Effects, databases: int = 16, shards: int = 1
    ) -> None:
        self.clock = clock
        self.effects = effects
        self.shards = shards
        self.tables: list[list[Table]] = [
            [Table(clock) for _ in range(shards)] for _ in range(databases)
        ]
        self.dbs = [Db(i, tables, clock, effects) for i, tables in enumerate(self.tables)]
        self.remains: list[Remains] = []
        self.keys_of_remains: list[int] = []
        self.freed_lazily = 0  # keys

    def flush(self, db: Db) -> None:
        """Empty a database at once; `free_some` gives its memory back bit by bit."""
        keys = len(db)
        for part in db.clear():
            self.remains.append(part)
            self.keys_of_remains.append(keys)
            keys = 0  # of all shards together, counted with the first

    def free_some(self, entries: int) -> bool:
        """Free about `entries` entries of what was flushed or deleted; True while there is more."""
        before = buried()
        if self.remains:
            more = self.remains[-1].free(entries)
            self.keys_of_remains[-1] -= buried() - before  # their keys wait there now
            if not more:
                self.remains.pop()
                self.freed_lazily += self.keys_of_remains.pop()
            return bool(self.remains) or buried() > 0
        more = free_buried(entries)
        self.freed_lazily += before - buried()
        return more

    def pending(self) -> int:
        """Keys whose memory is still to be given back."""
        return sum(self.keys_of_remains) + buried()

    def has_remains(self) -> bool:
        """Is there something to free? Flushed databases, or large values that were deleted."""
        return bool(self.remains) or buried() > 0

    def swap(self, first: int, second: int) -> None:
        """Exchange the keys of two databases."""
        tables = self.tables
        tables[first], tables[second] = tables[second], tables[first]
        one, other = self.dbs[first], self.dbs[second]
        one.tables = tables[first]
        other.tables = tables[second]
        deadlines = one.element_deadlines
        one.element_deadlines = other.element_deadlines
        other.element_deadlines = deadlines
        deadlines = one.own_deadlines
        one.own_deadlines = other.own_deadlines
        other.own_deadlines = deadlines

    def twin(self) -> "Keyspace":
        """An empty keyspace of the same shape, to be filled and exchanged for this one."""
        twin = Keyspace(self.clock, self.effects, len(self.dbs), self.shards)
        for mine, others in zip(self.tables, twin.tables, strict=True):
            for table, other in zip(mine, others, strict=True):
                other.note_uses_as(table)
        return twin

    def exchange(self, other: "Keyspace") -> None:
        """Hold what the other one holds, and let it have what was here. Nothing may be being saved.

        The tables stay, since others know them; only what is in them changes places.
        """
        for db, of_other in zip(self.dbs, other.dbs, strict=True):
            for table, theirs in zip(db.tables, of_other.tables, strict=True):
                table.exchange(theirs)
            deadlines = db.element_deadlines
            db.element_deadlines = of_other.element_deadlines
            of_other.element_deadlines = deadlines
            db.own_deadlines = ElementDeadlines()
            db.effects_of_deadline(0)  # when something is due has to be found out again

    def scan(
        self, db: Db, cursor: int, count: int, pattern: bytes | None, kind: int
    ) -> tuple[int, list[bytes]]:
        """(next cursor, keys) as `Table.scan`; the cursor carries the shard above bit 48.

        Due keys that match are expired on the way.
        """
        shard = cursor >> CURSOR_BITS
        cursor &= CURSOR_MASK
        keys: list[bytes] = []
        due: list[bytes] = []
        while shard < self.shards:
            cursor, found = db.tables[shard].scan(cursor, count - len(keys), pattern, kind, due)
            keys += found
            if cursor:
                break
            shard += 1
            if len(keys) >= count:
                break
        for key in due:
            db.expire(key)
        return (shard << CURSOR_BITS | cursor if shard < self.shards else 0), keys

    def random_key(self, db: Db) -> bytes | None:
        """A key that is not due, drawn about uniformly; due ones that are met expire."""
        tries = 100
        while len(db):
            key = self.random_table(db).random_key()
            if key is None or db.exists(key):
                return key
            tries -= 1
            if not db.expires_itself and tries <= 0:
                return key  # a replica whose keys are all due: better one of them than none
        return None

    def random_table(self, db: Db) -> Table:
        """A table of the database that is not empty, the likelier the more keys it has."""
        if self.shards == 1:
            return db.tables[0]
        place = random.randrange(len(db))
        for table in db.tables:
            if place < len(table):
                return table
            place -= len(table)
        raise AssertionError("an empty database")

    def shard_of(self, key: bytes) -> int:
        return shard_of(key, self.shards)

    def memory(self) -> int:
        """Bytes of keys, values and tables, and of what was flushed but is not freed yet."""
        return bytes_of(self.tables) + value_memory() + self.flushed_memory()

    def flushed_memory(self) -> int:
        """Bytes of databases that were emptied and are not freed yet."""
        return sum([part.memory for part in self.remains]) if self.remains else 0

    def expiring(self) -> int:
        return sum([db.expiring() for db in self.dbs])
