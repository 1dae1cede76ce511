"""All databases of the node, and what concerns them together: FLUSHALL, SWAPDB, scanning, memory."""

from dflite.native.clock import Clock
from dflite.native.table import Remains, Table
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.shards import shard_of


class Keyspace:
    """`databases` databases in `shards` shards. `tables[database][shard]` is what the hot lane reads."""

    def __init__(self, clock: Clock, effects: Effects, databases: int = 16, shards: int = 1) -> None:
        self.clock = clock
        self.effects = effects
        self.shards = shards
        self.tables: list[list[Table]] = [
            [Table(clock) for _ in range(shards)] for _ in range(databases)
        ]
        self.dbs = [Db(i, tables, clock, effects) for i, tables in enumerate(self.tables)]
        self.remains: list[Remains] = []

    def flush(self, db: Db) -> None:
        """Empty a database at once; `free_some` gives its memory back bit by bit."""
        self.remains.extend(db.clear())

    def free_some(self, entries: int) -> bool:
        """Free about `entries` entries of what was flushed; True while there is more."""
        if self.remains and not self.remains[-1].free(entries):
            self.remains.pop()
        return bool(self.remains)

    def swap(self, first: int, second: int) -> None:
        """Exchange the keys of two databases."""
        tables = self.tables
        tables[first], tables[second] = tables[second], tables[first]
        self.dbs[first].tables = tables[first]
        self.dbs[second].tables = tables[second]

    def scan(
        self, db: Db, cursor: int, count: int, pattern: bytes | None, kind: int
    ) -> tuple[int, list[bytes]]:
        """(next cursor, keys) as `Table.scan`; the cursor carries the shard above bit 48."""
        shard = cursor >> 48
        if shard >= self.shards:
            return 0, []
        following, keys = db.tables[shard].scan(cursor & 0xFFFFFFFFFFFF, count, pattern, kind)
        if following:
            return shard << 48 | following, keys
        return ((shard + 1) << 48 if shard + 1 < self.shards else 0), keys

    def random_key(self, db: Db) -> bytes | None:
        """A key that is not due, drawn about uniformly; due ones that are met expire."""
        tries = 100
        while len(db):
            tables = [table for table in db.tables if len(table)]
            place = (self.clock.now_us * 2654435761 >> 7) % len(tables) if len(tables) > 1 else 0
            key = tables[place].random_key()
            if key is None or db.exists(key):
                return key
            tries -= 1
            if not db.expires_itself and tries <= 0:
                return key  # a replica whose keys are all due: better one of them than none
        return None

    def shard_of(self, key: bytes) -> int:
        return shard_of(key, self.shards)

    def memory(self) -> int:
        """Bytes of keys, values and tables, and of what was flushed but is not freed yet."""
        return sum([db.memory() for db in self.dbs]) + sum([part.memory for part in self.remains])

    def expiring(self) -> int:
        return sum([db.expiring() for db in self.dbs])
