from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.directory cimport Directory

@cython.final
cdef class Remains:
    cdef Directory directory
    cdef size_t place           # of the next segment
    cdef readonly size_t memory

cdef bint free_within(Remains remains, int64_t* budget) noexcept
