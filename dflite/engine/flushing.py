"""Emptying databases: what FLUSHDB, FLUSHALL and memcached's flush_all have in common."""

from dflite.engine.context import Engine
from dflite.store.db import Db
from dflite.store.effects import BESIDE


def flush(engine: Engine, dbs: list[Db]) -> None:
    """Empty databases; their watched keys are changed by that, and cached ones are out of date."""
    for db in dbs:
        if len(db):
            engine.watching.touch_database(db)
            engine.effects.changed += len(db)
            engine.keyspace.flush(db)
            let_waiters_look(engine, db)
    engine.tracking.flushed()


def let_waiters_look(engine: Engine, db: Db) -> None:
    """Other keys stand in `db` now, or none: have those looked at that someone waits for."""
    blocking = engine.blocking
    for index, key in blocking.queues:
        if index == db.index and (blocking.await_absence or db.exists(key)):
            db.also(key, "", BESIDE)
