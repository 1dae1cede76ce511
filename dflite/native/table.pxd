"""The keyspace table's layout, for the native modules that work on entries in place."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

cimport cython

from dflite.native.clock cimport Clock

# kind: type in the low four bits, encoding in the high four
cdef enum:
    T_STRING = 1
    ENC_BYTES = 0 << 4
    ENC_INT = 1 << 4
    ENC_GROWN = 2 << 4      # bytes that APPEND or SETRANGE made: "raw", whatever their length
    ENC_OBJECT = 3 << 4     # a reference to a Python value

# which optional fields stand between the header and the key, in this order
cdef enum:
    F_DEADLINE = 1          # int64, Unix ms
    F_MC_FLAGS = 2          # uint32, memcached's
    F_WIDE_KEY = 4          # uint32, length of a key of 255 bytes and more
    F_WIDE_VALUE = 8        # uint32, length of a value of 65,535 bytes and more
    F_STICKY = 16           # exempt from eviction; no field

cdef struct Entry:
    uint8_t kind
    uint8_t flags
    uint8_t key_length
    uint8_t stamp_high
    uint16_t stamp_low
    uint16_t value_length

cdef struct Segment:
    uint64_t version
    int64_t next_deadline   # no entry in here is due before
    uint32_t count
    uint32_t expiring       # entries with a deadline
    uint32_t buckets
    uint32_t depth          # bits of the hash that lead here
    uint64_t reserved[4]
    uint64_t slots[0]

cdef inline size_t optional_size(uint8_t flags) noexcept nogil:
    return (((flags & F_DEADLINE) << 3) + ((flags & F_MC_FLAGS) << 1)
            + (flags & F_WIDE_KEY) + ((flags & F_WIDE_VALUE) >> 1))

cdef inline char* key_of(Entry* e) noexcept nogil:
    return <char*>e + sizeof(Entry) + optional_size(e.flags)

cdef inline size_t key_length_of(Entry* e) noexcept nogil:
    cdef uint32_t n
    if not e.flags & F_WIDE_KEY:
        return e.key_length
    memcpy(&n, <char*>e + sizeof(Entry) + optional_size(e.flags & (F_DEADLINE | F_MC_FLAGS)), 4)
    return n

cdef inline char* value_of(Entry* e) noexcept nogil:
    return key_of(e) + key_length_of(e)

cdef inline size_t value_length_of(Entry* e) noexcept nogil:
    cdef uint32_t n
    if not e.flags & F_WIDE_VALUE:
        return e.value_length
    memcpy(&n, <char*>e + sizeof(Entry) + optional_size(e.flags & (F_DEADLINE | F_MC_FLAGS | F_WIDE_KEY)), 4)
    return n

cdef inline int64_t integer_of(Entry* e) noexcept nogil:
    cdef int64_t n
    memcpy(&n, value_of(e), 8)
    return n

cdef inline int64_t deadline_of(Entry* e) noexcept nogil:
    """Unix ms, or -1."""
    cdef int64_t ms
    if not e.flags & F_DEADLINE:
        return -1
    memcpy(&ms, <char*>e + sizeof(Entry), 8)
    return ms

cdef inline uint32_t mc_flags_of(Entry* e) noexcept nogil:
    cdef uint32_t flags
    if not e.flags & F_MC_FLAGS:
        return 0
    memcpy(&flags, <char*>e + sizeof(Entry) + optional_size(e.flags & F_DEADLINE), 4)
    return flags

cdef inline void stamp_entry(Entry* e, uint32_t stamp) noexcept nogil:
    e.stamp_low = <uint16_t>stamp
    e.stamp_high = <uint8_t>(stamp >> 16)

cdef inline Entry* slot_entry(uint64_t slot) noexcept nogil:
    return <Entry*>(slot & <uint64_t>0x0000FFFFFFFFFFF0)

cdef uint64_t hash_key(const char* key, size_t n) noexcept nogil

@cython.final
cdef class Table:
    cdef readonly Clock clock
    cdef Segment** directory
    cdef uint32_t depth
    cdef size_t count
    cdef size_t expiring_count
    cdef size_t entry_bytes
    cdef size_t segment_bytes
    cdef uint64_t random_state
    cdef int64_t next_due
    cdef uint64_t sweep_at          # the hash where due_keys() goes on
    cdef int64_t sweep_soonest      # no key that this sweep has passed is due before

    cdef Segment* segment_for(self, uint64_t h) noexcept nogil
    cdef uint64_t* find_slot(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* find(self, const char* key, size_t n, uint64_t h) noexcept nogil
    cdef Entry* put(self, const char* key, size_t n, uint64_t h, uint8_t kind,
                    const char* value, size_t length, int64_t deadline, uint32_t mc_flags) except NULL
    cdef Entry* put_string(self, const char* key, size_t n, uint64_t h, const char* value,
                           size_t length, int64_t deadline, uint32_t mc_flags) except NULL
    cdef int set_deadline_at(self, uint64_t* slot, uint64_t h, int64_t deadline) except -1
    cdef Entry* unlink(self, uint64_t* slot, uint64_t h) noexcept
    cdef void link(self, Entry* e, uint64_t h) noexcept nogil
    cdef void remove_slot(self, uint64_t* slot, uint64_t h) noexcept
    cdef bint remove(self, const char* key, size_t n, uint64_t h) noexcept
    cdef void prefetch_bucket(self, uint64_t h) noexcept nogil
    cdef void prefetch_entry(self, uint64_t h) noexcept nogil
    cdef int grow(self, uint64_t h) except -1
    cdef int split(self, Segment* s, uint64_t h) except -1
    cdef int resize(self, Segment* s, uint64_t h, uint32_t buckets) except -1
    cdef void shrink(self, Segment* s, uint64_t h) noexcept
    cdef void point(self, uint64_t h, Segment* s) noexcept nogil
    cdef bytes key_bytes(self, Entry* e)
    cdef object value_object(self, Entry* e)
    cdef uint64_t next_random(self) noexcept nogil
    cdef uint64_t* slot_of(self, bytes key)
    cdef Entry* entry_of(self, bytes key)
    cdef bint is_due(self, Entry* e) noexcept nogil
    cdef int put_like(self, Entry* model, bytes key) except -1
    cdef int relink(self, bytes key, Table target, bytes new_key) except -1
    cdef Entry* resize_entry(self, uint64_t* slot, uint64_t h, size_t size) except NULL
    cdef int put_wide(self, uint64_t* slot, uint64_t h, bytes value) except -1
    cdef void note_deadline(self, Segment* s, int64_t deadline) noexcept nogil
    cdef void narrow(self) noexcept
