# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Small collections, which lie in the keyspace's entries: making room in them, and letting go of them.

A packed one is a uint16 count and its elements. What a collection's elements mean is the matter of the
modules of the types.
"""

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport (
    BEFORE_VALUE_LENGTH,
    ENC_OBJECT,
    F_WIDE_VALUE,
    Entry,
    malloc_usable_size,
    optional_size,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.table cimport Table
from dflite.native.values.packed cimport after

cdef enum:
    SPARE = 64              # bytes that a value may leave unused before its block is made smaller


cdef uint64_t* new_small(Table table, const char* key, size_t n, uint64_t h, uint8_t kind,
                         size_t length, int64_t deadline) except NULL:
    """A value of `length` bytes for the caller to fill, in the place of what is at key; its slot."""
    table.put(key, n, h, kind, NULL, length, deadline, 0)
    return table.find_slot(key, n, h)


cdef void set_length(Entry* e, size_t length) noexcept nogil:
    cdef uint32_t wide = <uint32_t>length
    if e.flags & F_WIDE_VALUE:
        memcpy(<char*>e + sizeof(Entry)
               + optional_size(e.flags & BEFORE_VALUE_LENGTH), &wide, 4)
    else:
        e.value_length = <uint16_t>length


cdef char* splice(Table table, uint64_t* slot, uint64_t h, size_t at, size_t removed,
                  size_t inserted) except NULL:
    """Have `inserted` bytes for the caller to fill in the place of `removed` at offset `at` of a value.

    Where they begin; the entry may have moved. It counts as a use of the key.
    """
    cdef Entry* e = slot_entry(slot[0])
    cdef size_t length = value_length_of(e), new_length = length - removed + inserted
    cdef size_t tail = length - at - removed, usable, total
    cdef char* value
    if table.cut is not None:
        table.before_change(h)
    if new_length >= 65535 and not e.flags & F_WIDE_VALUE:
        table.put_wide(slot, h)
        e = slot_entry(slot[0])
    value = value_of(e)
    total = value - <char*>e + new_length
    usable = malloc_usable_size(e)
    if inserted > removed:
        if total > usable:
            e = table.resize_entry(slot, h, total)
            value = value_of(e)
        memmove(value + at + inserted, value + at + removed, tail)
        set_length(e, new_length)
    else:
        memmove(value + at + inserted, value + at + removed, tail)
        set_length(e, new_length)
        if usable > total + (total >> 2) + SPARE:
            e = table.resize_entry(slot, h, total)
            value = value_of(e)
    table.use(e)
    return value + at


cdef int become_object(Table table, uint64_t* slot, uint64_t h, object value) except -1:
    """Let the entry hold a reference to `value` in the place of what it held inline."""
    cdef Entry* e = slot_entry(slot[0])
    cdef PyObject* p = <PyObject*>value
    cdef char* room = splice(table, slot, h, 0, value_length_of(e), sizeof(p))
    memcpy(room, &p, sizeof(p))
    e = slot_entry(slot[0])
    e.kind = (e.kind & 0x0F) | ENC_OBJECT
    Py_INCREF(value)
    return 0


cdef uint64_t* new_object(Table table, const char* key, size_t n, uint64_t h, uint8_t type, object value,
                          int64_t deadline) except NULL:
    """A reference to `value` in the place of what is at key; its slot."""
    cdef PyObject* p = <PyObject*>value
    table.put(key, n, h, type | ENC_OBJECT, <const char*>&p, sizeof(p), deadline, 0)
    Py_INCREF(value)
    return table.find_slot(key, n, h)


cdef object object_of(Entry* e):
    """The value that the entry refers to."""
    cdef PyObject* p
    memcpy(&p, value_of(e), sizeof(p))
    return <object>p


cdef int64_t check_packed(Entry* e) except -1:
    """Assert that packed elements end where their entry does; how many there are. For tests, O(n)."""
    cdef const char* p = first_of(e)
    cdef int64_t count = 0
    while p < end_of(e):
        p = after(p)
        count += 1
    assert p == end_of(e), "an element beyond the end"
    assert count == count_of(e), "packed elements that miscount"
    return count
