from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.values.hashed cimport HashedValue
from dflite.native.values.small cimport object_of

@cython.final
cdef class Members(HashedValue):
    cdef bint has(self, const char* member, size_t n) noexcept nogil
    cdef bint add(self, const char* member, size_t n, int64_t deadline) except -1
    cdef bint drop(self, const char* member, size_t n) noexcept

cdef inline Members members_of(Entry* e):
    """The large set that the entry refers to."""
    return <Members>object_of(e)
