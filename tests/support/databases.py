"""A database without an engine, and what its operations announced and journaled."""

from typing import Final

from dflite.native.base.clock import Clock
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace

NOW: Final = 1_800_000_000_000


def make_keyspace(databases: int = 4, shards: int = 1) -> Keyspace:
    """Databases at the time NOW, observed and journaled."""
    effects = Effects()
    effects.observed = effects.journaling = True
    return Keyspace(Clock(NOW), effects, databases, shards)


def make_db(shards: int = 1) -> Db:
    """The first database of a keyspace."""
    return make_keyspace(shards=shards).dbs[0]


def announced(db: Db) -> list[tuple[str, bytes]]:
    """Events and keys since the last call."""
    changes = [(change.event, change.key) for change in db.effects.changes]
    db.effects.changes.clear()
    return changes


def journaled(db: Db) -> list[bytes]:
    """Requests for the journal since the last call."""
    lines = [b" ".join(record.argv) for record in db.effects.records]
    db.effects.records.clear()
    return lines
