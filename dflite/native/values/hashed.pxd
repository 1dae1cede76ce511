from libc.stdint cimport int64_t

from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.remains cimport Remains

cdef class HashedValue(Index):
    cdef int64_t charged            # bytes
    cdef Remains remains            # of one that is being taken apart

    cdef void account(self) noexcept nogil
