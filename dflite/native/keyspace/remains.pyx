# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is left of a table that was emptied at once: its memory is given back in slices."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free

from dflite.native.keyspace.directory cimport next_segment, places_of
from dflite.native.keyspace.entry cimport DFLITE_PREFETCH, free_entry, slot_entry
from dflite.native.keyspace.segment cimport NEVER, SLOTS, Segment

cdef enum:
    AHEAD = 6               # slots whose entries are asked for before they are freed


cdef class Remains:
    """The segments of a table that was emptied at once; `free` gives them back in slices."""

    def free(self, entries: int) -> bool:
        """Free about `entries` entries; True while there is more to do."""
        cdef int64_t budget = entries
        return free_within(self, &budget)

    def __dealloc__(self):
        cdef int64_t budget = NEVER
        if self.directory.places != NULL:
            free_within(self, &budget)


cdef bint free_within(Remains remains, int64_t* budget) noexcept:
    """Free what a budget of entries allows, and take it from it; True while there is more."""
    cdef Segment* s
    cdef size_t i, n
    while budget[0] > 0:
        s = next_segment(&remains.directory, &remains.place)
        if s == NULL:
            break
        n = <size_t>s.buckets * SLOTS
        for i in range(n):
            if i + AHEAD < n and s.slots[i + AHEAD] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + AHEAD]))
            if s.slots[i] != 0:
                free_entry(slot_entry(s.slots[i]))
        budget[0] -= s.count + 1
        free(s)
    if remains.place < places_of(&remains.directory):
        return True
    free(remains.directory.places)
    remains.directory.places = NULL
    remains.memory = 0
    return False
