"""Ways through an index: a scan by cursor, every entry in turn, one drawn by chance."""

from libc.stdint cimport uint64_t

from dflite.native.keyspace.directory cimport Directory
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.segment cimport Segment

cdef class Visitor:
    cdef int visit(self, Entry* e) except -1

cdef struct Walk:
    # The place of a walk through all entries; the index must not change meanwhile.
    Directory* directory
    size_t place                # behind the segment
    Segment* segment
    size_t slot                 # the next of the segment
    size_t slots

cdef uint64_t scan_entries(Index index, uint64_t cursor, size_t count, Visitor visitor) except? 1
cdef object scan_keys(Index index, uint64_t cursor, size_t count, bytes pattern, int only_type, list due)
cdef uint64_t* random_slot(Index index, uint64_t* h) noexcept nogil
cdef Entry* random_entry(Index index) noexcept nogil
cdef void begin_walk(Walk* walk, Index index) noexcept nogil
cdef Entry* next_entry(Walk* walk) noexcept nogil
cdef uint64_t next_random() noexcept nogil
cdef uint64_t random_below(uint64_t n) noexcept nogil
