"""A directory of extendible hashing: the first bits of a hash lead to its segment.

    places[first `depth` bits of the hash] -> segment, which as many places share as it has bits less

A segment grows in steps, then splits in two by one bit more, and only then may the directory double, by copying
pointers. After removals segments shrink in steps too, or merge with their buddy, whose hashes differ from
theirs in the last of their bits; a directory that no segment needs all of halves.
"""

from libc.stdint cimport uint32_t, uint64_t

from dflite.native.keyspace.segment cimport HashOf, Segment

cdef struct Directory:
    Segment** places            # 2 ** depth; NULL before the first segment
    uint32_t depth
    size_t bytes                # of places and segments, as the allocator counts them

cdef inline Segment* segment_for(Directory* directory, uint64_t h) noexcept nogil:
    """The segment of a hash; there must be one."""
    return directory.places[(h >> 1) >> (63 - directory.depth)]

cdef inline size_t places_of(Directory* directory) noexcept nogil:
    return 0 if directory.places == NULL else <size_t>1 << directory.depth

cdef inline Segment* next_segment(Directory* directory, size_t* place) noexcept nogil:
    """The segment at a place, which goes on behind it, from 0; NULL behind the last one."""
    cdef Segment* s
    if place[0] >= places_of(directory):
        return NULL
    s = directory.places[place[0]]
    place[0] += <size_t>1 << (directory.depth - s.depth)
    return s

cdef Segment* start_directory(Directory* directory) except NULL
cdef int grow_segment(Directory* directory, uint64_t h, HashOf hash_of) except -1
cdef void shrink_segment(Directory* directory, uint64_t h, size_t count) noexcept
cdef bint would_merge(Directory* directory, uint64_t h, uint64_t* buddy) noexcept nogil
cdef size_t count_slots(Directory* directory) noexcept nogil
cdef int check_directory(Directory* directory, HashOf hash_of) except -1
