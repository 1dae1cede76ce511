from libc.stdint cimport int64_t, uint32_t


cdef class Clock:
    cdef readonly int64_t now_ms
    cdef readonly int64_t now_us
    cdef int64_t due_ms             # what has a deadline up to here is due
    cdef bint timeless
    cdef uint32_t stamp
    cdef bint manual

    cpdef void read(self) noexcept
    cdef void follow(self) noexcept
