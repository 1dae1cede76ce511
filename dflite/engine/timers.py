"""Things to do at a time: one heap, which the node's event loop asks when it is to wake up next."""

import heapq
from collections.abc import Callable
from typing import Final

from dflite.native.base.clock import Clock

FEW: Final = 64  # cancelled timers that are not worth tidying up


class Timer:
    """One thing to do at `due_ms` (Unix ms), unless cancelled before."""

    def __init__(self, timers: "Timers", due_ms: int, callback: Callable[[], None]) -> None:
        self.timers = timers
        self.due_ms = due_ms
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        """Do nothing when it is time. May be called at any time, any number of times."""
        if self.callback is not None:
            self.callback = None
            self.timers.cancelled_one()


class Timers:
    """Timers by due time. `on_sooner(due_ms)` is called when one is due before all others."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.heap: list[tuple[int, int, Timer]] = []
        self.added = 0
        self.cancelled = 0  # of those in the heap
        self.on_sooner: Callable[[int], None] | None = None

    def at(self, due_ms: int, callback: Callable[[], None]) -> Timer:
        """Have `callback` called at `due_ms`, or soon after."""
        timer = Timer(self, due_ms, callback)
        sooner = not self.heap or due_ms < self.heap[0][0]
        self.added += 1
        heapq.heappush(self.heap, (due_ms, self.added, timer))
        if sooner and self.on_sooner is not None:
            self.on_sooner(due_ms)
        return timer

    def run(self) -> None:
        """Call what is due by the clock."""
        while self.heap and self.heap[0][0] <= self.clock.now_ms:
            timer = heapq.heappop(self.heap)[2]
            callback = timer.callback
            if callback is None:
                self.cancelled -= 1
            else:
                timer.callback = None
                callback()

    def next_ms(self) -> int:
        """When the next timer is due; -1 if there is none."""
        while self.heap and self.heap[0][2].callback is None:
            heapq.heappop(self.heap)
            self.cancelled -= 1
        return self.heap[0][0] if self.heap else -1

    def cancelled_one(self) -> None:
        """Timers of the far future that were cancelled must not pile up."""
        self.cancelled += 1
        if self.cancelled > FEW and self.cancelled * 2 > len(self.heap):
            self.heap = [entry for entry in self.heap if entry[2].callback is not None]
            heapq.heapify(self.heap)
            self.cancelled = 0
