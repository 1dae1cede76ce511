# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A large set: an index whose keys are the members, without values, some with a deadline of their own.

A member whose deadline has passed is there until its owner, who has to announce that, removes it; reads do
not see it.
"""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport malloc

cimport cython

from dflite.native.keyspace.entry cimport (
    ENC_BYTES,
    F_DEADLINE,
    F_WIDE_KEY,
    T_STRING,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    optional_size,
    slot_entry,
    write_entry,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry


@cython.final
cdef class Members(HashedValue):
    """Members by hash. Deadlines are Unix ms, -1 for none."""

    encoding = b"hashtable"

    cdef bint has(self, const char* member, size_t n) noexcept nogil:
        """Is the member there, and not due?"""
        cdef Entry* e = self.find(member, n, hash_key(member, n))
        return e != NULL and not self.is_due(e)

    cdef bint add(self, const char* member, size_t n, int64_t deadline) except -1:
        """Add a member; False if it is there, and then nothing changes."""
        cdef uint64_t h = hash_key(member, n)
        cdef uint64_t* slot = self.find_slot(member, n, h)
        cdef uint8_t flags = 0
        cdef Entry* e
        if slot != NULL:
            if not self.is_due(slot_entry(slot[0])):
                return False
            self.remove_slot(slot, h)
        if deadline >= 0:
            flags |= F_DEADLINE
        if n >= 255:
            flags |= F_WIDE_KEY
        self.room_for(h)
        e = <Entry*>malloc(sizeof(Entry) + optional_size(flags) + n)
        if e == NULL:
            raise MemoryError
        write_entry(e, T_STRING | ENC_BYTES, flags, 0, deadline, 0, member, n, NULL, 0)
        self.link(e, h)
        self.account()
        return True

    cdef bint drop(self, const char* member, size_t n) noexcept:
        """Was the member there, due or not? It is gone."""
        cdef bint removed = self.remove(member, n, hash_key(member, n))
        self.account()
        return removed

    def copy(self) -> Members:
        """A set that is equal and shares nothing."""
        cdef Members other = Members(self.clock)
        cdef Walk walk
        cdef Entry* e
        begin_walk(&walk, self)
        while True:
            e = next_entry(&walk)
            if e == NULL:
                return other
            other.add(key_of(e), key_length_of(e), deadline_of(e))
