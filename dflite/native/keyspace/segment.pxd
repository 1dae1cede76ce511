"""A segment: cache-line buckets of tagged pointers to entries that share a prefix of their hash.

    slot  = 16 tag bits | 44 pointer bits | 3 bits: eviction spares it so often
            | bit 0: the entry has a deadline       (0 = empty)

See table.pyx for the structure as a whole.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from dflite.native.keyspace.entry cimport F_DEADLINE, Entry

cdef extern from *:
    """
    #include <stdint.h>
    #define DFLITE_NEVER INT64_MAX
    """
    int64_t NEVER "DFLITE_NEVER"

cdef enum:
    SLOTS = 8               # a bucket
    FILL = 7                # of 8 slots a bucket, before a segment grows
    MAX_BUCKETS = 128       # a segment
    HAS_DEADLINE = 1        # bit 0 of a slot
    ONCE_SPARED = 2         # the next three: how many choices of keys to evict shall pass over it
    SPARED = 14             # ... which whoever writes the slot anew may forget

cdef struct Segment:
    uint64_t version
    int64_t next_deadline   # no entry in here is due before
    uint32_t count
    uint32_t expiring       # entries with a deadline
    uint32_t buckets
    uint32_t depth          # bits of the hash that lead here
    uint64_t reserved[4]
    uint64_t slots[0]

ctypedef uint64_t (*HashOf)(Entry*) noexcept nogil

cdef inline uint32_t home_of(uint64_t slot, uint32_t buckets) noexcept nogil:
    return <uint32_t>(((slot >> 48) * buckets) >> 16)

cdef inline uint64_t tagged(Entry* e, uint64_t h, uint32_t depth) noexcept nogil:
    return (((h << depth) >> 48) << 48) | <uint64_t>e | (e.flags & F_DEADLINE)

cdef inline uint64_t after_prefix(uint64_t h, uint32_t depth) noexcept nogil:
    """The first hash of the segment that follows the one of `h`; 0 after the last."""
    return (((h >> 1) >> (63 - depth)) + 1) << 1 << (63 - depth)

cdef inline void place(Segment* s, uint64_t slot) noexcept nogil:
    """Put a slot in its home bucket or the next with room; there must be room."""
    cdef uint32_t b = home_of(slot, s.buckets)
    cdef uint64_t* bucket
    cdef int i
    while True:
        bucket = s.slots + <size_t>b * SLOTS
        if bucket[SLOTS - 1] == 0:
            for i in range(SLOTS):
                if bucket[i] == 0:
                    bucket[i] = slot
                    return
        b += 1
        if b == s.buckets:
            b = 0

cdef inline void take_out(uint64_t* bucket, uint64_t* slot) noexcept nogil:
    """Empty one slot and keep the bucket filled from the left."""
    cdef uint64_t* last = slot
    while last + 1 < bucket + SLOTS and last[1] != 0:
        last += 1
    slot[0] = last[0]
    last[0] = 0

cdef uint32_t buckets_for(size_t count) noexcept nogil
cdef uint32_t step_after(uint32_t buckets) noexcept nogil
cdef Segment* new_segment(uint32_t buckets, uint32_t depth) except NULL
cdef Segment* resized(Segment* s, uint32_t buckets) except NULL
cdef int halve(Segment* s, HashOf hash_of, Segment** halves) except -1
cdef Segment* merged(Segment* low, Segment* high) except NULL
cdef void pull_back(Segment* s, uint32_t hole) noexcept nogil
cdef int check_segment(Segment* s, HashOf hash_of) except -1
