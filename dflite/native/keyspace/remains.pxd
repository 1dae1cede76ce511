from libc.stdint cimport int64_t, uint32_t

cimport cython

from dflite.native.keyspace.segment cimport Segment

@cython.final
cdef class Remains:
    cdef Segment** directory
    cdef size_t at
    cdef size_t end
    cdef uint32_t depth
    cdef readonly size_t memory

cdef bint free_within(Remains remains, int64_t* budget) noexcept
