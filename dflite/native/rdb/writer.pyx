# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Writing RDB: lengths, strings in the shortest of their spellings, numbers. reader.pyx has the format."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove

cimport cython

from dflite.native.base.bytesops cimport (
    INT64_CHARS,
    crc64,
    format_int64,
    lzf_compress,
    parse_int64,
)

cdef enum:
    LONGEST_NUMBER = 11     # characters of an int32
    SHORTEST_PACKED = 20    # bytes of a string that is not worth packing
    GAIN = 4                # bytes that packing has to save


@cython.final
cdef class Writer:
    """Bytes of RDB that are being written; with `packing` long strings are, as LZF."""

    def __cinit__(self, bint packing=True):
        self.packing = packing

    def __dealloc__(self):
        free(self.buffer)
        free(self.room)

    cdef char* reserve(self, size_t n) except NULL:
        """Room for n more bytes at the returned place; the caller adds to `size`."""
        cdef size_t wanted
        cdef char* p
        if self.capacity - self.size < n:
            wanted = max(self.size + n, self.capacity + (self.capacity >> 1), <size_t>256)
            p = <char*>realloc(self.buffer, wanted)
            if p == NULL:
                raise MemoryError
            self.buffer = p
            self.capacity = wanted
        return self.buffer + self.size

    cdef char* scratch(self, size_t n) except NULL:
        """Room for n bytes that are made up before they are written; good until the next call."""
        cdef char* p
        if n > self.room_size or self.room == NULL:
            p = <char*>realloc(self.room, max(n, <size_t>256))
            if p == NULL:
                raise MemoryError
            self.room = p
            self.room_size = max(n, <size_t>256)
        return self.room

    cdef int put(self, const char* data, size_t n) except -1:
        """Bytes as they are."""
        memcpy(self.reserve(n), data, n)
        self.size += n
        return 0

    cdef int put_byte(self, int byte) except -1:
        self.reserve(1)[0] = <char>byte
        self.size += 1
        return 0

    cdef int put_int64(self, int64_t n) except -1:
        """Eight bytes, the lowest first."""
        return self.put(<const char*>&n, 8)

    cdef int put_double(self, double value) except -1:
        return self.put(<const char*>&value, 8)

    cdef int put_length(self, uint64_t n) except -1:
        cdef char* p = self.reserve(9)
        cdef int i, size
        if n < 0x40:
            p[0] = <char>n
            size = 1
        elif n < 0x4000:
            p[0] = <char>(0x40 | n >> 8)
            p[1] = <char>n
            size = 2
        else:
            size = 4 if n >> 32 == 0 else 8
            p[0] = <char>(0x80 if size == 4 else 0x81)
            for i in range(size):
                p[1 + i] = <char>(n >> 8 * (size - 1 - i))
            size += 1
        self.size += size
        return 0

    cdef int put_text(self, const char* data, size_t n) except -1:
        """A string."""
        cdef int64_t number
        cdef size_t packed
        cdef char* p
        if (n <= LONGEST_NUMBER and parse_int64(data, n, &number)
                and -<int64_t>0x80000000 <= number < <int64_t>0x80000000):
            return self.put_integer(number)
        if self.packing and n > SHORTEST_PACKED:
            # behind where the two lengths will stand at most
            p = self.reserve(n + 19) + 19
            packed = lzf_compress(data, n, p, n - GAIN)
            if packed:
                self.put_byte(0xC3)
                self.put_length(packed)
                self.put_length(n)
                # nothing was allocated since, so p is still good, and what was put stands before it
                memmove(self.buffer + self.size, p, packed)
                self.size += packed
                return 0
        self.put_length(n)
        return self.put(data, n)

    cdef int put_integer(self, int64_t number) except -1:
        """The string that spells a number."""
        cdef char[INT64_CHARS] text
        cdef int size
        cdef char* p
        if not -<int64_t>0x80000000 <= number < <int64_t>0x80000000:
            size = format_int64(number, text)
            self.put_length(size)
            return self.put(text, size)
        p = self.reserve(5)
        if -0x80 <= number < 0x80:
            p[0] = <char>0xC0
            size = 1
        elif -0x8000 <= number < 0x8000:
            p[0] = <char>0xC1
            size = 2
        else:
            p[0] = <char>0xC2
            size = 4
        memcpy(p + 1, &number, size)
        self.size += 1 + size
        return 0

    # -- from Python ---------------------------------------------------------------------------------

    def __len__(self):
        return self.size

    def byte(self, int byte) -> None:
        """One byte."""
        self.put_byte(byte)

    def length(self, uint64_t n) -> None:
        """A length."""
        self.put_length(n)

    def string(self, bytes data not None) -> None:
        """A string."""
        self.put_text(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    def seal(self, int version) -> None:
        """What ends a DUMP: the version of the format, and a checksum of all before it."""
        cdef uint64_t sum
        self.put_byte(version & 0xFF)
        self.put_byte(version >> 8)
        sum = crc64(0, self.buffer, self.size)
        self.put(<const char*>&sum, 8)

    def take(self) -> bytes:
        """All that was written; the writer is empty then."""
        cdef bytes taken = PyBytes_FromStringAndSize(self.buffer, self.size)
        self.size = 0
        return taken
