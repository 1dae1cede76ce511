from libc.stdint cimport int64_t

cimport cython

from dflite.native.base.slice cimport Slice

cdef struct Request:
    size_t start        # offset of its first byte
    size_t first        # index of its first argument
    size_t count        # arguments; 0: an inline request in args[first]

cdef enum:
    BATCH = 32          # requests parsed ahead
    SLACK = 16          # readable bytes behind the end of any input buffer

@cython.final
cdef class Limits:
    cdef public int64_t bulk_length
    cdef public int64_t query_buffer
    cdef public int64_t high_water
    cdef public int64_t output_buffer       # hard limit of unsent bytes, 0 for none
    cdef public int64_t turn_bytes          # of replies that a client gets before others have a turn
    cdef public int64_t round_us            # that clients are served before new events are looked at
    cdef public int64_t turn_us             # that a client's requests take before others have a turn

@cython.final
cdef class Batch:
    cdef Slice* args
    cdef size_t capacity
    cdef size_t used
    cdef Request[BATCH] requests
    cdef int count
    cdef bint busy          # a connection is taking requests from it

    cdef int reserve(self, size_t n) except -1
    cdef void shrink(self) noexcept
    cdef int add(self, size_t offset, size_t length) except -1
    cdef void swap(self, Batch other) noexcept
