"""Active expiry: keys, and elements of collections, go when they are due though nobody asks.

Tables know a lower bound of the next deadline in each segment, so the living are not walked more
than they must. A segment that has something due is looked into as a whole, though, so a large table
is not swept again at once: what dies meanwhile is found by one look. Work is done in slices of
time; `next_ms` says when there may be more. All tables take their turn: a slice begins behind the
table at which the last had to stop.
"""

from typing import Final

from dflite.native.base.clock import monotonic_us
from dflite.store.db import Db
from dflite.store.effects import FAR
from dflite.store.keyspace import Keyspace

KEYS_A_SLICE: Final = 200  # that somebody has to see go: well under a millisecond
UNSEEN_A_SLICE: Final = 5_000
ELEMENTS_A_SLICE: Final = 200
SEGMENTS_A_SLICE: Final = 16  # of a collection
LOOKS_A_MS: Final = 2_000  # at entries by one sweep, for each ms until the next
LONGEST_PAUSE_MS: Final = 1_500  # from the begin of a sweep to that of the next
BETWEEN_MS: Final = 1  # two slices
LATE_MS: Final = 10_000  # that a primary may take to say that elements are gone


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
        tables = len(keyspace.dbs) * keyspace.shards
        self.looked = [0] * tables  # at so many entries, before the sweep that goes on
        self.began_ms = [0] * tables  # ... which began then
        self.rest_until = [0] * tables  # no sweep of the table begins before this Unix ms
        self.set_effort(1)

    def set_effort(self, effort: int) -> None:
        """From 1 to 10: how much of a core, at most, and how soon a table is swept again."""
        share = 25 + 2 * (effort - 1)
        self.slice_us = BETWEEN_MS * 1000 * share // (100 - share)
        self.looks_a_ms = LOOKS_A_MS * effort
        self.longest_pause_ms = LONGEST_PAUSE_MS // effort

    def apply(self) -> None:
        """Tell the databases whether their keys go when they are due."""
        for db in self.keyspace.dbs:
            db.expires_itself = not (self.paused or self.following or self.repeating)

    def run_slice(self) -> bool:
        """Expire some of the keys that are due; True if there may be more right now."""
        if not self.enabled or self.paused:
            return False
        keyspace = self.keyspace
        effects = keyspace.effects
        seen = effects.observed or effects.journaling
        left = KEYS_A_SLICE if seen else UNSEEN_A_SLICE
        end_us = monotonic_us() + self.slice_us
        more = False
        tables = len(self.looked)
        for db in keyspace.dbs:
            if db.expires_itself:
                if self.expire_elements(db, end_us):
                    return True
            elif self.following:
                self.forget_elements(db, end_us)
                if self.expire_own(db, end_us):
                    return True
        for _ in range(tables):
            db = keyspace.dbs[self.turn // keyspace.shards]
            place = self.turn
            table = db.tables[place % keyspace.shards]
            self.turn = (place + 1) % tables
            if not table.expiring or not db.expires_itself:
                continue
            if not table.sweeping:
                now_ms = db.clock.now_ms
                rest_ms = self.rest_until[place] - now_ms
                # a rest longer than any: the clock was set back
                if 0 < rest_ms <= self.longest_pause_ms or now_ms < table.next_deadline:
                    continue
                self.looked[place] = table.sweep_looked
                self.began_ms[place] = now_ms
            gone, keys, unfinished = table.expire_due(left, max(end_us - monotonic_us(), 0), seen)
            effects.expired += gone
            self.expired += gone
            if keys:
                for key in keys:
                    db.announce_expired(key)
            left -= gone
            if not unfinished:
                looks = table.sweep_looked - self.looked[place]
                pause_ms = min(looks // self.looks_a_ms, self.longest_pause_ms)
                self.rest_until[place] = self.began_ms[place] + pause_ms
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
            db.expire_elements(deadlines.take(), ELEMENTS_A_SLICE, SEGMENTS_A_SLICE)
        return False

    def expire_own(self, db: Db, end_us: int) -> bool:
        """Expire what a replica's own clients have written; True if there may be more right now."""
        now_ms = db.clock.now_ms
        while db.own_deadlines.next() <= now_ms:
            if monotonic_us() >= end_us:
                return True
            db.expire_own()
        return False

    def forget_elements(self, db: Db, end_us: int) -> None:
        """On a replica the primary has let elements go: what is noted of them goes too."""
        deadlines = db.element_deadlines
        now_ms = db.clock.now_ms
        while deadlines.next() <= now_ms - LATE_MS and monotonic_us() < end_us:
            key = deadlines.take()
            soonest = db.next_element_deadline(key)
            if soonest >= 0:
                deadlines.note(key, max(soonest, now_ms))

    def next_ms(self) -> int:
        """No key is looked for before this Unix ms; -1 if none has a deadline."""
        self.keyspace.effects.soonest_deadline = FAR
        if not self.enabled or self.paused:
            return -1
        soonest = -1
        for db in self.keyspace.dbs:
            if not db.expires_itself:
                own = db.own_deadlines.next()
                if self.following and own < FAR and (soonest < 0 or own < soonest):
                    soonest = own
                continue
            element = db.element_deadlines.next()
            if element < FAR and (soonest < 0 or element < soonest):
                soonest = element
            place = db.index * self.keyspace.shards
            for table in db.tables:
                deadline = table.next_deadline
                if deadline >= 0:
                    deadline = max(deadline, self.rest_until[place])
                    if soonest < 0 or deadline < soonest:
                        soonest = deadline
                place += 1
        return soonest
