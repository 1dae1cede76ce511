# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Reading RDB: lengths, strings in all their spellings, numbers, out of bytes that nobody vouches for.

    00xxxxxx | 01xxxxxx x | 0x80 and 4 bytes | 0x81 and 8 bytes, the highest first     a length
    length and bytes | 0xC0 int8 | 0xC1 int16 | 0xC2 int32 | 0xC3 length, length, LZF  a string

Nothing is read beyond the end, and nothing is allocated because a length says so: a string is as long as the
bytes that are there, a packed one as long as unpacking really makes it.

The format: https://rdb.fnordig.de/file_format.html
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy

cimport cython

from dflite.native.base.bytesops cimport crc64, format_int64, lzf_decompress

cdef enum:
    LZF_LITERALS = 32       # a control byte below says how many bytes follow, less one

cdef uint64_t LONGEST = 0xFFFFFF00      # bytes of a string


class BadFormat(ValueError):
    """The bytes are no value, or one that must not be."""


class Truncated(BadFormat):
    """The bytes end before the value does."""


cdef int bad(str what) except -1:
    raise BadFormat(what)


cdef int64_t unpacked_size(const char* data, size_t n) noexcept nogil:
    """Bytes that LZF makes of these; -1 if they are cut off."""
    cdef size_t i = 0
    cdef int64_t total = 0
    cdef uint8_t control
    while i < n:
        control = <uint8_t>data[i]
        if control < LZF_LITERALS:
            i += 2 + control
            total += 1 + control
            continue
        total += 2 + (control >> 5)
        i += 1
        if control >> 5 == 7:
            if i >= n:
                return -1
            total += <uint8_t>data[i]
            i += 1
        i += 1
    return total if i == n else -1


@cython.final
cdef class Reader:
    """A place in bytes, of which those from `start` to `end` are read. BadFormat where they are wrong."""

    def __cinit__(self, data not None, Py_ssize_t start=0, Py_ssize_t end=-1):
        PyObject_GetBuffer(data, &self.view, PyBUF_SIMPLE)
        if end < 0 or end > self.view.len:
            end = self.view.len
        if not 0 <= start <= end:
            raise ValueError("a start beyond the end")
        self.start = <const char*>self.view.buf
        self.p = self.start + start
        self.end = self.start + end

    def __dealloc__(self):
        cdef int which
        PyBuffer_Release(&self.view)
        for which in range(ROOMS):
            free(self.rooms[which])

    cdef const char* take(self, size_t n) except NULL:
        """Where the next n bytes are, which then are read."""
        cdef const char* at = self.p
        if n > <size_t>(self.end - at):
            raise Truncated("the bytes end too soon")
        self.p += n
        return at

    # -- numbers -------------------------------------------------------------------------------------

    cdef int read_byte(self) except -1:
        return <uint8_t>self.take(1)[0]

    cdef int read_int64(self, int64_t* n) except -1:
        """Eight bytes, the lowest first."""
        memcpy(n, self.take(8), 8)
        return 0

    cdef int read_double(self, double* value) except -1:
        memcpy(value, self.take(8), 8)
        return 0

    cdef int read_length(self, uint64_t* n) except -1:
        """A length, which must not be one of the other spellings of a string."""
        cdef int first = self.read_byte()
        cdef const uint8_t* rest
        cdef int i, size
        if first < 0x40:
            n[0] = first
            return 0
        if first < 0x80:
            n[0] = <uint64_t>(first & 0x3F) << 8 | <uint64_t>self.read_byte()
            return 0
        if first != 0x80 and first != 0x81:
            bad("a length that is none")
        size = 4 if first == 0x80 else 8
        rest = <const uint8_t*>self.take(size)
        n[0] = 0
        for i in range(size):
            n[0] = n[0] << 8 | rest[i]
        return 0

    cdef int read_signed(self, int64_t* n) except -1:
        """A length as a number that is not negative."""
        cdef uint64_t length
        self.read_length(&length)
        if length >> 63:
            bad("a number beyond 63 bits")
        n[0] = <int64_t>length
        return 0

    cdef int64_t read_count(self) except -1:
        """How many things follow, each of which takes a byte at least."""
        cdef uint64_t n
        self.read_length(&n)
        if n > <uint64_t>(self.end - self.p):
            raise Truncated("more is announced than there is")
        return <int64_t>n

    # -- strings -------------------------------------------------------------------------------------

    cdef int read_text(self, int which, Text* text) except -1:
        """A string. It is good until the next one with the same room, FIRST to THIRD, is read."""
        cdef uint64_t n
        cdef int8_t one
        cdef int16_t two
        cdef int32_t four = 0
        cdef uint8_t first
        if self.p == self.end:
            raise Truncated("the bytes end too soon")
        first = <uint8_t>self.p[0]
        if first < 0xC0:
            self.read_length(&n)
            if n > LONGEST:
                bad("a string that is too long")
            text.data = self.take(n)
            text.length = n
            return 0
        self.p += 1
        if first == 0xC3:
            return self.unpack(which, text)
        if first == 0xC0:
            memcpy(&one, self.take(1), 1)
            four = one
        elif first == 0xC1:
            memcpy(&two, self.take(2), 2)
            four = two
        elif first == 0xC2:
            memcpy(&four, self.take(4), 4)
        else:
            bad("a string of an unknown spelling")
        text.data = text.room
        text.length = format_int64(four, text.room)
        return 0

    cdef int unpack(self, int which, Text* text) except -1:
        """A string in LZF: how long it is packed, how long it will be, the packed bytes."""
        cdef uint64_t packed, length
        cdef const char* data
        cdef char* room
        self.read_length(&packed)
        self.read_length(&length)
        data = self.take(packed)
        if length == 0 or length > LONGEST or unpacked_size(data, packed) != <int64_t>length:
            bad("a packed string of another length")
        if length > self.room_sizes[which]:
            room = <char*>realloc(self.rooms[which], length)
            if room == NULL:
                raise MemoryError
            self.rooms[which] = room
            self.room_sizes[which] = length
        if lzf_decompress(data, packed, self.rooms[which], length) != length:
            bad("a packed string that cannot be unpacked")
        text.data = self.rooms[which]
        text.length = length
        return 0

    # -- from Python ---------------------------------------------------------------------------------

    @property
    def at(self) -> int:
        """Bytes before the one that is read next."""
        return self.p - self.start

    def sum(self, uint64_t before, Py_ssize_t start, Py_ssize_t end) -> int:
        """CRC-64 of what stands from start to end, behind what has that sum before it."""
        if not 0 <= start <= end <= self.end - self.start:
            raise IndexError("bytes that are not there")
        return crc64(before, self.start + start, end - start)

    @property
    def left(self) -> int:
        """Bytes that are not read yet."""
        return self.end - self.p

    def byte(self) -> int:
        """The next byte."""
        return self.read_byte()

    def length(self) -> int:
        """A length."""
        cdef uint64_t n
        self.read_length(&n)
        return n

    def string(self) -> bytes:
        """A string."""
        cdef Text text
        self.read_text(FIRST, &text)
        return PyBytes_FromStringAndSize(text.data, text.length)
