cimport cython

cdef enum:
    RECORDS = 64 * 1024     # bytes that are sealed at a time

@cython.final
cdef class Seal:
    cdef readonly bint established
    cdef bytes sealed           # to be sent next, from `at` on
    cdef size_t at
    cdef readonly object engine
    cdef object arrived
    cdef object leaving
    cdef object read_into
    cdef object write_from
    cdef object pending
    cdef object handshake

    cdef int arrive(self, const char* data, size_t n) except -1
    cdef Py_ssize_t open_into(self, object room, Py_ssize_t n) except -2
    cdef bint is_drained(self) except -1
    cdef bint shake(self) except -1
    cdef int put(self, const char* data, size_t n) except -1
    cdef int gather(self) except -1
    cdef int end(self) except -1
    cdef size_t left(self) noexcept
    cdef const char* next_bytes(self) noexcept
    cdef void sent(self, size_t n) noexcept
