"""Values as bytes that other servers read: taking them out of the keyspace, and putting them in."""

from dflite.base.errors import KeyInTheWay
from dflite.native.keyspace.index import Index
from dflite.native.keyspace.table import Table
from dflite.ops.keys import ANY_VALUE, delete_due
from dflite.rdb import payloads
from dflite.store.db import NEVER, Db


def dump(db: Db, key: bytes, packing: bool) -> bytes | None:
    """The value at key with a version and a checksum; None without one. A hit or a miss."""
    if not db.read_type(key, True):
        return None
    return payloads.dump(db.table(key), key, packing)


def must_be_free(db: Db, key: bytes) -> None:
    """KeyInTheWay if something is at key."""
    if db.exists(key):
        raise KeyInTheWay


def restore(db: Db, key: bytes, payload: bytes, deadline: int, idle: int) -> bool:
    """Put the value in a payload at key, in the place of what is there; False if it is past.

    A value that is past is looked at too, and nothing of it is left. `idle` is for how many seconds
    the key has not been used.
    """
    aside = Table(db.clock)
    payloads.restore(payload, aside, key)
    if deadline != NEVER and db.is_past(deadline):
        delete_due(db, key)
        return False
    table = db.table(key)
    aside.move(key, table, key)
    if deadline != NEVER:
        db.set_deadline(key, deadline)
    if idle:
        table.set_idle(key, idle)
    value = table.read(key, False)
    if isinstance(value, Index) and value.next_deadline >= 0:
        db.note_element_deadline(key, value.next_deadline)
    db.changed(key, "restore", ANY_VALUE)
    return True
