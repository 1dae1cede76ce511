# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is left of a table that was emptied at once: its memory is given back in slices."""

from libc.stdint cimport int64_t
from libc.stdlib cimport free

from dflite.native.entry cimport DFLITE_PREFETCH, free_entry, slot_entry
from dflite.native.segment cimport NEVER, SLOTS, Segment


cdef class Remains:
    """The segments of a table that was emptied at once; `free` gives them back in slices."""

    def free(self, entries: int) -> bool:
        """Free about `entries` entries; True while there is more to do."""
        cdef int64_t budget = entries
        cdef Segment* s
        cdef size_t i, n
        while self.at < self.end and budget > 0:
            s = self.directory[self.at]
            self.at += <size_t>1 << (self.depth - s.depth)
            n = <size_t>s.buckets * SLOTS
            for i in range(n):
                if i + 6 < n and s.slots[i + 6] != 0:
                    DFLITE_PREFETCH(slot_entry(s.slots[i + 6]))
                if s.slots[i] != 0:
                    free_entry(slot_entry(s.slots[i]))
            budget -= s.count + 1
            free(s)
        if self.at < self.end:
            return True
        free(self.directory)
        self.directory = NULL
        self.at = self.end = self.memory = 0
        return False

    def __dealloc__(self):
        if self.directory != NULL:
            self.free(NEVER)
