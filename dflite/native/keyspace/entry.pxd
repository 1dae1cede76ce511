"""An entry: one allocation with a header, optional fields, the key and the value.

    8-byte header | deadline | memcached's flags | its CAS | length of a long key | of a long value | key | value

Optional fields stand there only where `flags` says so. A string that spells an int64 is kept as eight
bytes; a small collection is packed elements, a large one a reference to a Python object.
"""

from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from dflite.native.keyspace.value cimport bury

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

cdef extern from *:
    """
    #define DFLITE_PREFETCH(p) __builtin_prefetch(p)
    """
    void DFLITE_PREFETCH(void* p) noexcept nogil

# kind: type in the low four bits, encoding in the high four
cdef enum:
    T_STRING = 1
    T_LIST = 2
    T_SET = 3
    T_ZSET = 4
    T_HASH = 5
    T_STREAM = 6
    ENC_BYTES = 0 << 4
    ENC_INT = 1 << 4
    ENC_GROWN = 2 << 4      # bytes that APPEND or SETRANGE made: "raw", whatever their length
    ENC_OBJECT = 3 << 4     # a reference to a Python value
    ENC_PACKED = 4 << 4     # uint16 count, then elements: see packed.pxd
    ENC_INTS = 5 << 4       # integers in order: see intset.pxd

# which optional fields stand between the header and the key
cdef enum:
    F_DEADLINE = 1          # int64, Unix ms
    F_MC_FLAGS = 2          # uint32, memcached's
    F_WIDE_KEY = 4          # uint32, length of a key of 255 bytes and more
    F_WIDE_VALUE = 8        # uint32, length of a value of 65,535 bytes and more
    F_STICKY = 16           # exempt from eviction; no field
    F_CAS = 32              # uint64, memcached's CAS number, and a byte of marks: see cas.pxd
    F_FETCHED = 64          # memcached's clients have asked for it since it was stored; no field

# the fields before the length of the key, and before that of the value
cdef enum:
    BEFORE_KEY_LENGTH = F_DEADLINE | F_MC_FLAGS | F_CAS
    BEFORE_VALUE_LENGTH = BEFORE_KEY_LENGTH | F_WIDE_KEY
    CAS_SIZE = 9

cdef struct Entry:
    uint8_t kind
    uint8_t flags
    uint8_t key_length
    uint8_t stamp_high
    uint16_t stamp_low
    uint16_t value_length

cdef inline size_t optional_size(uint8_t flags) noexcept nogil:
    return (((flags & F_DEADLINE) << 3) + ((flags & F_MC_FLAGS) << 1)
            + (flags & F_WIDE_KEY) + ((flags & F_WIDE_VALUE) >> 1) + ((flags & F_CAS) >> 5) * CAS_SIZE)

cdef inline char* key_of(Entry* e) noexcept nogil:
    return <char*>e + sizeof(Entry) + optional_size(e.flags)

cdef inline size_t key_length_of(Entry* e) noexcept nogil:
    cdef uint32_t n
    if not e.flags & F_WIDE_KEY:
        return e.key_length
    memcpy(&n, <char*>e + sizeof(Entry) + optional_size(e.flags & BEFORE_KEY_LENGTH), 4)
    return n

cdef inline char* value_of(Entry* e) noexcept nogil:
    return key_of(e) + key_length_of(e)

cdef inline size_t value_length_of(Entry* e) noexcept nogil:
    cdef uint32_t n
    if not e.flags & F_WIDE_VALUE:
        return e.value_length
    memcpy(&n, <char*>e + sizeof(Entry) + optional_size(e.flags & BEFORE_VALUE_LENGTH), 4)
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

cdef inline char* cas_field_of(Entry* e) noexcept nogil:
    """Where its CAS and marks stand, if it has F_CAS."""
    return <char*>e + sizeof(Entry) + optional_size(e.flags & (F_DEADLINE | F_MC_FLAGS))

cdef inline void stamp_entry(Entry* e, uint32_t stamp) noexcept nogil:
    e.stamp_low = <uint16_t>stamp
    e.stamp_high = <uint8_t>(stamp >> 16)

cdef inline uint32_t stamp_of(Entry* e) noexcept nogil:
    return <uint32_t>e.stamp_high << 16 | e.stamp_low

cdef inline void write_entry(Entry* e, uint8_t kind, uint8_t flags, uint32_t stamp, int64_t deadline,
                             uint32_t mc_flags, const char* key, size_t n, const char* value,
                             size_t length) noexcept nogil:
    """Fill an allocation of the right size; `flags` says which optional fields it has.

    Without a `value` its bytes are left to the caller.
    """
    cdef char* p = <char*>e + sizeof(Entry)
    cdef uint32_t wide
    e.kind = kind
    e.flags = flags
    stamp_entry(e, stamp)
    if flags & F_DEADLINE:
        memcpy(p, &deadline, 8)
        p += 8
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
    if value != NULL:
        memcpy(p + n, value, length)

cdef inline Entry* slot_entry(uint64_t slot) noexcept nogil:
    return <Entry*>(slot & <uint64_t>0x0000FFFFFFFFFFF0)

cdef inline size_t allocated(void* p) noexcept nogil:
    """Bytes that an allocation takes, the allocator's own included."""
    return malloc_usable_size(p) + sizeof(size_t)

cdef inline void free_entry(Entry* e) noexcept:
    cdef PyObject* value
    if (e.kind & 0xF0) == ENC_OBJECT:
        memcpy(&value, value_of(e), sizeof(value))
        free(e)
        bury(value)
    else:
        free(e)
