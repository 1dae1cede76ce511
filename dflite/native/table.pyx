# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The keyspace table: extendible hashing over cache-line buckets of tagged pointers to single-blob entries.

A look-up costs two cache misses: the bucket, then the entry.

    directory[top bits of the hash] -> Segment -> buckets of 8 slots (64 bytes, one cache line)
    slot  = 16 tag bits | 44 pointer bits | bit 0: the entry has a deadline       (0 = empty)
    entry = 8-byte header | optional fields | key | value     (one allocation, see table.pxd)

* The tag is the 16 bits of the hash that follow the segment's prefix. The home bucket is
  `tag * buckets >> 16`, so a segment can change its number of buckets, and two segments can merge,
  without looking at an entry; only a split has to hash keys again, since it needs one bit more.
* Buckets are filled from the left. What does not fit at home goes to the next bucket that has room
  (linear probing), and a removal pulls entries back, so "a bucket that is not full" always ends a search:
  there are no tombstones and no overflow counters.
* Segments grow in steps of about a sixth, up to 128 buckets, then split in two. Only one segment is ever
  touched by an insert (about 900 entries), and the directory doubles by copying pointers.
* The home bucket grows with the hash, so walking directory and buckets in order walks the hashes in
  order. SCAN's cursor is the hash that comes next; it means the same whatever the table did in between.

The hash is SipHash-1-3 under a secret drawn at start: keys come from strangers.
Times are Unix milliseconds, sizes are bytes as the allocator counts them.

Extendible hashing: Fagin et al., ACM TODS 4(3), 1979. Bucket layout after Dash, VLDB 13(8), 2020.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset

from dflite.native.bytesops cimport format_int64, glob_match, parse_int64, siphash13
from dflite.native.clock cimport Clock

cdef extern from *:
    """
    #if defined(__APPLE__)
    #include <malloc/malloc.h>
    #define malloc_usable_size malloc_size
    #else
    #include <malloc.h>
    #endif
    """
    size_t malloc_usable_size(void* p) noexcept nogil

cdef extern from "<stdlib.h>" nogil:
    int posix_memalign(void** p, size_t alignment, size_t size)

cdef extern from *:
    """
    #define DFLITE_PREFETCH(p) __builtin_prefetch(p)
    """
    void DFLITE_PREFETCH(void* p) noexcept nogil

cdef enum:
    SLOTS = 8               # a bucket
    FILL = 7                # of 8 slots a bucket, before a segment grows
    MAX_BUCKETS = 128       # a segment
    MAX_DEPTH = 32          # the cursor of scan() has 48 bits: 32 of prefix, 16 of tag
    PASSED_OVER = 64        # segments with nothing due that cost a sweep as much as one with
    HAS_DEADLINE = 1        # bit 0 of a slot

cdef int64_t NEVER = 0x7FFFFFFFFFFFFFFFLL
cdef size_t LONGEST = 0xFFFFFFFF     # a key or a value
cdef uint32_t[24] STEPS
STEPS[:] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128]

STRING = T_STRING
MAX_VALUE = 0xFFFFFFFF


class Expired:
    """What `Table.read` answers for a key whose deadline has passed but that is still there."""


EXPIRED = Expired()

cdef uint64_t SECRET_0
cdef uint64_t SECRET_1


def set_hash_secret(secret: bytes) -> None:
    """Choose the 16-byte hash secret; only before any table holds a key."""
    global SECRET_0, SECRET_1
    if len(secret) != 16:
        raise ValueError("a hash secret has 16 bytes")
    SECRET_0 = int.from_bytes(secret[:8], "little")
    SECRET_1 = int.from_bytes(secret[8:], "little")


set_hash_secret(os.urandom(16))


cdef uint64_t hash_key(const char* key, size_t n) noexcept nogil:
    return siphash13(key, n, SECRET_0, SECRET_1)


cdef inline uint32_t home_of(uint64_t slot, uint32_t buckets) noexcept nogil:
    return <uint32_t>(((slot >> 48) * buckets) >> 16)


cdef inline uint64_t tagged(Entry* e, uint64_t h, uint32_t depth) noexcept nogil:
    return (((h << depth) >> 48) << 48) | <uint64_t>e | (e.flags & F_DEADLINE)


cdef inline uint64_t after_prefix(uint64_t h, uint32_t depth) noexcept nogil:
    """The first hash of the segment that follows the one of `h`; 0 after the last."""
    return (((h >> 1) >> (63 - depth)) + 1) << 1 << (63 - depth)


cdef inline size_t allocated(void* p) noexcept nogil:
    return malloc_usable_size(p) + sizeof(size_t)


cdef inline size_t segment_size(uint32_t buckets) noexcept nogil:
    return sizeof(Segment) + <size_t>buckets * SLOTS * sizeof(uint64_t)


cdef inline uint32_t buckets_for(size_t count) noexcept nogil:
    """The smallest step that holds `count` entries and some more."""
    cdef int i
    for i in range(24):
        if <size_t>STEPS[i] * FILL > count + (count >> 4):
            return STEPS[i]
    return MAX_BUCKETS


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


cdef inline void free_entry(Entry* e) noexcept:
    cdef PyObject* value
    if (e.kind & 0xF0) == ENC_OBJECT:
        memcpy(&value, value_of(e), sizeof(value))
        free(e)
        Py_DECREF(<object>value)
    else:
        free(e)


