"""Integers in order, each once, in two, four or eight bytes: a set of them, inline in an entry.

    width in bytes (1 byte) | integers, ascending, little-endian

All have the width of the widest.
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

from dflite.native.keyspace.entry cimport Entry, value_length_of, value_of
from dflite.native.keyspace.table cimport Table

cdef enum:
    WIDTH_BYTES = 1             # the width before the integers

cdef inline size_t width_for(int64_t number) noexcept nogil:
    """Bytes that hold the number."""
    if -0x8000 <= number < 0x8000:
        return 2
    if -<int64_t>0x80000000 <= number < <int64_t>0x80000000:
        return 4
    return 8

cdef inline int64_t integer_at(const char* p, int64_t index) noexcept nogil:
    """The integer of that index, of those at p, width and all."""
    cdef int16_t two
    cdef int32_t four
    cdef int64_t eight
    cdef uint8_t width = <uint8_t>p[0]
    p += WIDTH_BYTES + index * width
    if width == 2:
        memcpy(&two, p, 2)
        return two
    if width == 4:
        memcpy(&four, p, 4)
        return four
    memcpy(&eight, p, 8)
    return eight

cdef inline int64_t integer_count(Entry* e) noexcept nogil:
    """How many integers the entry holds."""
    return <int64_t>((value_length_of(e) - WIDTH_BYTES) // <uint8_t>value_of(e)[0])

cdef bint find_integer(const char* p, int64_t count, int64_t number, int64_t* index) noexcept nogil
cdef void write_integer(char* p, int64_t index, int64_t number) noexcept nogil
cdef bint add_integer(Table table, uint64_t* slot, uint64_t h, int64_t number) except -1
cdef int remove_integer_at(Table table, uint64_t* slot, uint64_t h, int64_t index) except -1
