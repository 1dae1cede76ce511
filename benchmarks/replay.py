"""Hit ratios without servers: `python -m benchmarks.replay [a part of a trace's name ...]`.

dflite's own tables and evictor, in this process, at the limit of the benchmark of hit ratios;
beside them caches that are written down in a few lines, of about as many keys. It takes seconds, so
this is what changes of the policy are tried with.
"""

import sys
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final, Protocol

from benchmarks.eviction import CAPACITY, LIMIT, VALUE
from benchmarks.traces import size_of, traces
from dflite.native.base.clock import Clock
from dflite.native.keyspace.eviction import Evictor
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.table import Table

REQUESTS: Final = 300_000
A_SECOND: Final = 20_000  # requests
POLICIES: Final = ("cache", "allkeys-lru", "allkeys-lfu")


class Cache(Protocol):
    """Something that holds a part of what was asked for."""

    def ask(self, key: int, size: int) -> bool:
        """Was it there? It is now."""
        ...


class Own:
    """Tables and evictor of a node, within `limit` bytes beside what this process holds anyway."""

    def __init__(self, policy: str, limit: int) -> None:
        self.clock = Clock(1_800_000_000_000)
        others = Memory([]).binding_bytes()
        self.table = Table(self.clock)
        self.memory = Memory([[self.table]])
        self.evictor = Evictor(self.clock, self.memory)
        self.evictor.set_policy(policy)
        self.memory.limit = limit + others
        self.padding = b"x" * (VALUE * 32)
        self.asked = 0

    def ask(self, key: int, size: int) -> bool:
        """As a program does: GET, and SET if there is nothing."""
        self.asked += 1
        if self.asked % (A_SECOND // 1000) == 0:
            self.clock.advance(1)
        name = b"key:%d" % key
        if self.table.read(name) is not None:
            return True
        self.make_room()
        self.table.set_string(name, self.padding[:size])
        return False

    def make_room(self) -> None:
        """In as many slices of time as that takes. MemoryError if there is none to be had."""
        enough = False
        while not enough:
            enough, some, _ = self.evictor.evict(False)
            if not enough and not some:
                raise MemoryError("the limit is less than an empty table takes")


class Recency:
    """Least recently used first, exactly; of as many bytes as it is told."""

    def __init__(self, limit: int) -> None:
        self.room = limit
        self.sizes: OrderedDict[int, int] = OrderedDict()

    def ask(self, key: int, size: int) -> bool:
        """Was it there? It is now."""
        if key in self.sizes:
            self.sizes.move_to_end(key)
            return True
        self.sizes[key] = size
        self.room -= size
        while self.room < 0:
            self.room += self.sizes.popitem(last=False)[1]
        return False


class ThreeQueues:
    """S3-FIFO: a tenth for newcomers, ghosts of them, and a main queue with second chances."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.queues: tuple[deque[int], deque[int]] = (deque(), deque())  # small, main
        self.used = [0, 0]
        self.held: dict[int, tuple[int, int]] = {}  # key -> size, uses
        self.ghosts: OrderedDict[int, None] = OrderedDict()

    def ask(self, key: int, size: int) -> bool:
        """Was it there? It is now."""
        if key in self.held:
            known, uses = self.held[key]
            self.held[key] = (known, min(uses + 1, 3))
            return True
        self.put(key, size, 0, 1 if key in self.ghosts else 0)
        self.ghosts.pop(key, None)
        while sum(self.used) > self.limit:
            self.evict()
        return False

    def put(self, key: int, size: int, uses: int, queue: int) -> None:
        self.held[key] = (size, uses)
        self.queues[queue].append(key)
        self.used[queue] += size

    def take(self, queue: int) -> tuple[int, int, int]:
        key = self.queues[queue].popleft()
        size, uses = self.held.pop(key)
        self.used[queue] -= size
        return key, size, uses

    def evict(self) -> None:
        """One step of it."""
        if self.used[0] * 10 > self.limit or not self.queues[1]:
            key, size, uses = self.take(0)
            if uses > 1:
                self.put(key, size, 0, 1)
                return
            self.ghosts[key] = None
            while len(self.ghosts) > len(self.held):
                self.ghosts.popitem(last=False)
            return
        key, size, uses = self.take(1)
        if uses:
            self.put(key, size, uses - 1, 1)


def caches() -> dict[str, Cache]:
    """All that are compared, empty."""
    entry = VALUE + 32
    found: dict[str, Cache] = {policy: Own(policy, LIMIT) for policy in POLICIES}
    bytes_of_values = LIMIT * VALUE // entry
    found["exact LRU"] = Recency(bytes_of_values)
    found["S3-FIFO"] = ThreeQueues(bytes_of_values)
    return found


def hit_ratio(cache: Cache, name: str, trace: Sequence[int]) -> float:
    """Behind the first quarter."""
    warm = len(trace) // 4
    for key in trace[:warm]:
        cache.ask(key, size_of(name, key, VALUE))
    hits = sum([cache.ask(key, size_of(name, key, VALUE)) for key in trace[warm:]])
    return hits / max(len(trace) - warm, 1)


def main(parts: Sequence[str]) -> None:
    """A table."""
    names = list(caches())
    print(" " * 26 + "".join(name.rjust(13) for name in names))
    sums = dict.fromkeys(names, 0.0)
    count = 0
    for name, make in traces(REQUESTS, CAPACITY).items():
        if parts and not any(part in name for part in parts):
            continue
        trace = make()
        count += 1
        line = name.ljust(26)
        for each, cache in caches().items():
            ratio = hit_ratio(cache, name, trace)
            sums[each] += ratio
            line += f"{ratio:13.4f}"
        print(line, flush=True)
    if count:
        print("mean".ljust(26) + "".join(f"{sums[name] / count:13.4f}" for name in names))


if __name__ == "__main__":
    main(sys.argv[1:])
