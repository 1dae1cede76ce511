# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""How often each operation of the hot lane was called, and how long its calls took.

To look at the clock costs as much as a short operation: the first calls of each are measured, later one in 61.
Durations are kept as a histogram whose buckets are an eighth of a power of two wide.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cimport cython

cdef enum:
    ALL_MEASURED = 1024         # calls of an operation, before only some are
    UNMEASURED = 60             # between two measured ones; 61 is prime: no pattern of requests fits

cdef extern from *:
    """
    #define DFLITE_BIT_LENGTH(n) (64 - __builtin_clzll(n))
    """
    int DFLITE_BIT_LENGTH(uint64_t n) noexcept nogil


cdef inline int64_t nanoseconds_now() noexcept nogil:
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return <int64_t>ts.tv_sec * 1000000000 + ts.tv_nsec


cdef inline int span_of(uint64_t ns) noexcept nogil:
    """The bucket of a duration: eight for each power of two, one for each nanosecond below 16."""
    cdef int power
    if ns < 8:
        return <int>ns
    power = DFLITE_BIT_LENGTH(ns) - 1
    return min(((power - 2) << 3) | <int>((ns >> (power - 3)) & 7), <int>SPANS - 1)


cdef inline int64_t middle_of(int span) noexcept nogil:
    """The duration in the middle of a bucket."""
    cdef int shift = (span >> 3) - 1
    if span < 16:
        return span
    return (<int64_t>(8 + (span & 7)) << shift) + (<int64_t>1 << shift >> 1)


@cython.final
cdef class Calls:
    """The calls of one lane, by the numbers of the operations."""

    cdef bint start(self) noexcept nogil:
        self.started = nanoseconds_now()
        return True

    cdef void measure(self, int code) noexcept nogil:
        """The request that began last, and is counted, is done."""
        cdef int64_t ns = nanoseconds_now() - self.started
        cdef int64_t stands_for = self.counts[code] - self.covered[code]
        self.covered[code] = self.counts[code]
        self.nanoseconds[code] += ns * stands_for
        self.times[span_of(ns)][code] += stands_for
        if self.counts[code] >= ALL_MEASURED:
            self.unmeasured[code] = UNMEASURED

    def count_of(self, int code) -> int:
        """How many requests were answered with this operation."""
        return self.counts[code]

    def total(self) -> int:
        """How many requests were answered."""
        cdef int64_t total = 0
        cdef int i
        for i in range(CODES):
            total += self.counts[i]
        return total

    def nanoseconds_of(self, int code) -> int:
        """The time spent on this operation, as far as measured calls tell."""
        return self.nanoseconds[code]

    def times_of(self, int code) -> list[tuple[int, int]]:
        """(nanoseconds, calls that took about so long) of this operation."""
        cdef int i
        return [(middle_of(i), self.times[i][code]) for i in range(SPANS) if self.times[i][code]]

    def reset(self) -> None:
        """Begin to count anew."""
        memset(self.counts, 0, sizeof(self.counts))
        memset(self.unmeasured, 0, sizeof(self.unmeasured))
        memset(self.covered, 0, sizeof(self.covered))
        memset(self.nanoseconds, 0, sizeof(self.nanoseconds))
        memset(self.times, 0, sizeof(self.times))
