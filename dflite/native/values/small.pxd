"""A collection's entry in the keyspace: reading what lies in it, or refers to a large one; small.pyx has more."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcpy

from dflite.native.keyspace.entry cimport ENC_PACKED, Entry, value_length_of, value_of
from dflite.native.keyspace.table cimport Table

cdef enum:
    COUNT_BYTES = 2             # the count before the elements of a packed collection

cdef inline int form_of(Entry* e) noexcept nogil:
    """Of a collection: ENC_PACKED, ENC_INTS or ENC_OBJECT."""
    return e.kind & 0xF0

cdef inline bint is_packed(Entry* e) noexcept nogil:
    return form_of(e) == ENC_PACKED

cdef inline const char* first_of(Entry* e) noexcept nogil:
    """The first element of a packed collection."""
    return value_of(e) + COUNT_BYTES

cdef inline const char* end_of(Entry* e) noexcept nogil:
    """Where the elements of a packed collection end."""
    return value_of(e) + value_length_of(e)

cdef inline int64_t count_of(Entry* e) noexcept nogil:
    """How many elements a packed collection has."""
    cdef uint16_t n
    memcpy(&n, value_of(e), 2)
    return n

cdef inline void set_count(Entry* e, int64_t count) noexcept nogil:
    cdef uint16_t n = <uint16_t>count
    memcpy(value_of(e), &n, 2)

cdef uint64_t* new_small(Table table, const char* key, size_t n, uint64_t h, uint8_t kind,
                         size_t length, int64_t deadline) except NULL
cdef char* splice(Table table, uint64_t* slot, uint64_t h, size_t at, size_t removed,
                  size_t inserted) except NULL
cdef int become_object(Table table, uint64_t* slot, uint64_t h, object value) except -1
cdef uint64_t* new_object(Table table, const char* key, size_t n, uint64_t h, uint8_t type, object value,
                          int64_t deadline) except NULL
cdef object object_of(Entry* e)
cdef int64_t check_packed(Entry* e) except -1
