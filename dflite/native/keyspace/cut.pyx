# cython: language_level=3
"""What an index asks before it changes while a snapshot of it is being taken.

A snapshot shows one moment. The index goes on changing, so whatever is about to change and is not written
yet is written first: a segment of an older version than the cut's is one that is not. snapshot.pyx has the
cuts that do so.
"""

from libc.stdint cimport uint64_t

from dflite.native.keyspace.value cimport Value


cdef class Cut:
    """A moment at which an index is being saved."""

    cdef void save_before(self, Value index, uint64_t h) noexcept:
        """An entry of this hash is about to change, come or go: write what was there."""

    cdef void take_over(self, Value index) noexcept:
        """The index is about to be emptied at once: take what it holds, leave it empty."""
