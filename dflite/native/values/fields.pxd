from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.values.hashed cimport HashedValue
from dflite.native.values.small cimport object_of

@cython.final
cdef class Fields(HashedValue):
    cdef Entry* field(self, const char* name, size_t n) noexcept nogil
    cdef int put_field(self, const char* name, size_t n, const char* value, size_t length,
                       int64_t deadline) except -1
    cdef bint remove_field(self, const char* name, size_t n) noexcept

cdef inline Fields fields_of(Entry* e):
    """The large hash that the entry refers to."""
    return <Fields>object_of(e)
