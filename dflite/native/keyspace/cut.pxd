from libc.stdint cimport uint64_t

from dflite.native.keyspace.value cimport Value

cdef class Cut:
    cdef uint64_t version       # segments of an older one are not saved yet
    cdef size_t watched         # values of this index that must be told by key before they change

    cdef void save_before(self, Value index, uint64_t h) noexcept
    cdef void take_over(self, Value index) noexcept
