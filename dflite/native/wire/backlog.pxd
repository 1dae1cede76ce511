from libc.stdint cimport int64_t

cimport cython

from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.memory cimport Memory

@cython.final
cdef class Backlog:
    cdef Memory memory_of_node
    cdef readonly bint active       # somebody wants the stream; while off nothing is written
    cdef public bint journaling     # ... and what is done here goes into it: it is no other node's
    cdef readonly int64_t offset    # of the next byte
    cdef readonly int64_t start     # of the oldest byte that is kept
    cdef int64_t history            # bytes that are kept whether or not a cursor needs them
    cdef public int selected        # the database that the stream has selected, -1 none yet
    cdef char** blocks              # all of the same size; those in use are [first, first + count)
    cdef size_t first
    cdef size_t count
    cdef size_t room                # places for blocks
    cdef int64_t base               # offset of the first block's first byte
    cdef char* spare
    cdef list cursors

    cdef int add_block(self) except -1
    cdef void drop_blocks(self, size_t n) noexcept
    cdef void tell(self) noexcept
    cdef void trim(self) noexcept
    cdef int put(self, const char* data, size_t n) except -1
    cdef int put_head(self, char kind, int64_t n) except -1
    cdef int put_bulk(self, const char* data, size_t n) except -1
    cdef int put_number(self, int64_t n) except -1
    cdef int select(self, int database) except -1
    cdef int put_request(self, int database, const char* base, Slice* args, size_t count) except -1


@cython.final
cdef class Cursor:
    cdef Backlog backlog
    cdef readonly int64_t position
