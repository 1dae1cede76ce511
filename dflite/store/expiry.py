"""Active expiry: keys, and elements of collections, go when they are due though nobody asks.

Tables know a lower bound of the next deadline in each segment, so the living are not walked. Work
is done in slices; `next_ms` says when there may be more. All tables take their turn: a slice begins
behind the table at which the last had to stop.
"""

from typing import Final

from dflite.native.clock import monotonic_us
from dflite.store.db import Db
from dflite.store.effects import FAR
from dflite.store.keyspace import Keyspace

KEYS_A_SLICE: Final = 200  # removing that many takes well under a millisecond
SEGMENTS_A_SLICE: Final = 16  # looked into, a table
SLICE_US: Final = 500  # no further table is begun after that


class Expiry:
    """The active expire cycle. `enabled` is DEBUG SET-ACTIVE-EXPIRE, `paused` is CLIENT PAUSE.

    While this node is `following` a primary, that one says when a key goes.
    """

    def __init__(self, keyspace: Keyspace) -> None:
        self.keyspace = keyspace
        self.enabled = True
        self.paused = False
        self.following = False
        self.repeating = False  # what a log says: it says too what had expired
        self.expired = 0
        self.turn = 0  # the table to begin with, counted through all databases

    def apply(self) -> None:
        """Tell the databases whether their keys go when they are due."""
        for db in self.keyspace.dbs:
            db.expires_itself = not (self.paused or self.following or self.repeating)

    def run_slice(self) -> bool:
        """Expire some of the keys that are due; True if there may be more right now."""
        if not self.enabled or self.paused:
            return False
        keyspace = self.keyspace
        left = KEYS_A_SLICE
        end_us = monotonic_us() + SLICE_US
        more = False
        tables = len(keyspace.dbs) * keyspace.shards
        for db in keyspace.dbs:
            if db.expires_itself and self.expire_elements(db, end_us):
                return True
        for _ in range(tables):
            db = keyspace.dbs[self.turn // keyspace.shards]
            table = db.tables[self.turn % keyspace.shards]
            self.turn = (self.turn + 1) % tables
            if table.expiring and db.expires_itself:
                keys, unfinished = table.due_keys(left, SEGMENTS_A_SLICE)
                for key in keys:
                    db.expire(key)
                self.expired += len(keys)
                left -= len(keys)
                more = more or unfinished
                if left <= 0 or monotonic_us() >= end_us:
                    return True
        return more

    def expire_elements(self, db: Db, end_us: int) -> bool:
        """Expire elements of collections; True if there may be more right now."""
        deadlines = db.element_deadlines
        now_ms = db.clock.now_ms
        while deadlines.next() <= now_ms:
            if monotonic_us() >= end_us:
                return True
            db.expire_elements(deadlines.take(), KEYS_A_SLICE, SEGMENTS_A_SLICE)
        return False

    def next_ms(self) -> int:
        """No key is due before this Unix ms; -1 if none has a deadline."""
        self.keyspace.effects.soonest_deadline = FAR
        if not self.enabled or self.paused:
            return -1
        soonest = -1
        for db in self.keyspace.dbs:
            if not db.expires_itself:
                continue
            element = db.element_deadlines.next()
            if element < FAR and (soonest < 0 or element < soonest):
                soonest = element
            for table in db.tables:
                deadline = table.next_deadline
                if deadline >= 0 and (soonest < 0 or deadline < soonest):
                    soonest = deadline
        return soonest