cdef class Remains:
    """The segments of a table that was emptied at once; `free` gives them back in slices."""

    cdef Segment** directory
    cdef size_t at
    cdef size_t end
    cdef uint32_t depth
    cdef readonly size_t memory

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


cdef class Table:
    """One shard's part of one database: keys with values, deadlines and access stamps.

    `clock` says what "now" is: a key whose deadline has passed is answered as `EXPIRED` until its owner,
    who has to announce that, deletes it.
    """

    def __cinit__(self, Clock clock):
        self.clock = clock
        self.random_state = int.from_bytes(os.urandom(8), "little") | 1
        self.next_due = self.sweep_soonest = NEVER

    def __dealloc__(self):
        self.clear().free(NEVER)

    def __len__(self):
        return self.count

    # -- finding -----------------------------------------------------------------------------------

    cdef Segment* segment_for(self, uint64_t h) noexcept nogil:
        return self.directory[(h >> 1) >> (63 - self.depth)]

    cdef uint64_t* find_slot(self, const char* key, size_t n, uint64_t h) noexcept nogil:
        cdef Segment* s
        cdef uint64_t tag, slot
        cdef uint32_t b, steps
        cdef uint64_t* bucket
        cdef Entry* e
        cdef int i
        if self.directory == NULL:
            return NULL
        s = self.segment_for(h)
        tag = (h << s.depth) >> 48
        b = <uint32_t>((tag * s.buckets) >> 16)
        for steps in range(s.buckets):
            bucket = s.slots + <size_t>b * SLOTS
            for i in range(SLOTS):
                slot = bucket[i]
                if slot == 0:
                    return NULL
                if slot >> 48 == tag:
                    e = slot_entry(slot)
                    if key_length_of(e) == n and memcmp(key_of(e), key, n) == 0:
                        return &bucket[i]
            b += 1
            if b == s.buckets:
                b = 0
        return NULL

    cdef Entry* find(self, const char* key, size_t n, uint64_t h) noexcept nogil:
        cdef uint64_t* slot = self.find_slot(key, n, h)
        return NULL if slot == NULL else slot_entry(slot[0])

    cdef void prefetch_bucket(self, uint64_t h) noexcept nogil:
        cdef Segment* s
        if self.directory != NULL:
            s = self.segment_for(h)
            DFLITE_PREFETCH(s.slots + <size_t>home_of(((h << s.depth) >> 48) << 48, s.buckets) * SLOTS)

    cdef void prefetch_entry(self, uint64_t h) noexcept nogil:
        """Ask for the first entry in the home bucket whose tag fits; its bucket should be near by now."""
        cdef Segment* s
        cdef uint64_t tag
        cdef uint64_t* bucket
        cdef int i
        if self.directory == NULL:
            return
        s = self.segment_for(h)
        tag = (h << s.depth) >> 48
        bucket = s.slots + ((tag * s.buckets) >> 16) * SLOTS
        for i in range(SLOTS):
            if bucket[i] >> 48 == tag:
                DFLITE_PREFETCH(slot_entry(bucket[i]))
                return

    cdef uint64_t* slot_of(self, bytes key):
        return self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                              hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))

    cdef Entry* entry_of(self, bytes key):
        cdef uint64_t* slot = self.slot_of(key)
        return NULL if slot == NULL else slot_entry(slot[0])

    # -- writing -----------------------------------------------------------------------------------

    cdef Entry* put(self, const char* key, size_t n, uint64_t h, uint8_t kind,
                    const char* value, size_t length, int64_t deadline, uint32_t mc_flags) except NULL:
        """A new value at key, in the place of any old one; `deadline` -1 is none."""
        cdef uint8_t flags = 0
        cdef uint64_t* slot
        cdef Entry* e
        cdef Entry* old = NULL
        cdef PyObject* dropped = NULL
        cdef Segment* s
        cdef size_t total, usable
        cdef char* p
        cdef uint32_t wide
        if deadline >= 0:
            flags |= F_DEADLINE
        if mc_flags:
            flags |= F_MC_FLAGS
        if n >= 255:
            flags |= F_WIDE_KEY
        if length >= 65535:
            flags |= F_WIDE_VALUE
        if n > LONGEST or length > LONGEST:
            raise OverflowError("a key or a value of 4 GiB")
        total = sizeof(Entry) + optional_size(flags) + n + length

        slot = self.find_slot(key, n, h)
        if slot != NULL:
            old = slot_entry(slot[0])
            flags |= old.flags & F_STICKY
            if (old.kind & 0xF0) == ENC_OBJECT:
                memcpy(&dropped, value_of(old), sizeof(dropped))
            usable = malloc_usable_size(old)
            if total <= usable and usable - total <= (total >> 1) + 16:
                e = old
            else:
                e = <Entry*>malloc(total)
                if e == NULL:
                    raise MemoryError
                self.entry_bytes += allocated(e)
        else:
            if self.directory == NULL or self.segment_for(h).count >= self.segment_for(h).buckets * FILL:
                self.grow(h)
            e = <Entry*>malloc(total)
            if e == NULL:
                raise MemoryError
            self.entry_bytes += allocated(e)
        s = self.segment_for(h)
        if old != NULL and old.flags & F_DEADLINE:
            s.expiring -= 1
            self.expiring_count -= 1

        e.kind = kind
        e.flags = flags
        stamp_entry(e, self.clock.stamp)
        p = <char*>e + sizeof(Entry)
        if flags & F_DEADLINE:
            memcpy(p, &deadline, 8)
            p += 8
            s.expiring += 1
            self.expiring_count += 1
            if deadline < s.next_deadline:
                self.note_deadline(s, deadline)
        if flags & F_MC_FLAGS:
            memcpy(p, &mc_flags, 4)
            p += 4
        e.key_length = 255
        if flags & F_WIDE_KEY:
            wide = <uint32_t>n
            memcpy(p, &wide, 4)
            p += 4
        else:
            e.key_length = <uint8_t>n
        e.value_length = 65535
        if flags & F_WIDE_VALUE:
            wide = <uint32_t>length
            memcpy(p, &wide, 4)
            p += 4
        else:
            e.value_length = <uint16_t>length
        memcpy(p, key, n)
        memcpy(p + n, value, length)

        if slot == NULL:
            place(s, tagged(e, h, s.depth))
            s.count += 1
            self.count += 1
        else:
            slot[0] = tagged(e, h, s.depth)
            if e != old:
                self.entry_bytes -= allocated(old)
                free(old)
        if dropped != NULL:
            Py_DECREF(<object>dropped)
        return e

    cdef Entry* put_string(self, const char* key, size_t n, uint64_t h, const char* value,
                           size_t length, int64_t deadline, uint32_t mc_flags) except NULL:
        """A string; the text of an int64 is kept as eight bytes."""
        cdef int64_t number
        if length <= 20 and parse_int64(value, length, &number):
            return self.put(key, n, h, T_STRING | ENC_INT, <const char*>&number, 8, deadline, mc_flags)
        return self.put(key, n, h, T_STRING | ENC_BYTES, value, length, deadline, mc_flags)

    cdef int set_deadline_at(self, uint64_t* slot, uint64_t h, int64_t deadline) except -1:
        """Give the entry a deadline, another, or (-1) none."""
        cdef Entry* e = slot_entry(slot[0])
        cdef Segment* s = self.segment_for(h)
        cdef size_t total, before
        if deadline < 0:
            if not e.flags & F_DEADLINE:
                return 0
            total = <char*>value_of(e) + value_length_of(e) - <char*>e
            memmove(<char*>e + sizeof(Entry), <char*>e + sizeof(Entry) + 8, total - sizeof(Entry) - 8)
            e.flags &= ~F_DEADLINE
            slot[0] &= ~<uint64_t>HAS_DEADLINE
            s.expiring -= 1
            self.expiring_count -= 1
            return 0
        if not e.flags & F_DEADLINE:
            total = <char*>value_of(e) + value_length_of(e) - <char*>e
            before = allocated(e)
            e = <Entry*>realloc(e, total + 8)
            if e == NULL:
                raise MemoryError
            self.entry_bytes += allocated(e)
            self.entry_bytes -= before
            memmove(<char*>e + sizeof(Entry) + 8, <char*>e + sizeof(Entry), total - sizeof(Entry))
            e.flags |= F_DEADLINE
            slot[0] = tagged(e, h, s.depth)
            s.expiring += 1
            self.expiring_count += 1
        memcpy(<char*>e + sizeof(Entry), &deadline, 8)
        if deadline < s.next_deadline:
            self.note_deadline(s, deadline)
        return 0

    cdef void note_deadline(self, Segment* s, int64_t deadline) noexcept nogil:
        """A deadline in `s` is sooner than any before."""
        s.next_deadline = deadline
        if deadline < self.next_due:
            self.next_due = deadline
        if deadline < self.sweep_soonest:
            self.sweep_soonest = deadline       # the sweep may have passed `s` already

    cdef Entry* unlink(self, uint64_t* slot, uint64_t h) noexcept:
        """Take the entry out; it is the caller's now."""
        cdef Segment* s = self.segment_for(h)
        cdef size_t index = slot - s.slots
        cdef uint32_t b = <uint32_t>(index // SLOTS)
        cdef uint64_t* bucket = s.slots + <size_t>b * SLOTS
        cdef bint full = bucket[SLOTS - 1] != 0
        cdef Entry* e = slot_entry(slot[0])
        if e.flags & F_DEADLINE:
            s.expiring -= 1
            self.expiring_count -= 1
        self.entry_bytes -= allocated(e)
        take_out(bucket, slot)
        if full:
            pull_back(s, b)
        s.count -= 1
        self.count -= 1
        if s.count * 5 < s.buckets * SLOTS:
            self.shrink(s, h)
        return e

    cdef void link(self, Entry* e, uint64_t h) noexcept nogil:
        """Put an entry in, in whose segment there must be room, and of whose key there is none."""
        cdef Segment* s = self.segment_for(h)
        place(s, tagged(e, h, s.depth))
        s.count += 1
        self.count += 1
        self.entry_bytes += allocated(e)
        if e.flags & F_DEADLINE:
            s.expiring += 1
            self.expiring_count += 1
            if deadline_of(e) < s.next_deadline:
                self.note_deadline(s, deadline_of(e))

    cdef void remove_slot(self, uint64_t* slot, uint64_t h) noexcept:
        """Take the entry out and free it."""
        free_entry(self.unlink(slot, h))

    cdef bint remove(self, const char* key, size_t n, uint64_t h) noexcept:
        cdef uint64_t* slot = self.find_slot(key, n, h)
        if slot == NULL:
            return False
        self.remove_slot(slot, h)
        return True

    # -- growing and shrinking -------------------------------------------------------------------------

    cdef void point(self, uint64_t h, Segment* s) noexcept nogil:
        """Let every directory place of the segment's prefix (that of `h`) lead to `s`."""
        cdef size_t span = <size_t>1 << (self.depth - s.depth)
        cdef size_t first = ((h >> 1) >> (63 - self.depth)) & ~(span - 1)
        cdef size_t i
        for i in range(first, first + span):
            self.directory[i] = s

    cdef int resize(self, Segment* s, uint64_t h, uint32_t buckets) except -1:
        """The same entries in another number of buckets; looks at tags only."""
        cdef Segment* t = new_segment(buckets, s.depth)
        cdef size_t i
        t.version = s.version
        t.next_deadline = s.next_deadline
        t.count = s.count
        t.expiring = s.expiring
        for i in range(<size_t>s.buckets * SLOTS):
            if s.slots[i] != 0:
                place(t, s.slots[i])
        self.point(h, t)
        self.segment_bytes += allocated(t)
        self.segment_bytes -= allocated(s)
        free(s)
        return 0

    cdef int grow(self, uint64_t h) except -1:
        """Room for one more entry in the segment of `h`."""
        cdef Segment* s
        cdef uint32_t b
        cdef int i
        if self.directory == NULL:
            s = new_segment(1, 0)
            self.directory = <Segment**>malloc(sizeof(void*))
            if self.directory == NULL:
                free(s)
                raise MemoryError
            self.directory[0] = s
            self.depth = 0
            self.segment_bytes = allocated(self.directory) + allocated(self.directory[0])
            return 0
        s = self.segment_for(h)
        if s.buckets < MAX_BUCKETS or s.depth == MAX_DEPTH:
            b = s.buckets * 2
            for i in range(24):
                if STEPS[i] > s.buckets:
                    b = STEPS[i]
                    break
            return self.resize(s, h, b)
        return self.split(s, h)

    cdef int split(self, Segment* s, uint64_t h) except -1:
        cdef Segment* half[2]
        cdef uint32_t[2] counts
        cdef Segment** wider
        cdef size_t i, places, before
        cdef uint32_t depth = s.depth + 1
        cdef size_t n = <size_t>s.buckets * SLOTS
        cdef Entry* e
        cdef uint64_t eh
        cdef uint64_t top = <uint64_t>1 << (64 - depth)
        cdef int side
        if s.depth == self.depth:
            places = <size_t>1 << self.depth
            before = allocated(self.directory)
            wider = <Segment**>malloc(places * 2 * sizeof(void*))
            if wider == NULL:
                raise MemoryError
            for i in range(places):
                wider[2 * i] = self.directory[i]
                wider[2 * i + 1] = self.directory[i]
            free(self.directory)
            self.directory = wider
            self.depth += 1
            self.segment_bytes += allocated(wider)
            self.segment_bytes -= before
        counts[0] = counts[1] = 0
        for i in range(n):      # the top bit of a tag is the bit that splits
            if s.slots[i] != 0:
                counts[s.slots[i] >> 63] += 1
        half[0] = new_segment(buckets_for(counts[0]), depth)
        try:
            half[1] = new_segment(buckets_for(counts[1]), depth)
        except MemoryError:
            free(half[0])
            raise
        for i in range(n):
            if i + 8 < n and s.slots[i + 8] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + 8]))
            if s.slots[i] == 0:
                continue
            e = slot_entry(s.slots[i])
            eh = hash_key(key_of(e), key_length_of(e))
            side = s.slots[i] >> 63
            place(half[side], tagged(e, eh, depth))
            half[side].count += 1
            half[side].expiring += e.flags & F_DEADLINE
        half[0].version = half[1].version = s.version
        half[0].next_deadline = half[1].next_deadline = s.next_deadline
        self.point(h & ~top, half[0])
        self.point(h | top, half[1])
        self.segment_bytes += allocated(half[0]) + allocated(half[1])
        self.segment_bytes -= allocated(s)
        free(s)
        return 0

    cdef void shrink(self, Segment* s, uint64_t h) noexcept:
        """Give memory back after removals: merge with the neighbour, or take fewer buckets.

        Shrinking only ever saves memory, so where there is none to do it with, it is left undone.
        """
        cdef Segment* other
        cdef Segment* merged
        cdef Segment* side
        cdef uint64_t low, slot
        cdef size_t i
        cdef int k
        try:
            if s.depth > 0:
                other = self.segment_for(h ^ (<uint64_t>1 << (64 - s.depth)))
                if other.depth == s.depth and (s.count + other.count) * 4 < MAX_BUCKETS * FILL:
                    merged = new_segment(buckets_for(s.count + other.count), s.depth - 1)
                    merged.version = max(s.version, other.version)
                    merged.next_deadline = min(s.next_deadline, other.next_deadline)
                    merged.count = s.count + other.count
                    merged.expiring = s.expiring + other.expiring
                    for k in range(2):
                        side = s if k == 0 else other
                        low = ((h >> (64 - s.depth)) & 1) ^ k
                        for i in range(<size_t>side.buckets * SLOTS):
                            slot = side.slots[i]
                            if slot != 0:
                                place(merged, (((low << 15) | (slot >> 49)) << 48)
                                      | (slot & 0x0000FFFFFFFFFFFFULL))
                    self.point(h, merged)
                    self.segment_bytes += allocated(merged)
                    self.segment_bytes -= allocated(s) + allocated(other)
                    free(s)
                    free(other)
                    self.narrow()
                    return
            if buckets_for(s.count) * 2 <= s.buckets:
                self.resize(s, h, buckets_for(s.count))
        except MemoryError:
            return

    cdef void narrow(self) noexcept:
        """Halve the directory while it is sparse: no segment needs its last bit."""
        cdef size_t i, places
        cdef Segment** half
        if self.depth == 0 or self.count > (<size_t>1 << self.depth) * MAX_BUCKETS:
            return
        places = <size_t>1 << (self.depth - 1)
        for i in range(places):
            if self.directory[2 * i] != self.directory[2 * i + 1]:
                return
        half = <Segment**>malloc(places * sizeof(void*))
        if half == NULL:
            return
        for i in range(places):
            half[i] = self.directory[2 * i]
        self.segment_bytes -= allocated(self.directory)
        free(self.directory)
        self.directory = half
        self.depth -= 1
        self.segment_bytes += allocated(half)

    def clear(self) -> Remains:
        """Empty the table at once; the entries are freed by the caller, in slices."""
        cdef Remains remains = Remains.__new__(Remains)
        remains.directory = self.directory
        remains.depth = self.depth
        remains.end = 0 if self.directory == NULL else <size_t>1 << self.depth
        remains.memory = self.entry_bytes + self.segment_bytes
        self.directory = NULL
        self.depth = 0
        self.count = self.expiring_count = 0
        self.entry_bytes = self.segment_bytes = 0
        self.next_due = self.sweep_soonest = NEVER
        self.sweep_at = 0
        return remains

    # -- what the floors above call --------------------------------------------------------------------

    cdef bytes key_bytes(self, Entry* e):
        return PyBytes_FromStringAndSize(key_of(e), key_length_of(e))

    cdef object value_object(self, Entry* e):
        cdef char[24] text
        cdef PyObject* value
        cdef uint8_t encoding = e.kind & 0xF0
        if encoding == ENC_INT:
            return PyBytes_FromStringAndSize(text, format_int64(integer_of(e), text))
        if encoding == ENC_OBJECT:
            memcpy(&value, value_of(e), sizeof(value))
            return <object>value
        return PyBytes_FromStringAndSize(value_of(e), value_length_of(e))

    cdef bint is_due(self, Entry* e) noexcept nogil:
        return e.flags & F_DEADLINE and deadline_of(e) <= self.clock.now_ms

    def read(self, bytes key not None, bint touch=True):
        """The value: bytes of a string, the Python value of another type, None, or EXPIRED.

        `touch` marks the entry as used now.
        """
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return None
        if self.is_due(e):
            return EXPIRED
        if touch:
            stamp_entry(e, self.clock.stamp)
        return self.value_object(e)

    def type_of(self, bytes key not None, bint touch=False) -> int:
        """The type's number, 0 if there is no such key, -1 if its deadline has passed."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return 0
        if self.is_due(e):
            return -1
        if touch:
            stamp_entry(e, self.clock.stamp)
        return e.kind & 0x0F

    def encoding_of(self, bytes key not None) -> int:
        """ENC_BYTES, ENC_INT, ENC_GROWN or ENC_OBJECT as 0, 1, 2, 3; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        return -1 if e == NULL else e.kind >> 4

    def string_length(self, bytes key not None) -> int:
        """Bytes of the string at key as a client would read it; the key must hold one."""
        cdef Entry* e = self.entry_of(key)
        cdef char[24] text
        if e == NULL:
            return 0
        if (e.kind & 0xF0) == ENC_INT:
            return format_int64(integer_of(e), text)
        return value_length_of(e)

    def slice(self, bytes key not None, size_t start, size_t end) -> bytes:
        """Bytes start to end (exclusive, within the value) of the string at key."""
        cdef Entry* e = self.entry_of(key)
        cdef char[24] text
        cdef char* value
        cdef size_t length
        if e == NULL or (e.kind & 0x0F) != T_STRING:
            raise KeyError(key)
        if (e.kind & 0xF0) == ENC_INT:
            value = text
            length = format_int64(integer_of(e), text)
        else:
            value = value_of(e)
            length = value_length_of(e)
        if start > end or end > length:
            raise IndexError("a slice beyond the value")
        return PyBytes_FromStringAndSize(value + start, end - start)

    def deadline(self, bytes key not None) -> int:
        """Unix ms; -1 for a key without a deadline, -2 for no such key."""
        cdef Entry* e = self.entry_of(key)
        return -2 if e == NULL else deadline_of(e)

    def idle_seconds(self, bytes key not None) -> int:
        """Seconds since the entry was last used; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return -1
        return (self.clock.stamp - (<uint32_t>e.stamp_high << 16 | e.stamp_low)) & 0xFFFFFF

    def memory_of(self, bytes key not None) -> int:
        """Bytes of the entry and of its slot, without a Python value's own; -1 without such a key."""
        cdef Entry* e = self.entry_of(key)
        return -1 if e == NULL else allocated(e) + sizeof(uint64_t)

    def memcached_flags(self, bytes key not None) -> int:
        """The flags memcached clients set; 0 without any."""
        cdef Entry* e = self.entry_of(key)
        return 0 if e == NULL else mc_flags_of(e)

    def set_string(self, bytes key not None, bytes value not None, int64_t deadline=-1, uint32_t mc_flags=0) -> None:
        """Put a string at key, in the place of whatever was there."""
        self.put_string(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                        hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)),
                        PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)

    def set_raw(self, bytes key not None, bytes value not None, int64_t deadline=-1) -> None:
        """Put a string that keeps its bytes even where they spell an integer."""
        self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                 hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), T_STRING | ENC_BYTES,
                 PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, 0)

    def update_string(self, bytes key not None, bytes value not None, bint raw=False) -> None:
        """Another string at key, which keeps its deadline and memcached's flags; a new key without them.

        `raw` keeps the bytes even where they spell an integer.
        """
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef Entry* e = self.find(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        cdef int64_t deadline = -1 if e == NULL else deadline_of(e)
        cdef uint32_t mc_flags = 0 if e == NULL else mc_flags_of(e)
        if raw:
            self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, T_STRING | ENC_BYTES,
                     PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)
        else:
            self.put_string(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h,
                            PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline, mc_flags)

    cdef int put_like(self, Entry* model, bytes key) except -1:
        """At key what `model` has: value, deadline, flags. It is an entry of another key or table."""
        cdef Entry* e
        cdef PyObject* value
        if (model.kind & 0xF0) == ENC_OBJECT:
            memcpy(&value, value_of(model), sizeof(value))
            Py_INCREF(<object>value)
        e = self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                     hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), model.kind,
                     value_of(model), value_length_of(model), deadline_of(model), mc_flags_of(model))
        e.flags = (e.flags & ~F_STICKY) | (model.flags & F_STICKY)
        return 0

    def move(self, bytes key not None, Table target not None, bytes new_key not None) -> bool:
        """Move the entry at key to `new_key` of `target`, in the place of what is there.

        Its value, deadline and flags go with it; False if there is no such key.
        """
        cdef Entry* e = self.entry_of(key)
        if e == NULL:
            return False
        if target is not self or new_key != key:
            if e.flags & F_WIDE_VALUE:
                self.relink(key, target, new_key)
            else:
                target.put_like(e, new_key)
                self.delete(key)
        return True

    cdef int relink(self, bytes key, Table target, bytes new_key) except -1:
        """Move a long string as it is: what is many megabytes must not be there twice, or take long."""
        cdef const char* name = PyBytes_AS_STRING(new_key)
        cdef size_t n = PyBytes_GET_SIZE(new_key), before, after, length
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t new_h = hash_key(name, n)
        cdef uint64_t* slot
        cdef Segment* s
        cdef Entry* e
        cdef uint8_t flags
        cdef uint32_t wide
        cdef char* p
        # what may fail comes first
        if target.directory == NULL:
            target.grow(new_h)
        s = target.segment_for(new_h)
        if s.count >= s.buckets * FILL:
            target.grow(new_h)
        slot = self.slot_of(key)
        e = slot_entry(slot[0])
        flags = e.flags & ~F_WIDE_KEY
        if n >= 255:
            flags |= F_WIDE_KEY
        length = value_length_of(e)
        before = value_of(e) - <char*>e
        after = sizeof(Entry) + optional_size(flags) + n
        if after > before:
            self.resize_entry(slot, h, after + length)
        target.remove(name, n, new_h)
        e = self.unlink(self.slot_of(key), h)
        memmove(<char*>e + after, <char*>e + before, length)
        e.flags = flags
        p = <char*>e + sizeof(Entry) + optional_size(flags & (F_DEADLINE | F_MC_FLAGS))
        e.key_length = 255
        if flags & F_WIDE_KEY:
            wide = <uint32_t>n
            memcpy(p, &wide, 4)
            p += 4
        else:
            e.key_length = <uint8_t>n
        wide = <uint32_t>length
        memcpy(p, &wide, 4)
        memcpy(p + 4, name, n)
        stamp_entry(e, target.clock.stamp)
        target.link(e, new_h)
        return 0

    cdef Entry* resize_entry(self, uint64_t* slot, uint64_t h, size_t size) except NULL:
        """The same entry in a block of another size."""
        cdef Entry* old = slot_entry(slot[0])
        cdef size_t before = allocated(old)
        cdef Entry* e = <Entry*>realloc(old, size)
        if e == NULL:
            raise MemoryError
        self.entry_bytes += allocated(e)
        self.entry_bytes -= before
        slot[0] = tagged(e, h, self.segment_for(h).depth)
        return e

    def copy_string(self, bytes key not None, Table target not None, bytes new_key not None) -> bool:
        """A copy of the string at key, its deadline and flags too; False if there is no string."""
        cdef Entry* e = self.entry_of(key)
        if e == NULL or (e.kind & 0xF0) == ENC_OBJECT:
            return False
        if target is not self or new_key != key:
            target.put_like(e, new_key)
        return True

    def set_object(self, bytes key not None, int type_number, object value, int64_t deadline=-1) -> None:
        """Put a value of another type than string at key; the table keeps a reference."""
        cdef PyObject* p = <PyObject*>value
        self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                 hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), type_number | ENC_OBJECT,
                 <const char*>&p, sizeof(p), deadline, 0)
        Py_INCREF(value)

    def set_deadline(self, bytes key not None, int64_t deadline) -> bool:
        """Give key a deadline in Unix ms, or none with -1; False without such a key."""
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t* slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        if slot == NULL:
            return False
        self.set_deadline_at(slot, h, deadline)
        return True

    def touch(self, bytes key not None) -> None:
        """Mark the entry as used now."""
        cdef Entry* e = self.entry_of(key)
        if e != NULL:
            stamp_entry(e, self.clock.stamp)

    def delete(self, bytes key not None) -> bool:
        """Remove key; False if it was not there."""
        return self.remove(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                           hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))

    def overwrite(self, bytes key not None, size_t offset, bytes patch not None) -> int:
        """Lay `patch` over the string at key from `offset` on; new length.

        The string grows as needed, the gap is zero bytes, what was an integer becomes text, and room is
        kept for more of the same, so that n appends cost O(n). The key must hold a string.
        """
        cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
        cdef uint64_t* slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        cdef Entry* e = NULL if slot == NULL else slot_entry(slot[0])
        cdef size_t length, after, total, room, before, patch_size = PyBytes_GET_SIZE(patch)
        cdef char[24] text
        cdef bytes old
        cdef uint32_t wide
        cdef char* value
        if e == NULL or (e.kind & 0x0F) != T_STRING:
            raise KeyError(key)
        if offset > LONGEST or offset + patch_size > LONGEST:
            raise OverflowError("a value of 4 GiB")
        if (e.kind & 0xF0) == ENC_INT:
            length = format_int64(integer_of(e), text)
            old = PyBytes_FromStringAndSize(text, length)
            self.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, T_STRING | ENC_GROWN,
                     PyBytes_AS_STRING(old), length, deadline_of(e), self.memcached_flags(key))
            slot = self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
            e = slot_entry(slot[0])
        length = value_length_of(e)
        after = max(length, offset + patch_size)
        if after >= 65535 and not e.flags & F_WIDE_VALUE:
            old = PyBytes_FromStringAndSize(value_of(e), length)
            self.put_wide(slot, h, old)
            e = slot_entry(slot[0])
        total = value_of(e) - <char*>e + after
        before = malloc_usable_size(e)
        if total > before:
            room = total if after < 64 else total + min(total >> 2, <size_t>1 << 20)
            self.entry_bytes -= allocated(e)
            e = <Entry*>realloc(e, room)
            if e == NULL:
                self.entry_bytes += allocated(slot_entry(slot[0]))
                raise MemoryError
            self.entry_bytes += allocated(e)
            slot[0] = tagged(e, h, self.segment_for(h).depth)
        e.kind = T_STRING | ENC_GROWN
        value = value_of(e)
        if offset > length:
            memset(value + length, 0, offset - length)
        memcpy(value + offset, PyBytes_AS_STRING(patch), patch_size)
        if e.flags & F_WIDE_VALUE:
            wide = <uint32_t>after
            memcpy(<char*>e + sizeof(Entry)
                   + optional_size(e.flags & (F_DEADLINE | F_MC_FLAGS | F_WIDE_KEY)), &wide, 4)
        else:
            e.value_length = <uint16_t>after
        stamp_entry(e, self.clock.stamp)
        return after

    cdef int put_wide(self, uint64_t* slot, uint64_t h, bytes value) except -1:
        """The same entry with the field for long values, where its value is still short."""
        cdef Entry* e = slot_entry(slot[0])
        cdef size_t head = optional_size(e.flags) + sizeof(Entry)
        cdef size_t total = value_of(e) + value_length_of(e) - <char*>e
        cdef uint32_t wide = <uint32_t>value_length_of(e)
        e = self.resize_entry(slot, h, total + 4)
        memmove(<char*>e + head + 4, <char*>e + head, total - head)
        memcpy(<char*>e + head, &wide, 4)
        e.flags |= F_WIDE_VALUE
        e.value_length = 65535
        return 0

    # -- walking -----------------------------------------------------------------------------------

    cdef uint64_t next_random(self) noexcept nogil:
        """xorshift64*; for samples, not for secrets."""
        self.random_state ^= self.random_state >> 12
        self.random_state ^= self.random_state << 25
        self.random_state ^= self.random_state >> 27
        return self.random_state * 0x2545F4914F6CDD1DULL

    def random_key(self):
        """A key drawn about uniformly, due ones too; None when the table is empty. O(1)."""
        cdef Segment* s
        cdef uint64_t slot
        cdef uint64_t h
        if self.count == 0:
            return None
        while True:
            h = self.next_random()
            s = self.segment_for(h)
            slot = s.slots[(h & 0xFFFFFFFF) % (<uint64_t>s.buckets * SLOTS)]
            if slot != 0:
                return self.key_bytes(slot_entry(slot))

    def scan(self, uint64_t cursor, size_t count, bytes pattern=None, int only_type=0, list due=None):
        """(next cursor, keys): about `count` keys from `cursor` (48 bits) on; 0 begins and ends.

        A key that is there from the first call to the last is returned, at least once, whatever else
        changes in between. `pattern` and `only_type` leave out keys after they were counted. Keys whose
        deadline has passed are put into `due` instead, if there is such a list.
        """
        cdef list keys = []
        cdef uint64_t at = cursor << 16, tag, slot, width
        cdef Segment* s
        cdef uint32_t b, home, steps
        cdef uint64_t* bucket
        cdef size_t seen = 0, visited = 0
        cdef Entry* e
        cdef int i
        if self.directory == NULL:
            return 0, keys
        while seen < count and visited // 10 < count:
            s = self.segment_for(at)
            tag = (at << s.depth) >> 48
            home = <uint32_t>((tag * s.buckets) >> 16)
            b = home
            for steps in range(s.buckets):
                bucket = s.slots + <size_t>b * SLOTS
                for i in range(SLOTS):
                    slot = bucket[i]
                    if slot == 0:
                        break
                    if home_of(slot, s.buckets) != home:
                        continue
                    seen += 1
                    e = slot_entry(slot)
                    if only_type and e.kind & 0x0F != only_type:
                        continue
                    if pattern is not None and not glob_match(
                            PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                            key_of(e), key_length_of(e), False):
                        continue
                    if not self.is_due(e):
                        keys.append(self.key_bytes(e))
                    elif due is not None:
                        due.append(self.key_bytes(e))
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
                    return 0, keys
        return at >> 16, keys

    def due_keys(self, size_t limit, size_t segments):
        """(keys, more): at most `limit` keys whose deadline has passed, from at most `segments` segments.

        Goes on where the last call ended, by hash, so that growing and shrinking in between lose nothing;
        `more` is False once the whole table has been walked. What is returned is to be deleted: a segment
        with more than `limit` due keys is looked at again.
        """
        cdef list keys = []
        cdef size_t i, left = segments * PASSED_OVER
        cdef Segment* s
        cdef Entry* e
        cdef int64_t soonest, deadline, now = self.clock.now_ms
        if self.directory == NULL or self.next_due > now:
            return keys, False
        while left > 0 and <size_t>len(keys) < limit:
            s = self.segment_for(self.sweep_at)
            if s.expiring == 0:
                s.next_deadline = NEVER
            if s.next_deadline <= now:
                left -= PASSED_OVER if left > PASSED_OVER else left
                soonest = NEVER
                for i in range(<size_t>s.buckets * SLOTS):
                    if s.slots[i] & HAS_DEADLINE:
                        e = slot_entry(s.slots[i])
                        deadline = deadline_of(e)
                        if deadline <= now:
                            if <size_t>len(keys) >= limit:
                                return keys, True
                            keys.append(self.key_bytes(e))
                        if deadline < soonest:
                            soonest = deadline
                s.next_deadline = soonest
            else:
                left -= 1
            if s.next_deadline < self.sweep_soonest:
                self.sweep_soonest = s.next_deadline
            self.sweep_at = after_prefix(self.sweep_at, s.depth)
            if self.sweep_at == 0:
                self.next_due = self.sweep_soonest
                self.sweep_soonest = NEVER
                return keys, False
        return keys, True

    @property
    def next_deadline(self) -> int:
        """No key is due before this Unix ms; a lower bound, -1 when nothing expires."""
        return -1 if self.expiring_count == 0 else self.next_due

    @property
    def expiring(self) -> int:
        """Keys with a deadline."""
        return self.expiring_count

    @property
    def memory(self) -> int:
        """Bytes of entries, segments and directory, as the allocator counts them."""
        return self.entry_bytes + self.segment_bytes

    @property
    def overhead(self) -> int:
        """Bytes of segments and directory."""
        return self.segment_bytes

    @property
    def capacity(self) -> int:
        """Slots, used or not."""
        cdef size_t i = 0, slots = 0
        if self.directory == NULL:
            return 0
        while i < <size_t>1 << self.depth:
            slots += self.directory[i].buckets * SLOTS
            i += <size_t>1 << (self.depth - self.directory[i].depth)
        return slots

    def check(self) -> None:
        """Assert every invariant of the structure; for tests. O(n)."""
        cdef size_t i = 0, k, count = 0, expiring = 0, entry_bytes = 0
        cdef size_t segment_bytes, in_segment, with_deadline
        cdef Segment* s
        cdef Entry* e
        cdef uint64_t slot, h
        cdef uint32_t b, home
        if self.directory == NULL:
            assert self.count == 0 and self.entry_bytes == 0 and self.segment_bytes == 0
            return
        segment_bytes = allocated(self.directory)
        while i < <size_t>1 << self.depth:
            s = self.directory[i]
            assert s.depth <= self.depth, "a segment deeper than its directory"
            assert i % (<size_t>1 << (self.depth - s.depth)) == 0, "a segment off its place"
            for k in range(i, i + (<size_t>1 << (self.depth - s.depth))):
                assert self.directory[k] == s, "a place that leads elsewhere"
            segment_bytes += allocated(s)
            in_segment = with_deadline = 0
            for k in range(<size_t>s.buckets * SLOTS):
                slot = s.slots[k]
                if slot == 0:
                    continue
                assert k % SLOTS == 0 or s.slots[k - 1] != 0, "a bucket with a gap"
                e = slot_entry(slot)
                h = hash_key(key_of(e), key_length_of(e))
                assert self.segment_for(h) == s, "an entry in the wrong segment"
                assert slot == tagged(e, h, s.depth), "a slot with the wrong tag"
                b = home = home_of(slot, s.buckets)
                while b != k // SLOTS:
                    assert s.slots[<size_t>b * SLOTS + SLOTS - 1] != 0, "an entry that no search reaches"
                    b = (b + 1) % s.buckets
                if e.flags & F_DEADLINE:
                    with_deadline += 1
                    assert deadline_of(e) >= s.next_deadline >= self.next_due, "a deadline nobody sees"
                in_segment += 1
                entry_bytes += allocated(e)
            assert in_segment == s.count and with_deadline == s.expiring, "a segment that miscounts"
            count += in_segment
            expiring += with_deadline
            i += <size_t>1 << (self.depth - s.depth)
        assert count == self.count and expiring == self.expiring_count, "a table that miscounts"
        assert entry_bytes == self.entry_bytes, "entry bytes off"
        assert segment_bytes == self.segment_bytes, "segment bytes off"
