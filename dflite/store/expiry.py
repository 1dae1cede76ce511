"""Active expiry: keys whose deadline has passed go even if nobody asks for them.

Tables know a lower bound of the next deadline in each segment, so the living are not walked. Work is
done in slices; `next_ms` says when there may be more.
"""

from typing import Final

from dflite.store.effects import FAR
from dflite.store.keyspace import Keyspace

KEYS_A_SLICE: Final = 200  # removing that many takes well under a millisecond
SEGMENTS_A_SLICE: Final = 16


class Expiry:
    """The active expire cycle. `enabled` is DEBUG SET-ACTIVE-EXPIRE."""

    def __init__(self, keyspace: Keyspace) -> None:
        self.keyspace = keyspace
        self.enabled = True
        self.expired = 0

    def run_slice(self) -> bool:
        """Expire some of the keys that are due; True if there may be more right now."""
        if not self.enabled:
            return False
        more = False
        for db in self.keyspace.dbs:
            if not db.expires_itself:
                continue
            for table in db.tables:
                if table.expiring == 0:
                    continue
                keys, unfinished = table.due_keys(KEYS_A_SLICE, SEGMENTS_A_SLICE)
                for key in keys:
                    db.expire(key)
                self.expired += len(keys)
                more = more or unfinished
        return more

    def next_ms(self) -> int:
        """No key is due before this Unix ms; -1 if none has a deadline."""
        self.keyspace.effects.soonest_deadline = FAR
        if not self.enabled:
            return -1
        soonest = -1
        for db in self.keyspace.dbs:
            for table in db.tables:
                deadline = table.next_deadline
                if deadline >= 0 and (soonest < 0 or deadline < soonest):
                    soonest = deadline
        return soonest
