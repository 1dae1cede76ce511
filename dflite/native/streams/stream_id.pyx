# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""IDs of stream entries as text and as numbers."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc cimport errno
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport strtoull
from libc.string cimport memchr, memcpy, strlen

from dflite.native.base.bytesops cimport format_int64, parse_int64

cdef extern from "Python.h":
    unsigned long long PyLong_AsUnsignedLongLongMask(object number) except? 0xFFFFFFFFFFFFFFFF

cdef enum:
    LONGEST = 127               # bytes of an ID's text; more is none

MAX_ID = (1 << 128) - 1
INVALID = -1


cdef int format_number(uint64_t n, char* out) noexcept nogil:
    """Write n in decimal, without a NUL; its length, 20 at most."""
    cdef int length
    if n < <uint64_t>1 << 63:
        return format_int64(<int64_t>n, out)
    length = format_int64(<int64_t>(n // 10), out)
    out[length] = <char>(c'0' + n % 10)
    return length + 1


cdef int format_id(StreamId id, char* out) noexcept nogil:
    """Write `ms-seq`, without a NUL; its length."""
    cdef int n = format_number(id.ms, out)
    out[n] = c'-'
    return n + 1 + format_number(id.seq, out + n + 1)


cdef bytes id_bytes(StreamId id):
    cdef char[ID_CHARS] text
    return PyBytes_FromStringAndSize(text, format_id(id, text))


cdef StreamId id_of(object number) except *:
    """The ID of a whole number from 0 to MAX_ID."""
    cdef StreamId id
    id.seq = PyLong_AsUnsignedLongLongMask(number)
    id.ms = number >> 64
    return id


cdef object number_of(StreamId id):
    return (<object>id.ms << 64) | id.seq


cdef bint parse_number(const char* s, uint64_t* out) noexcept nogil:
    """A number up to 64 bits in a C string: strict, or else what strtoull takes as a whole."""
    cdef int64_t signed_number
    cdef char* end
    if parse_int64(s, strlen(s), &signed_number):
        out[0] = <uint64_t>signed_number
        return signed_number >= 0
    errno.errno = 0
    out[0] = strtoull(s, &end, 10)
    return errno.errno != errno.ERANGE and s[0] != 0 and end[0] == 0


cdef bint parse_text(bytes text, uint64_t missing_seq, StreamId* id, bint* any_seq) noexcept:
    """Read `ms`, `ms-seq` or, where any_seq is not NULL, `ms-*`. As in Redis the text ends at a NUL."""
    cdef char[LONGEST + 1] room
    cdef size_t n = PyBytes_GET_SIZE(text)
    cdef char* dash
    if n > LONGEST:
        return False
    memcpy(room, PyBytes_AS_STRING(text), n)
    room[n] = 0
    dash = <char*>memchr(room, c'-', strlen(room))
    if dash != NULL:
        dash[0] = 0
    if not parse_number(room, &id.ms):
        return False
    if dash == NULL:
        id.seq = missing_seq
        return True
    if any_seq != NULL and dash[1] == c'*' and dash[2] == 0:
        any_seq[0] = True
        id.seq = 0
        return True
    return parse_number(dash + 1, &id.seq)


def parse_id(text: bytes, missing_seq: int = 0) -> int:
    """The ID that text spells, INVALID if none; `missing_seq` is for one of milliseconds only."""
    cdef StreamId id
    if not parse_text(text, missing_seq, &id, NULL):
        return INVALID
    return number_of(id)


def parse_new_id(text: bytes) -> tuple[int, bool]:
    """(ID, whether its sequence number was left open), INVALID instead of an ID if it is none."""
    cdef StreamId id
    cdef bint any_seq = False
    if not parse_text(text, 0, &id, &any_seq):
        return INVALID, False
    return number_of(id), any_seq


def id_text(number: int) -> bytes:
    """An ID as clients read it."""
    return id_bytes(id_of(number))
