"""The reply buffer's layout, for the native modules that write replies without the GIL's objects."""

from libc.stdint cimport int64_t

cimport cython


@cython.final
cdef class Reply:
    cdef char* buffer
    cdef size_t capacity
    cdef size_t start           # sent up to here
    cdef size_t end             # written up to here
    cdef readonly bint resp3

    cdef char* reserve(self, size_t n) except NULL
    cdef int put(self, const char* data, size_t n) except -1
    cdef int put_head(self, char kind, int64_t n) except -1
    cdef int put_bulk(self, const char* data, size_t n) except -1
    cdef int put_null(self) except -1
    cdef int put_map(self, int64_t n) except -1
    cdef size_t pending(self) noexcept nogil
    cdef void sent(self, size_t n) noexcept
    cdef void release(self) noexcept
    cdef int put_head_text(self, char kind, bytes text) except -1
    cdef int put_double(self, double x) except -1
