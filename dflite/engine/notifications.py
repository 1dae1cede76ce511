"""Keyspace notifications: changes of keys, published as messages on channels named after them.

`__keyspace@<db>__:<key>` carries the event's name, `__keyevent@<db>__:<event>` the key.
"""

from typing import Final

from dflite.engine.pubsub import Channels
from dflite.store.db import Db
from dflite.store.effects import (
    BESIDE,
    EVICTED,
    EXPIRED,
    GENERIC,
    HASH,
    LIST,
    MISS,
    SET,
    STREAM,
    STRING,
    ZSET,
    Change,
)

NEW: Final = 1 << 30  # the class of the event `new`, which no change has
# Classes of events by their letters in notify-keyspace-events.
CLASSES: Final = {
    "g": GENERIC, "$": STRING, "l": LIST, "s": SET, "h": HASH, "z": ZSET, "t": STREAM,
    "x": EXPIRED, "e": EVICTED, "m": MISS, "n": NEW,
}  # fmt: skip
ALL: Final = "g$lshztxe"
GONE: Final = ("del", "expired", "evicted")
# A key of this event is always a new one: one that was in its place was removed before.
ALWAYS_NEW: Final = ("rename_to", "move_to", "copy_to", "restore")
BEFORE: Final = ("rename_from", "move_from")  # ... and comes before these, which come first


class Notifications:
    """Which classes of events are published, and in which of the two forms."""

    def __init__(self, channels: Channels) -> None:
        self.channels = channels
        self.classes = 0
        self.by_key = False
        self.by_event = False
        self.absent: set[tuple[int, bytes]] = set()  # of the keys of the command that runs

    def configure(self, letters: str) -> None:
        """Publish what the letters of notify-keyspace-events say."""
        self.by_key = "K" in letters
        self.by_event = "E" in letters
        self.classes = 0
        for letter in letters.replace("A", ALL):
            self.classes |= CLASSES.get(letter, 0)
        if not (self.by_key or self.by_event):
            self.classes = 0

    def is_active(self) -> bool:
        """Is there anything to publish, and anybody who might hear it?"""
        return self.classes != 0 and self.channels.has_listeners()

    def note_absent(self, db: Db, keys: list[bytes]) -> None:
        """A command is about to run that may create some of its keys."""
        self.absent.clear()
        for key in keys:
            if db.table(key).type_of(key) <= 0:
                self.absent.add((db.index, key))

    def publish(self, changes: list[Change], at: int) -> None:
        """Publish one of the changes of a step, the event `new` before it where that belongs."""
        change = changes[at]
        if self.classes & NEW:
            if change.event in BEFORE and at + 1 < len(changes):
                self.publish_new(changes[at + 1])
            elif at == 0 or changes[at - 1].event not in BEFORE:
                self.publish_new(change)
        if class_of(change) & self.classes and change.event:
            self.publish_event(change.db, change.key, change.event)

    def publish_new(self, change: Change) -> None:
        """Publish `new` if this is the first change of a key that was not there."""
        if change.kind == MISS or change.event in GONE:
            return
        place = (change.db, change.key)
        if place in self.absent or change.event in ALWAYS_NEW:
            self.absent.discard(place)
            self.publish_event(change.db, change.key, "new")

    def publish_event(self, db: int, key: bytes, event: str) -> None:
        word = event.encode()
        if self.by_key:
            self.channels.publish(b"__keyspace@%d__:%b" % (db, key), word)
        if self.by_event:
            self.channels.publish(b"__keyevent@%d__:%b" % (db, word), key)


def class_of(change: Change) -> int:
    """The class of a change's event; what may be of any type is generic."""
    kind = change.kind & ~BESIDE
    return GENERIC if kind & (kind - 1) else kind
