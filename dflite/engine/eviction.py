"""Making room for requests that need memory: which keys went is announced like any other change.

A request waits for one slice of eviction at most. What that leaves over the limit goes between
requests: memory may be above its limit for a moment, but whoever adds to it evicts first.
"""

from collections.abc import Callable

from dflite.engine.watching import Watching
from dflite.native.base.clock import monotonic_us
from dflite.native.keyspace.eviction import Evictor
from dflite.store.effects import EVICTED, EXPIRED, Change, Record
from dflite.store.keyspace import Keyspace


class Eviction:
    """Of one node. `on_pressure` is called when a slice was not enough, to have more of them."""

    def __init__(self, keyspace: Keyspace, evictor: Evictor, watching: Watching) -> None:
        self.keyspace = keyspace
        self.effects = keyspace.effects
        self.evictor = evictor
        self.watching = watching
        self.on_pressure: Callable[[], None] | None = None
        self.exceeded_us = (
            0  # time that memory was above its limit, as long as it had to be evicted
        )
        self.above_since_us = 0

    @property
    def evicted(self) -> int:
        """Keys that had to go, since the start or CONFIG RESETSTAT."""
        return self.evictor.evicted

    @property
    def expired(self) -> int:
        """Keys that were met on the way and were due already."""
        return self.evictor.expired

    def run_slice(self) -> bool:
        """Evict for a moment if memory is above its limit.

        False if it stays above and nothing can go.
        """
        effects = self.effects
        seen = effects.observed or effects.journaling
        enough, some, gone = self.evictor.evict(seen)
        if gone:
            for index, key, due in gone:
                self.announce(index, key, due)
        if enough:
            if self.above_since_us:
                self.exceeded_us += monotonic_us() - self.above_since_us
                self.above_since_us = 0
            return True
        if self.evictor.policy and not self.above_since_us:
            self.above_since_us = monotonic_us()
        if some and self.on_pressure is not None:
            self.on_pressure()
        return some

    def exceeded_ms(self) -> int:
        """Milliseconds that memory was above its limit in spite of a policy."""
        return self.exceeded_us // 1000 + self.exceeding_ms()

    def exceeding_ms(self) -> int:
        """... of which the last without an end."""
        if not self.above_since_us:
            return 0
        return (monotonic_us() - self.above_since_us) // 1000

    def reset(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
        self.exceeded_us = 0
        self.evictor.reset()

    def announce(self, index: int, key: bytes, due: bool) -> None:
        """A key is gone. The request that needs room has not changed it: it is counted apart."""
        effects = self.effects
        if effects.journaling:
            effects.records.append(Record(index, [b"DEL", key]))
        change = Change(index, key, "expired" if due else "evicted", EXPIRED if due else EVICTED)
        if effects.observed:
            effects.changes.append(change)
        if self.watching.watchers:
            self.watching.touch(change)  # now: the request may be the EXEC that this breaks
