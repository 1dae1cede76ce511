# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Extendible hashing over segments of entries: finding, putting, removing, growing and shrinking.

The directory leads from the top bits of a hash to a segment; a segment that is full and may not grow splits in
two by one bit more, and only then may the directory double, by copying pointers. table.pyx describes the
structure as a whole and what it promises.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove

from dflite.native.base.bytesops cimport siphash13
from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    ENC_OBJECT,
    F_DEADLINE,
    F_MC_FLAGS,
    F_STICKY,
    F_WIDE_KEY,
    F_WIDE_VALUE,
    Entry,
    allocated,
    deadline_of,
    free_entry,
    key_length_of,
    key_of,
    malloc_usable_size,
    optional_size,
    slot_entry,
    stamp_entry,
    stamp_of,
    value_length_of,
    value_of,
    write_entry,
)
from dflite.native.keyspace.remains cimport Remains, free_within
from dflite.native.keyspace.segment cimport (
    FILL,
    HAS_DEADLINE,
    MAX_BUCKETS,
    NEVER,
    SLOTS,
    SPARED,
    Segment,
    buckets_for,
    halve,
    home_of,
    merged,
    new_segment,
    place,
    pull_back,
    resized,
    step_after,
    tagged,
    take_out,
)
from dflite.native.keyspace.value cimport Value, bury, charge

cdef enum:
    MAX_DEPTH = 32          # the cursor of a scan has 48 bits: 32 of prefix, 16 of tag

cdef size_t LONGEST = 0xFFFFFFFF     # bytes of a key or a value

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


cdef uint64_t hash_of(Entry* e) noexcept nogil:
    return hash_key(key_of(e), key_length_of(e))


def before_change(Index index not None, bytes key not None) -> None:
    """The value at key is about to change in place: a snapshot may have to see it first."""
    if index.cut is not None:
        index.before_change(hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))


