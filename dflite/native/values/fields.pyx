# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A large hash: an index with a field for each key, its value, and its own deadline if it has one.

A field whose deadline has passed is there until its owner, who has to announce that, deletes it; reads
do not see it.
"""

from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.keyspace.entry cimport (
    ENC_BYTES,
    T_STRING,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry


@cython.final
cdef class Fields(HashedValue):
    """Values by field. Deadlines are Unix ms, -1 for none."""

    encoding = b"hashtable"

    cdef Entry* field(self, const char* name, size_t n) noexcept nogil:
        """The field that is not due, or NULL."""
        cdef Entry* e = self.find(name, n, hash_key(name, n))
        return NULL if e == NULL or self.is_due(e) else e

    cdef int put_field(self, const char* name, size_t n, const char* value, size_t length,
                       int64_t deadline) except -1:
        """A value for a field; 1 if there was none."""
        cdef uint64_t h = hash_key(name, n)
        cdef size_t before = self.count
        cdef Entry* old = self.find(name, n, h) if self.expiring_count else NULL
        cdef bint was_due = old != NULL and self.is_due(old)
        self.put(name, n, h, T_STRING | ENC_BYTES, value, length, deadline, 0)
        self.account()
        return was_due or self.count > before

    cdef bint remove_field(self, const char* name, size_t n) noexcept:
        """Was the field there, due or not? It is gone."""
        cdef bint removed = self.remove(name, n, hash_key(name, n))
        self.account()
        return removed

    def copy(self) -> Fields:
        """A hash that is equal and shares nothing."""
        cdef Fields other = Fields(self.clock)
        cdef Walk walk
        cdef Entry* e
        begin_walk(&walk, self)
        e = next_entry(&walk)
        while e != NULL:
            other.put(key_of(e), key_length_of(e), hash_key(key_of(e), key_length_of(e)), e.kind,
                      value_of(e), value_length_of(e), deadline_of(e), 0)
            e = next_entry(&walk)
        other.account()
        return other
