from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cdef class Value:
    cdef size_t weight(self) noexcept
    cdef bint dismantle(self, int64_t* budget) noexcept
    cdef int64_t bytes_held(self) noexcept

cdef void charge(int64_t n) noexcept nogil
cdef int64_t held_bytes() noexcept nogil
cdef int64_t buried_bytes() noexcept nogil
cdef void bury(PyObject* value) noexcept
