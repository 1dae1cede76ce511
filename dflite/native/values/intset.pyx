# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Small sets of integers, in order: looking for one, adding, removing. intset.pxd has the format."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy

from dflite.native.keyspace.entry cimport Entry, slot_entry, value_length_of, value_of
from dflite.native.keyspace.table cimport Table
from dflite.native.values.small cimport splice


cdef bint find_integer(const char* p, int64_t count, int64_t number, int64_t* index) noexcept nogil:
    """Is the number among the `count` at p? `index` is where it is, or has to go."""
    cdef int64_t low = 0, high = count, middle, there
    while low < high:
        middle = (low + high) >> 1
        there = integer_at(p, middle)
        if there < number:
            low = middle + 1
        elif there > number:
            high = middle
        else:
            index[0] = middle
            return True
    index[0] = low
    return False


cdef void write_integer(char* p, int64_t index, int64_t number) noexcept nogil:
    """Put a number, which the width at p holds, at that index."""
    cdef uint8_t width = <uint8_t>p[0]
    memcpy(p + WIDTH_BYTES + index * width, &number, width)     # little-endian


cdef bint add_integer(Table table, uint64_t* slot, uint64_t h, int64_t number) except -1:
    """Add a number to the entry's; False if it is there."""
    cdef Entry* e = slot_entry(slot[0])
    cdef char* p = value_of(e)
    cdef int64_t i, count = integer_count(e), index, there
    cdef size_t width = <uint8_t>p[0], wider = width_for(number)
    if wider <= width:
        if find_integer(p, count, number, &index):
            return False
        splice(table, slot, h, WIDTH_BYTES + index * width, 0, width)
        write_integer(value_of(slot_entry(slot[0])), index, number)
        return True
    # beyond all that are there: it goes to one of the ends, and all get wider
    splice(table, slot, h, value_length_of(e), 0, (count + 1) * wider - count * width)
    p = value_of(slot_entry(slot[0]))
    index = 1 if number < 0 else 0
    for i in range(count - 1, -1, -1):
        p[0] = <char>width
        there = integer_at(p, i)
        p[0] = <char>wider
        write_integer(p, i + index, there)
    p[0] = <char>wider
    write_integer(p, 0 if number < 0 else count, number)
    return True


cdef int remove_integer_at(Table table, uint64_t* slot, uint64_t h, int64_t index) except -1:
    """Take out the number of that index."""
    cdef size_t width = <uint8_t>value_of(slot_entry(slot[0]))[0]
    splice(table, slot, h, WIDTH_BYTES + index * width, width, 0)
    return 0


# -- for tests and for whoever reads or writes the format ------------------------------------------


def integers_of(blob: bytes) -> list[int]:
    """The integers of a blob in this format."""
    cdef const char* p = PyBytes_AS_STRING(blob)
    cdef int64_t i, count = (PyBytes_GET_SIZE(blob) - WIDTH_BYTES) // p[0]
    return [integer_at(p, i) for i in range(count)]


def index_of(blob: bytes, number: int) -> tuple[bool, int]:
    """(is the number in the blob, where it is or has to go)."""
    cdef const char* p = PyBytes_AS_STRING(blob)
    cdef int64_t index, count = (PyBytes_GET_SIZE(blob) - WIDTH_BYTES) // p[0]
    cdef bint found = find_integer(p, count, number, &index)
    return found, index


def blob_of(numbers: list[int]) -> bytes:
    """Integers, ascending and each once, as a blob in this format."""
    cdef int64_t number
    cdef size_t width = 2
    cdef Py_ssize_t i
    cdef bytes blob
    for number in numbers:
        width = max(width, width_for(number))
    blob = PyBytes_FromStringAndSize(NULL, WIDTH_BYTES + len(numbers) * width)
    PyBytes_AS_STRING(blob)[0] = <char>width
    for i in range(len(numbers)):
        write_integer(PyBytes_AS_STRING(blob), i, numbers[i])
    return blob
