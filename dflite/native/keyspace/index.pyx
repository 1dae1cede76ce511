# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""An index: entries by key, found by the hash of the key; finding, putting and removing them.

A directory (directory.pxd) leads to the segment of a hash, whose buckets (segment.pxd) have the entries. The
index counts what it holds, knows a bound of its deadlines, and tells the cut of a snapshot before it changes.
table.pyx describes the structure as a whole and what it promises.
"""

import os

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove, memset

from dflite.native.base.bytesops cimport siphash13
from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.directory cimport (
    Directory,
    check_directory,
    count_slots,
    grow_segment,
    next_segment,
    segment_for,
    shrink_segment,
    start_directory,
    would_merge,
)
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
from dflite.native.keyspace.remains cimport Remains
from dflite.native.keyspace.segment cimport (
    FILL,
    HAS_DEADLINE,
    NEVER,
    SLOTS,
    Segment,
    home_of,
    place,
    pull_back,
    tagged,
    take_out,
)
from dflite.native.keyspace.value cimport Value, bury

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


cdef inline void count_deadline(Index index, Segment* s, int64_t deadline) noexcept nogil:
    """An entry of `s` has this deadline now, and had none."""
    s.expiring += 1
    index.expiring_count += 1
    if deadline < s.next_deadline:
        s.next_deadline = deadline
        if deadline < index.next_due:
            index.next_due = deadline
        if deadline < index.sweep_soonest:
            index.sweep_soonest = deadline      # the sweep may have passed `s` already


cdef inline void forget_deadline(Index index, Segment* s) noexcept nogil:
    """An entry of `s` has no deadline any more. The bounds stay: they are lower bounds."""
    s.expiring -= 1
    index.expiring_count -= 1


cdef class Index(Value):
    """Entries by key. `clock` says what "now" is, for access stamps and deadlines."""

    def __cinit__(self, Clock clock):
        self.clock = clock
        self.next_due = self.sweep_soonest = NEVER

    def __dealloc__(self):
        self.clear().free(NEVER)

    def __len__(self):
        return self.count

    # -- finding -----------------------------------------------------------------------------------

    cdef uint64_t* find_slot(self, const char* key, size_t n, uint64_t h) noexcept nogil:
        cdef Segment* s
        cdef uint64_t tag, slot
        cdef uint32_t b, steps
        cdef uint64_t* bucket
        cdef Entry* e
        cdef int i
        if self.directory.places == NULL:
            return NULL
        s = segment_for(&self.directory, h)
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
        if self.directory.places != NULL:
            s = segment_for(&self.directory, h)
            DFLITE_PREFETCH(s.slots + <size_t>home_of(((h << s.depth) >> 48) << 48, s.buckets) * SLOTS)
        if self.uses is not None:
            self.uses.prefetch_ghosts(h)

    cdef void prefetch_entry(self, uint64_t h) noexcept nogil:
        """Ask for the first entry in the home bucket whose tag fits; its bucket should be near by now."""
        cdef Segment* s
        cdef uint64_t tag
        cdef uint64_t* bucket
        cdef int i
        if self.directory.places == NULL:
            return
        s = segment_for(&self.directory, h)
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
                self.directory.places != NULL and segment_for(&self.directory, h).version < self.cut.version)):
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
            s = segment_for(&self.directory, h)
        else:
            s = self.room_for(h)
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
        if old != NULL and old.flags & F_DEADLINE:
            forget_deadline(self, s)

        write_entry(e, kind, flags, stamp, deadline, mc_flags, key, n, value, length)
        if flags & F_DEADLINE:
            count_deadline(self, s, deadline)

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
        cdef Segment* s = segment_for(&self.directory, h)
        cdef size_t total
        if self.cut is not None:
            self.before_change(h)
        if deadline < 0:
            if not e.flags & F_DEADLINE:
                return 0
            total = <char*>value_of(e) + value_length_of(e) - <char*>e
            memmove(<char*>e + sizeof(Entry), <char*>e + sizeof(Entry) + 8, total - sizeof(Entry) - 8)
            e.flags &= ~F_DEADLINE
            slot[0] &= ~<uint64_t>HAS_DEADLINE
            forget_deadline(self, s)
            return 0
        if not e.flags & F_DEADLINE:
            total = <char*>value_of(e) + value_length_of(e) - <char*>e
            e = self.resize_entry(slot, h, total + 8)
            memmove(<char*>e + sizeof(Entry) + 8, <char*>e + sizeof(Entry), total - sizeof(Entry))
            e.flags |= F_DEADLINE
            slot[0] |= HAS_DEADLINE
        else:
            forget_deadline(self, s)
        memcpy(<char*>e + sizeof(Entry), &deadline, 8)
        count_deadline(self, s, deadline)
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
        slot[0] = tagged(e, h, segment_for(&self.directory, h).depth)
        return e

    cdef Entry* unlink(self, uint64_t* slot, uint64_t h) noexcept:
        """Take the entry out; it is the caller's now."""
        cdef Segment* s = segment_for(&self.directory, h)
        cdef size_t index = slot - s.slots
        cdef uint32_t b = <uint32_t>(index // SLOTS)
        cdef uint64_t* bucket = s.slots + <size_t>b * SLOTS
        cdef bint full = bucket[SLOTS - 1] != 0
        cdef Entry* e = slot_entry(slot[0])
        if self.cut is not None:
            self.before_change(h)
        if e.flags & F_DEADLINE:
            forget_deadline(self, s)
        self.entry_bytes -= allocated(e)
        take_out(bucket, slot)
        if full:
            pull_back(s, b)
        s.count -= 1
        self.count -= 1
        if s.count * 5 < s.buckets * SLOTS:
            self.shrink(h)
        return e

    cdef void link(self, Entry* e, uint64_t h) noexcept:
        """Put an entry in, in whose segment there must be room, and of whose key there is none."""
        cdef Segment* s = segment_for(&self.directory, h)
        if self.cut is not None:
            self.before_change(h)
        place(s, tagged(e, h, s.depth))
        s.count += 1
        self.count += 1
        self.entry_bytes += allocated(e)
        if e.flags & F_DEADLINE:
            count_deadline(self, s, deadline_of(e))

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

    cdef Segment* room_for(self, uint64_t h) except NULL:
        """The segment of that hash, with room for one more entry."""
        cdef Segment* s
        if self.directory.places == NULL:
            s = start_directory(&self.directory)
            if self.cut is not None:
                s.version = self.cut.version    # what comes now was not there at the cut
        s = segment_for(&self.directory, h)
        while s.count >= s.buckets * FILL:
            grow_segment(&self.directory, h, hash_of)
            s = segment_for(&self.directory, h)
        return s

    cdef void shrink(self, uint64_t h) noexcept:
        """Give memory back after removals from the segment of that hash."""
        cdef uint64_t buddy
        if self.cut is not None and would_merge(&self.directory, h, &buddy):
            self.before_change(buddy)           # of the two, none may be saved again
        shrink_segment(&self.directory, h, self.count)

    # -- as a whole ----------------------------------------------------------------------------------

    def clear(self) -> Remains:
        """Empty it at once; the entries are freed by the caller, in slices."""
        cdef Remains remains = Remains.__new__(Remains)
        if self.cut is not None:
            self.cut.take_over(self)
        remains.directory = self.directory
        remains.memory = self.entry_bytes + self.directory.bytes
        memset(&self.directory, 0, sizeof(Directory))
        self.count = self.expiring_count = self.entry_bytes = 0
        self.next_due = self.sweep_soonest = NEVER
        self.sweep_at = 0
        return remains

    def exchange(self, Index other not None) -> None:
        """Have what the other one has, and it what this one had. No snapshot of either may be running."""
        if self.cut is not None or other.cut is not None:
            raise RuntimeError("an index that is being saved cannot be exchanged")
        self.directory, other.directory = other.directory, self.directory
        self.count, other.count = other.count, self.count
        self.expiring_count, other.expiring_count = other.expiring_count, self.expiring_count
        self.entry_bytes, other.entry_bytes = other.entry_bytes, self.entry_bytes
        self.next_due, other.next_due = other.next_due, self.next_due
        self.sweep_at, other.sweep_at = other.sweep_at, self.sweep_at
        self.sweep_soonest, other.sweep_soonest = other.sweep_soonest, self.sweep_soonest

    def note_uses_as(self, Index other not None) -> None:
        """Note of an entry's use what the other one does: entries of the two will be exchanged."""
        self.uses = other.uses

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
        return self.entry_bytes + self.directory.bytes

    @property
    def overhead(self) -> int:
        """Bytes of segments and directory."""
        return self.directory.bytes

    @property
    def capacity(self) -> int:
        """Slots, used or not."""
        return count_slots(&self.directory)

    def check(self) -> None:
        """Assert every invariant of the structure; for tests. O(n)."""
        cdef size_t at = 0, i, count = 0, expiring = 0, entry_bytes = 0
        cdef Segment* s
        check_directory(&self.directory, hash_of)
        s = next_segment(&self.directory, &at)
        while s != NULL:
            assert s.expiring == 0 or s.next_deadline >= self.next_due, "a deadline nobody sees"
            count += s.count
            expiring += s.expiring
            for i in range(<size_t>s.buckets * SLOTS):
                if s.slots[i] != 0:
                    entry_bytes += allocated(slot_entry(s.slots[i]))
            s = next_segment(&self.directory, &at)
        assert count == self.count and expiring == self.expiring_count, "a table that miscounts"
        assert entry_bytes == self.entry_bytes, "entry bytes off"
