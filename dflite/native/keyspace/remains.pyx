# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is left of a table that was emptied at once: its memory is given back in slices."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free

from dflite.native.keyspace.entry cimport DFLITE_PREFETCH, free_entry, slot_entry
from dflite.native.keyspace.segment cimport NEVER, SLOTS, Segment


cdef class Remains:
    """The segments of a table that was emptied at once; `free` gives them back in slices."""

    def free(self, entries: int) -> bool:
        """Free about `entries` entries; True while there is more to do."""
        cdef int64_t budget = entries
        return free_within(self, &budget)

    def __dealloc__(self):
        cdef int64_t budget = NEVER
        if self.directory != NULL:
            free_within(self, &budget)


cdef bint free_within(Remains remains, int64_t* budget) noexcept:
    """Free what a budget of entries allows, and take it from it; True while there is more."""
    cdef Segment* s
    cdef size_t i, n
    while remains.at < remains.end and budget[0] > 0:
        s = remains.directory[remains.at]
        remains.at += <size_t>1 << (remains.depth - s.depth)
        n = <size_t>s.buckets * SLOTS
        for i in range(n):
            if i + 6 < n and s.slots[i + 6] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + 6]))
            if s.slots[i] != 0:
                free_entry(slot_entry(s.slots[i]))
        budget[0] -= s.count + 1
        free(s)
    if remains.at < remains.end:
        return True
    free(remains.directory)
    remains.directory = NULL
    remains.at = remains.end = remains.memory = 0
    return False
