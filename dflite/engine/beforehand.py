"""What has to be seen before a request changes keys: by snapshots, by those told of new keys."""

from dflite.engine.command import WRITE
from dflite.engine.lookup import find
from dflite.engine.notifications import Notifications
from dflite.native.snapshot import before_change
from dflite.store.db import Db


def save_before(db: Db, argv: list[bytes]) -> None:
    """Let the snapshot see the keys of a request that may change them in place."""
    for at in find(argv).key_positions(argv):
        before_change(db.table(argv[at]), argv[at])


def note_absent(notifications: Notifications, db: Db, argv: list[bytes]) -> None:
    """Remember which keys of a request are not there, if it may create them."""
    command = find(argv)
    if command.flags & WRITE:
        keys = [argv[at] for at in command.key_positions(argv)]
        notifications.note_absent(db, keys)