cdef class Index(Value):
    """Entries by key. `clock` says what "now" is, for access stamps and deadlines.

    A large hash or set is one too, and as a value it charges what it holds: `account` after a change.
    """

    def __cinit__(self, Clock clock):
        self.clock = clock
        self.next_due = self.sweep_soonest = NEVER

    def __dealloc__(self):
        self.clear().free(NEVER)
        charge(-self.charged)

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
        if self.uses is not None:
            self.uses.prefetch_ghosts(h)

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

    cdef bytes key_bytes(self, Entry* e):
        return PyBytes_FromStringAndSize(key_of(e), key_length_of(e))

    cdef uint64_t* slot_of(self, bytes key):
        return self.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                              hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))

    cdef Entry* entry_of(self, bytes key):
        cdef uint64_t* slot = self.slot_of(key)
        return NULL if slot == NULL else slot_entry(slot[0])

    cdef void use(self, Entry* e) noexcept:
        """Mark the entry as used now."""
        stamp_entry(e, self.clock.stamp if self.uses is None else self.uses.used(stamp_of(e)))

    cdef bint is_due(self, Entry* e) noexcept nogil:
        return e.flags & F_DEADLINE and deadline_of(e) <= self.clock.due_ms

    # -- writing -----------------------------------------------------------------------------------

    cdef void before_change(self, uint64_t h) noexcept:
        """An entry of this hash is about to change, come or go: a snapshot may have to see it first."""
        if self.cut is not None and (self.cut.watched or (
                self.directory != NULL and self.segment_for(h).version < self.cut.version)):
            self.cut.save_before(self, h)

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
        cdef uint32_t stamp
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

        if self.cut is not None:
            self.before_change(h)
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
        if self.uses is None:
            stamp = self.clock.stamp
        elif old == NULL:
            stamp = self.uses.born(h)
        else:
            stamp = self.uses.used(stamp_of(old))
        s = self.segment_for(h)
        if old != NULL and old.flags & F_DEADLINE:
            s.expiring -= 1
            self.expiring_count -= 1

        write_entry(e, kind, flags, stamp, deadline, mc_flags, key, n, value, length)
        if flags & F_DEADLINE:
            s.expiring += 1
            self.expiring_count += 1
            if deadline < s.next_deadline:
                self.note_deadline(s, deadline)

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
            bury(dropped)
        return e

    cdef int set_deadline_at(self, uint64_t* slot, uint64_t h, int64_t deadline) except -1:
        """Give the entry a deadline, another, or (-1) none."""
        cdef Entry* e = slot_entry(slot[0])
        cdef Segment* s = self.segment_for(h)
        cdef size_t total, before
        if self.cut is not None:
            self.before_change(h)
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
        if self.cut is not None:
            self.before_change(h)
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

    cdef void link(self, Entry* e, uint64_t h) noexcept:
        """Put an entry in, in whose segment there must be room, and of whose key there is none."""
        cdef Segment* s = self.segment_for(h)
        if self.cut is not None:
            self.before_change(h)
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
        cdef Segment* t = resized(s, buckets)
        self.point(h, t)
        self.segment_bytes += allocated(t)
        self.segment_bytes -= allocated(s)
        free(s)
        return 0

    cdef int grow(self, uint64_t h) except -1:
        """Room for one more entry in the segment of `h`."""
        cdef Segment* s
        if self.directory == NULL:
            s = new_segment(1, 0)
            if self.cut is not None:
                s.version = self.cut.version    # what comes now was not there at the cut
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
            return self.resize(s, h, step_after(s.buckets))
        return self.split(s, h)

    cdef int widen(self) except -1:
        """A directory of twice as many places."""
        cdef size_t i, places = <size_t>1 << self.depth
        cdef Segment** wider = <Segment**>malloc(places * 2 * sizeof(void*))
        if wider == NULL:
            raise MemoryError
        for i in range(places):
            wider[2 * i] = self.directory[i]
            wider[2 * i + 1] = self.directory[i]
        self.segment_bytes += allocated(wider)
        self.segment_bytes -= allocated(self.directory)
        free(self.directory)
        self.directory = wider
        self.depth += 1
        return 0

    cdef int split(self, Segment* s, uint64_t h) except -1:
        cdef Segment* halves[2]
        cdef uint64_t top = <uint64_t>1 << (63 - s.depth)
        if s.depth == self.depth:
            self.widen()
        halve(s, hash_of, halves)
        self.point(h & ~top, halves[0])
        self.point(h | top, halves[1])
        self.segment_bytes += allocated(halves[0]) + allocated(halves[1])
        self.segment_bytes -= allocated(s)
        free(s)
        return 0

    cdef void shrink(self, Segment* s, uint64_t h) noexcept:
        """Give memory back after removals: merge with the neighbour, or take fewer buckets.

        Shrinking only ever saves memory, so where there is none to do it with, it is left undone.
        """
        cdef Segment* other
        cdef Segment* both
        cdef uint64_t last
        try:
            if s.depth > 0:
                last = <uint64_t>1 << (64 - s.depth)
                other = self.segment_for(h ^ last)
                if other.depth == s.depth and (s.count + other.count) * 4 < MAX_BUCKETS * FILL:
                    if self.cut is not None:
                        self.before_change(h ^ last)    # of the two, none may be saved again
                    both = merged(other, s) if h & last else merged(s, other)
                    self.point(h, both)
                    self.segment_bytes += allocated(both)
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
        """Empty it at once; the entries are freed by the caller, in slices."""
        cdef Remains remains = Remains.__new__(Remains)
        if self.cut is not None:
            self.cut.take_over(self)
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

    def exchange(self, Index other not None) -> None:
        """Have what the other one has, and it what this one had. No snapshot of either may be running."""
        if self.cut is not None or other.cut is not None:
            raise RuntimeError("an index that is being saved cannot be exchanged")
        self.directory, other.directory = other.directory, self.directory
        self.depth, other.depth = other.depth, self.depth
        self.count, other.count = other.count, self.count
        self.expiring_count, other.expiring_count = other.expiring_count, self.expiring_count
        self.entry_bytes, other.entry_bytes = other.entry_bytes, self.entry_bytes
        self.segment_bytes, other.segment_bytes = other.segment_bytes, self.segment_bytes
        self.next_due, other.next_due = other.next_due, self.next_due
        self.sweep_at, other.sweep_at = other.sweep_at, self.sweep_at
        self.sweep_soonest, other.sweep_soonest = other.sweep_soonest, self.sweep_soonest

    def note_uses_as(self, Index other not None) -> None:
        """Note of an entry's use what the other one does: entries of the two will be exchanged."""
        self.uses = other.uses

    # -- as a value ----------------------------------------------------------------------------------

    cdef void account(self) noexcept nogil:
        """Charge what it holds."""
        cdef int64_t now = <int64_t>(self.entry_bytes + self.segment_bytes)
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

    # -- figures -----------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int:
        """No key is due before this Unix ms; a lower bound, -1 when nothing expires."""
        return -1 if self.expiring_count == 0 else self.next_due

    @property
    def sweeping(self) -> bool:
        """Has a sweep for what is due begun, and not ended?"""
        return self.sweep_at != 0

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
                assert slot & ~<uint64_t>SPARED == tagged(e, h, s.depth), "a slot with the wrong tag"
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
