"""What comes before a request changes keys: what is due goes, snapshots and notifications look."""

from dflite.engine.command import WRITE
from dflite.engine.lookup import find
from dflite.engine.notifications import Notifications
from dflite.native.keyspace.index import before_change
from dflite.store.db import Db


def save_before(db: Db, argv: list[bytes]) -> None:
    """Let the snapshot see the keys of a request that may change them in place."""
    for at in find(argv).key_positions(argv):
        before_change(db.table(argv[at]), argv[at])


def expire_elements_before(db: Db, argv: list[bytes]) -> None:
    """Let no element of the keys of a request be due that changes keys."""
    if db.element_deadlines.next() <= db.clock.now_ms:
        for at in find(argv).key_positions(argv):
            db.expire_due_elements(argv[at])


def expire_before_write(db: Db, argv: list[bytes]) -> None:
    """On a replica that its own clients may write to: what is due is none to them."""
    for at in find(argv).key_positions(argv):
        db.expire_before_write(argv[at])


def note_absent(notifications: Notifications, db: Db, argv: list[bytes]) -> None:
    """Remember which keys of a request are not there, if it may create them."""
    command = find(argv)
    if command.flags & WRITE:
        keys = [argv[at] for at in command.key_positions(argv)]
        notifications.note_absent(db, keys)
