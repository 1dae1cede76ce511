# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ways through an index: a scan by cursor, every entry in turn, one drawn by chance.

The keyspace's table and every large hash, set or sorted set are indexes, so this is what SCAN and
RANDOMKEY have in common with HSCAN, SRANDMEMBER and their like.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t, uint64_t

cimport cython

from dflite.native.base.bytesops cimport glob_match
from dflite.native.keyspace.directory cimport next_segment, segment_for
from dflite.native.keyspace.entry cimport DFLITE_PREFETCH, Entry, key_length_of, key_of, slot_entry
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.segment cimport SLOTS, Segment, after_prefix, home_of

cdef enum:
    AHEAD = 6               # slots whose entries a walk asks for before it needs them

cdef uint64_t random_state = int.from_bytes(os.urandom(8), "little") | 1


cdef uint64_t next_random() noexcept nogil:
    """xorshift64*; for samples, not for secrets."""
    global random_state
    random_state ^= random_state >> 12
    random_state ^= random_state << 25
    random_state ^= random_state >> 27
    return random_state * 0x2545F4914F6CDD1DULL


cdef uint64_t random_below(uint64_t n) noexcept nogil:
    """A number from 0 to n - 1; n is below 2**32."""
    return ((next_random() >> 32) * n) >> 32


cdef class Visitor:
    """Somebody whom a scan shows entries."""

    cdef int visit(self, Entry* e) except -1:
        raise NotImplementedError


cdef uint64_t scan_entries(Index index, uint64_t cursor, size_t count, Visitor visitor) except? 1:
    """Show about `count` entries from `cursor` (48 bits) on; the next cursor, 0 begins and ends.

    An entry that is there from the first call to the last is shown, at least once, whatever else
    changes in between. The visitor must not change the index.
    """
    cdef uint64_t at = cursor << 16, tag, slot, width
    cdef Segment* s
    cdef uint32_t b, home, steps
    cdef uint64_t* bucket
    cdef size_t seen = 0, visited = 0
    cdef int i
    if index.directory.places == NULL:
        return 0
    while seen < count and visited // 10 < count:
        s = segment_for(&index.directory, at)
        tag = (at << s.depth) >> 48
        home = <uint32_t>((tag * s.buckets) >> 16)
        b = home
        for steps in range(s.buckets):
            bucket = s.slots + <size_t>b * SLOTS
            for i in range(SLOTS):
                slot = bucket[i]
                if slot == 0:
                    break
                if home_of(slot, s.buckets) == home:
                    seen += 1
                    visitor.visit(slot_entry(slot))
            if bucket[SLOTS - 1] == 0:
                break
            b += 1
            if b == s.buckets:
                b = 0
        visited += 1
        home += 1
        if home < s.buckets:
            width = (<uint64_t>home * 65536 + s.buckets - 1) // s.buckets
            at = (((at >> 1) >> (63 - s.depth)) << 1 << (63 - s.depth)) | (width << (48 - s.depth))
        else:
            at = after_prefix(at, s.depth)
            if at == 0:
                return 0
    return at >> 16


@cython.final
cdef class KeyVisitor(Visitor):
    """Collects the keys that a scan is about."""

    cdef Index index
    cdef list keys
    cdef list due
    cdef bytes pattern
    cdef int only_type

    cdef int visit(self, Entry* e) except -1:
        if self.only_type and e.kind & 0x0F != self.only_type:
            return 0
        if self.pattern is not None and not glob_match(
                PyBytes_AS_STRING(self.pattern), PyBytes_GET_SIZE(self.pattern),
                key_of(e), key_length_of(e), False):
            return 0
        if not self.index.is_due(e):
            self.keys.append(self.index.key_bytes(e))
        elif self.due is not None:
            self.due.append(self.index.key_bytes(e))
        return 0


cdef object scan_keys(Index index, uint64_t cursor, size_t count, bytes pattern, int only_type, list due):
    """(next cursor, keys): about `count` keys from `cursor` on, as `scan_entries`.

    `pattern` and `only_type` leave out keys after they were counted. Keys whose deadline has passed are
    put into `due` instead, if there is such a list.
    """
    cdef KeyVisitor visitor = KeyVisitor.__new__(KeyVisitor)
    visitor.index = index
    visitor.keys = []
    visitor.due = due
    visitor.pattern = pattern
    visitor.only_type = only_type
    return scan_entries(index, cursor, count, visitor), visitor.keys


cdef uint64_t* random_slot(Index index, uint64_t* h) noexcept nogil:
    """A slot drawn about uniformly, of due entries too; NULL when there is none. O(1).

    `h` begins as its hash does, which is all that `unlink` needs.
    """
    cdef Segment* s
    cdef uint64_t* slot
    if index.count == 0:
        return NULL
    while True:
        h[0] = next_random()
        s = segment_for(&index.directory, h[0])
        slot = &s.slots[<uint32_t>h[0] % (s.buckets * <uint32_t>SLOTS)]
        if slot[0] != 0:
            return slot


cdef Entry* random_entry(Index index) noexcept nogil:
    """An entry drawn about uniformly, due ones too; NULL when there is none. O(1)."""
    cdef uint64_t h
    cdef uint64_t* slot = random_slot(index, &h)
    return NULL if slot == NULL else slot_entry(slot[0])


cdef void begin_walk(Walk* walk, Index index) noexcept nogil:
    """Stand before the first entry."""
    walk.directory = &index.directory
    walk.place = walk.slot = walk.slots = 0
    walk.segment = NULL


cdef Entry* next_entry(Walk* walk) noexcept nogil:
    """The next entry, NULL behind the last. Those with neighbouring hashes come together."""
    cdef uint64_t slot
    while True:
        while walk.slot < walk.slots:
            slot = walk.segment.slots[walk.slot]
            if walk.slot + AHEAD < walk.slots:
                DFLITE_PREFETCH(slot_entry(walk.segment.slots[walk.slot + AHEAD]))
            walk.slot += 1
            if slot != 0:
                return slot_entry(slot)
        walk.segment = next_segment(walk.directory, &walk.place)
        if walk.segment == NULL:
            return NULL
        walk.slot = 0
        walk.slots = <size_t>walk.segment.buckets * SLOTS
