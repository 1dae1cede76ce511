# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Segments: making, filling, resizing, halving and merging them.

Buckets are filled from the left. What does not fit at home goes to the next bucket that has room (linear
probing), and a removal pulls entries back, so "a bucket that is not full" always ends a search: there are no
tombstones and no overflow counters. Only halving hashes keys again, since it needs one bit more.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memset

from dflite.native.keyspace.entry cimport DFLITE_PREFETCH, F_DEADLINE, Entry, deadline_of, slot_entry

cdef extern from "<stdlib.h>" nogil:
    int posix_memalign(void** p, size_t alignment, size_t size)

cdef uint32_t[24] STEPS
STEPS[:] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128]


cdef inline size_t segment_size(uint32_t buckets) noexcept nogil:
    return sizeof(Segment) + <size_t>buckets * SLOTS * sizeof(uint64_t)


cdef uint32_t buckets_for(size_t count) noexcept nogil:
    """The smallest step that holds `count` entries and some more."""
    cdef int i
    for i in range(24):
        if <size_t>STEPS[i] * FILL > count + (count >> 4):
            return STEPS[i]
    return MAX_BUCKETS


cdef uint32_t step_after(uint32_t buckets) noexcept nogil:
    """The number of buckets that a segment grows to."""
    cdef int i
    for i in range(24):
        if STEPS[i] > buckets:
            return STEPS[i]
    return buckets * 2


cdef Segment* new_segment(uint32_t buckets, uint32_t depth) except NULL:
    cdef void* p = NULL
    if posix_memalign(&p, 64, segment_size(buckets)) != 0:
        raise MemoryError
    memset(p, 0, segment_size(buckets))
    cdef Segment* s = <Segment*>p
    s.buckets = buckets
    s.depth = depth
    s.next_deadline = NEVER
    return s


cdef Segment* resized(Segment* s, uint32_t buckets) except NULL:
    """The same entries in another number of buckets; looks at tags only. `s` is the caller's to free."""
    cdef Segment* t = new_segment(buckets, s.depth)
    cdef size_t i
    t.version = s.version
    t.next_deadline = s.next_deadline
    t.count = s.count
    t.expiring = s.expiring
    for i in range(<size_t>s.buckets * SLOTS):
        if s.slots[i] != 0:
            place(t, s.slots[i])
    return t


cdef int halve(Segment* s, HashOf hash_of, Segment** halves) except -1:
    """Two segments, one bit deeper, with the entries of `s`, which is the caller's to free."""
    cdef uint32_t[2] counts
    cdef uint32_t depth = s.depth + 1
    cdef size_t i, n = <size_t>s.buckets * SLOTS
    cdef Segment* t
    cdef Entry* e
    counts[0] = counts[1] = 0
    for i in range(n):      # the top bit of a tag is the bit that splits
        if s.slots[i] != 0:
            counts[s.slots[i] >> 63] += 1
    halves[0] = new_segment(buckets_for(counts[0]), depth)
    try:
        halves[1] = new_segment(buckets_for(counts[1]), depth)
    except MemoryError:
        free(halves[0])
        raise
    for i in range(n):
        if i + 8 < n and s.slots[i + 8] != 0:
            DFLITE_PREFETCH(slot_entry(s.slots[i + 8]))
        if s.slots[i] == 0:
            continue
        e = slot_entry(s.slots[i])
        t = halves[s.slots[i] >> 63]
        place(t, tagged(e, hash_of(e), depth))
        t.count += 1
        t.expiring += e.flags & F_DEADLINE
    halves[0].version = halves[1].version = s.version
    halves[0].next_deadline = halves[1].next_deadline = s.next_deadline
    return 0


cdef Segment* merged(Segment* low, Segment* high) except NULL:
    """One segment, one bit less deep, with the entries of two neighbours; looks at tags only.

    They are the caller's to free.
    """
    cdef Segment* t = new_segment(buckets_for(low.count + high.count), low.depth - 1)
    cdef Segment* side
    cdef uint64_t slot, bit
    cdef size_t i
    t.version = max(low.version, high.version)
    t.next_deadline = min(low.next_deadline, high.next_deadline)
    t.count = low.count + high.count
    t.expiring = low.expiring + high.expiring
    for bit in range(2):
        side = high if bit else low
        for i in range(<size_t>side.buckets * SLOTS):
            slot = side.slots[i]
            if slot != 0:
                place(t, (((bit << 15) | (slot >> 49)) << 48) | (slot & 0x0000FFFFFFFFFFFFULL))
    return t


cdef void pull_back(Segment* s, uint32_t hole) noexcept nogil:
    """A full bucket has lost an entry: fill it from behind, so that searches may stop at gaps."""
    cdef uint32_t n = s.buckets, b = hole, steps, away
    cdef uint64_t* bucket
    cdef uint64_t* found
    cdef bint full
    cdef int i
    for steps in range(1, n):
        b += 1
        if b == n:
            b = 0
        bucket = s.slots + <size_t>b * SLOTS
        full = bucket[SLOTS - 1] != 0
        found = NULL
        away = b - hole if b >= hole else b + n - hole
        for i in range(SLOTS):
            if bucket[i] == 0:
                break
            if (b + n - home_of(bucket[i], n)) % n >= away:
                found = &bucket[i]
                break
        if found != NULL:
            s.slots[<size_t>hole * SLOTS + SLOTS - 1] = found[0]
            take_out(bucket, found)
            if not full:
                return
            hole = b
        elif not full:
            return


cdef int check_segment(Segment* s, HashOf hash_of) except -1:
    """Assert that a search reaches every entry, and that the figures are right; for tests."""
    cdef size_t i, count = 0, expiring = 0
    cdef uint64_t slot
    cdef uint32_t b
    cdef Entry* e
    for i in range(<size_t>s.buckets * SLOTS):
        slot = s.slots[i]
        if slot == 0:
            continue
        assert i % SLOTS == 0 or s.slots[i - 1] != 0, "a bucket with a gap"
        e = slot_entry(slot)
        assert slot & ~<uint64_t>SPARED == tagged(e, hash_of(e), s.depth), "a slot with the wrong tag"
        b = home_of(slot, s.buckets)
        while b != i // SLOTS:
            assert s.slots[<size_t>b * SLOTS + SLOTS - 1] != 0, "an entry that no search reaches"
            b = (b + 1) % s.buckets
        count += 1
        if e.flags & F_DEADLINE:
            expiring += 1
            assert deadline_of(e) >= s.next_deadline, "a deadline nobody sees"
    assert count == s.count and expiring == s.expiring, "a segment that miscounts"
    return 0
