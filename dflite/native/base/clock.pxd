from libc.stdint cimport int64_t, uint32_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec


cdef inline int64_t microseconds() noexcept nogil:
    """That only ever grow."""
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return <int64_t>ts.tv_sec * 1000000 + ts.tv_nsec // 1000

cdef class Clock:
    cdef readonly int64_t now_ms
    cdef readonly int64_t now_us
    cdef int64_t due_ms             # what has a deadline up to here is due
    cdef bint timeless
    cdef uint32_t stamp
    cdef bint manual

    cpdef void read(self) noexcept
    cdef void follow(self) noexcept
