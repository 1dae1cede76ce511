"""A reader of RDB: numbers, lengths and strings from bytes of strangers. reader.pyx describes it."""

from libc.stdint cimport int64_t, uint8_t, uint64_t

cimport cython

cdef enum:
    # rooms for strings that do not stand in the bytes as they are
    FIRST = 0
    SECOND = 1
    THIRD = 2
    ROOMS = 3

cdef struct Text:
    # A string; `data` may lead to `room`, so it must not be moved.
    const char* data
    size_t length
    char[24] room

@cython.final
cdef class Reader:
    cdef Py_buffer view
    cdef const char* start
    cdef const char* p
    cdef const char* end
    cdef char* rooms[ROOMS]
    cdef size_t room_sizes[ROOMS]

    cdef const char* take(self, size_t n) except NULL
    cdef int read_byte(self) except -1
    cdef int read_length(self, uint64_t* n) except -1
    cdef int read_signed(self, int64_t* n) except -1
    cdef int64_t read_count(self) except -1
    cdef int read_text(self, int which, Text* text) except -1
    cdef int unpack(self, int which, Text* text) except -1
    cdef int read_int64(self, int64_t* n) except -1
    cdef int read_double(self, double* value) except -1

cdef int bad(str what) except -1
