# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The node's one clock: read once per wake-up and frozen until the next, so that a step sees one time."""

from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec


def monotonic_us() -> int:
    """Microseconds that only ever grow; for measuring, never for deadlines."""
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return ts.tv_sec * 1000000 + ts.tv_nsec // 1000


cdef class Clock:
    """Unix time in milliseconds and microseconds, as of the last `read`.

    A replica does what its primary has done at the primary's time: while it does, nothing is due.
    """

    def __init__(self, start_ms: int | None = None):
        self.manual = start_ms is not None
        if self.manual:
            self.set(start_ms)
        else:
            self.read()

    cpdef void read(self) noexcept:
        """Take the time from the system; a manual clock stands still instead."""
        cdef timespec ts
        if self.manual:
            return
        clock_gettime(CLOCK_REALTIME, &ts)
        self.now_us = ts.tv_sec * 1000000 + ts.tv_nsec // 1000
        self.now_ms = self.now_us // 1000
        self.stamp = <uint32_t>(self.now_us // 1000000) & 0xFFFFFF
        self.follow()

    cdef void follow(self) noexcept:
        """The time is another: so is what is due."""
        self.due_ms = -1 if self.timeless else self.now_ms

    def let_nothing_be_due(self, bint timeless) -> None:
        """From now on no deadline has passed, or again those that have."""
        self.timeless = timeless
        self.follow()

    def set(self, now_ms: int) -> None:
        """Stop the clock at `now_ms`; tests move time by hand."""
        self.manual = True
        self.now_ms = now_ms
        self.now_us = now_ms * 1000
        self.stamp = <uint32_t>(self.now_ms // 1000) & 0xFFFFFF
        self.follow()

    def put_back(self, now_us: int) -> None:
        """The time that it was: a step that was interrupted goes on."""
        self.now_us = now_us
        self.now_ms = now_us // 1000
        self.stamp = <uint32_t>(now_us // 1000000) & 0xFFFFFF
        self.follow()

    def advance(self, ms: int) -> None:
        """Move a stopped clock forward by `ms`."""
        self.set(self.now_ms + ms)
