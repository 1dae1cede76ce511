from libc.stdint cimport int64_t, uint32_t


cdef class Clock:
    cdef readonly int64_t now_ms
    cdef readonly int64_t now_us
    cdef uint32_t stamp
    cdef bint manual

    cpdef void read(self) noexcept
