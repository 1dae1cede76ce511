# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What large hashes, sets and sorted sets have in common: an index of elements that is a value of a key.

As a value it charges the bytes that it holds, and is freed in slices once nobody needs it any more.
"""

from libc.stdint cimport int64_t

from dflite.native.keyspace.remains cimport free_within
from dflite.native.keyspace.value cimport charge


cdef class HashedValue(Index):
    """Elements by key. After a change, `account`."""

    def __dealloc__(self):
        charge(-self.charged)

    cdef void account(self) noexcept nogil:
        """Charge what it holds."""
        cdef int64_t now = <int64_t>(self.entry_bytes + self.directory.bytes)
        if now != self.charged:
            charge(now - self.charged)
            self.charged = now

    cdef size_t weight(self) noexcept:
        return self.count

    cdef bint dismantle(self, int64_t* budget) noexcept:
        if self.remains is None:
            self.remains = self.clear()
            self.account()
        return free_within(self.remains, budget)

    def check(self) -> None:
        """Assert its invariants; for tests. O(n)."""
        Index.check(self)
        assert self.charged == self.memory, "bytes not charged"
