from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.sorted_sets.ordered cimport Tree
from dflite.native.sorted_sets.scored cimport Bound
from dflite.native.values.hashed cimport HashedValue

@cython.final
cdef class SortedSet(HashedValue):
    cdef Tree tree

    cdef Entry* new_member(self, const char* member, size_t n, uint64_t h, double score) except NULL
    cdef int add(self, const char* member, size_t n, uint64_t h, double score) except -1
    cdef int add_last(self, const char* member, size_t n, uint64_t h, double score) except -1
    cdef int set_score(self, uint64_t* slot, uint64_t h, double score) except -1
    cdef Entry* rewrite(self, uint64_t* slot, uint64_t h, double score) except NULL
    cdef int collect(self, const char* member, size_t n, uint64_t h, double score) except -1
    cdef int order(self) except -1
    cdef size_t rank_of(self, Entry* e) noexcept nogil
    cdef size_t rank_at(self, Bound* bound) noexcept nogil
    cdef void drop(self, uint64_t* slot, uint64_t h) noexcept
    cdef void drop_ranks(self, size_t first, size_t count) noexcept
