from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.scored cimport Bound

cdef double score_at(const char* p) noexcept nogil
cdef const char* find_pair(Entry* e, const char* member, size_t n) noexcept nogil
cdef const char* pair_of_rank(Entry* e, int64_t rank) noexcept nogil
cdef int64_t pairs_before(const char* p, const char* end, Bound* bound) noexcept nogil
cdef int put_pair(Table table, uint64_t* slot, uint64_t h, const char* member, size_t n,
                  double score) except -1
cdef int set_pair(Table table, uint64_t* slot, uint64_t h, size_t at, double score) except -1
cdef int drop_pairs(Table table, uint64_t* slot, uint64_t h, size_t at, int64_t pairs) except -1
