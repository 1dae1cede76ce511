"""What a step did, noted until it is settled: changed keys, and what replicas and logs shall see.

One call, `Db.changed`, feeds WATCH, tracking, notifications and waiters. Nothing is noted while
nobody observes, so that a node without watchers or readers of its journal pays for a counter only.
"""

from collections.abc import Callable
from typing import Final

FAR: Final = 0x7FFFFFFFFFFFFFFF

# Kinds of change, by what a waiter may wait for.
GENERIC: Final = 1
STRING: Final = 2
LIST: Final = 4
SET: Final = 8
ZSET: Final = 16
HASH: Final = 32
STREAM: Final = 64
EXPIRED: Final = 128
EVICTED: Final = 256
MISS: Final = 512  # no change: a key that was asked for is not there
# With another kind: what goes along with a value has changed, such as a consumer group. With an
# event that is for notifications only, without one for those who wait for the key.
BESIDE: Final = 1024


class Change:
    """One key changed, in database `db`; `event` is the name in keyspace notifications."""

    def __init__(self, db: int, key: bytes, event: str, kind: int) -> None:
        self.db = db
        self.key = key
        self.event = event
        self.kind = kind


class Record:
    """A request for the journal: what a replica has to run in database `db`."""

    def __init__(self, db: int, argv: list[bytes]) -> None:
        self.db = db
        self.argv = argv


class Effects:
    """The notes of the step that is running. `changed` counts since start and never goes back."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.records: list[Record] = []
        self.changed = 0
        self.expired = 0
        self.expired_elements = 0  # fields of hashes, members of sets
        self.observed = False  # somebody watches, tracks, waits or is to be notified
        self.noting_misses = False  # ... of keys that are not there, too
        self.announced = 0  # of the changes: trackers and subscribers know those already
        self.journaling = False  # the journal has a reader
        self.withheld = False  # what the running command does is not for it; what expires is
        self.soonest_deadline = FAR  # of those set since the expiry cycle last looked
        self.on_sooner: Callable[[int], None] | None = None  # told of each that is sooner yet
        self.replaced = False  # the notes say it all: the request itself is not for the journal
        self.beside_primary = False  # who writes is no primary: of its keys nobody else takes care

    def clear(self) -> None:
        self.changes.clear()
        self.records.clear()
        self.announced = 0
        self.replaced = False
