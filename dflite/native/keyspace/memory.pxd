from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cimport cython

cdef enum:
    KINDS = 16              # of what is no data
    REPLICAS_KIND = 9
    POLICY_KIND = 10

@cython.final
cdef class Memory:
    cdef readonly list databases        # of lists of Tables, a Table a shard
    cdef list all_tables
    cdef PyObject** tables              # the same in a row; SWAPDB changes nothing here
    cdef int table_count
    cdef size_t bound                   # 0: none
    cdef size_t allowance               # bytes that may come before it is counted again
    cdef int64_t[KINDS] kinds
    cdef int64_t beside                 # their sum
    cdef size_t high_tide               # bytes that buffers took lately, at most

    cdef size_t binding(self) noexcept
    cdef size_t pressing(self) noexcept
    cdef bint has_room(self, size_t n) noexcept
    cdef void put_down(self, int kind, int64_t size) noexcept

cdef void count_too(size_t* counter) noexcept
cdef void keep_apart(int64_t n) noexcept
