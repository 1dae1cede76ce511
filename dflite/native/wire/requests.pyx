# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Requests parsed ahead, and what bounds them."""

from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

cimport cython

from dflite.native.base.slice cimport Slice

cdef enum:
    ARGS_KEPT = 4096                # a batch's arguments that stay allocated


@cython.final
cdef class Limits:
    """What a client may send, in bytes; shared by all connections and changed while serving."""

    def __init__(self):
        self.bulk_length = 512 * 1024 * 1024
        self.query_buffer = 1024 * 1024 * 1024
        self.high_water = 1024 * 1024
        self.output_buffer = 0
        self.turn_bytes = 128 * 1024
        self.turn_us = 250
        self.round_us = 1000


@cython.final
cdef class Batch:
    """Requests parsed ahead: offsets into the input. One for all connections of a thread."""

    def __cinit__(self):
        self.capacity = 256
        self.args = <Slice*>malloc(self.capacity * sizeof(Slice))
        if self.args == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.args)

    cdef int reserve(self, size_t n) except -1:
        cdef size_t room = max(n, self.capacity * 2)
        cdef Slice* wider
        if n > self.capacity:
            wider = <Slice*>realloc(self.args, room * sizeof(Slice))
            if wider == NULL:
                raise MemoryError
            self.args = wider
            self.capacity = room
        return 0

    cdef void shrink(self) noexcept:
        cdef Slice* narrower
        if self.capacity > ARGS_KEPT:
            narrower = <Slice*>realloc(self.args, ARGS_KEPT * sizeof(Slice))
            if narrower != NULL:
                self.args = narrower
                self.capacity = ARGS_KEPT

    cdef int add(self, size_t offset, size_t length) except -1:
        if self.used == self.capacity:
            self.reserve(self.used + 1)
        self.args[self.used].offset = offset
        self.args[self.used].length = length
        self.used += 1
        return 0

    cdef void swap(self, Batch other) noexcept:
        """Exchange everything with another batch."""
        cdef Slice* args = self.args
        cdef size_t capacity = self.capacity, used = self.used
        cdef Request[BATCH] requests
        cdef int count = self.count
        cdef bint busy = self.busy
        memcpy(requests, self.requests, sizeof(requests))
        memcpy(self.requests, other.requests, sizeof(requests))
        memcpy(other.requests, requests, sizeof(requests))
        self.args, self.capacity, self.used = other.args, other.capacity, other.used
        self.count, self.busy = other.count, other.busy
        other.args, other.capacity, other.used = args, capacity, used
        other.count, other.busy = count, busy
