"""A writer of RDB: lengths, strings and numbers into a growing buffer."""

from libc.stdint cimport int64_t, uint64_t

cimport cython

@cython.final
cdef class Writer:
    cdef char* buffer
    cdef size_t size
    cdef size_t capacity
    cdef readonly bint packing
    cdef char* room
    cdef size_t room_size

    cdef char* reserve(self, size_t n) except NULL
    cdef int put(self, const char* data, size_t n) except -1
    cdef int put_byte(self, int byte) except -1
    cdef int put_length(self, uint64_t n) except -1
    cdef int put_text(self, const char* data, size_t n) except -1
    cdef int put_integer(self, int64_t number) except -1
    cdef int put_int64(self, int64_t n) except -1
    cdef int put_double(self, double value) except -1
    cdef char* scratch(self, size_t n) except NULL
