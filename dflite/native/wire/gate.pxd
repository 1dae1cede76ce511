from libc.stdint cimport uint8_t, uint64_t

cimport cython

from dflite.native.base.slice cimport Slice
from dflite.native.wire.operations cimport CODES

cdef enum:
    ONE_KEY = 0         # the word behind the name
    EACH_WORD = 1       # every word behind it
    EVERY_SECOND = 2    # keys and values in turns
    NO_KEY = 3

cdef enum:
    EXACT = 0
    PREFIX = 1

cdef struct KeyPattern:
    const char* text
    size_t length
    uint8_t uses        # what it allows: bits of reading and writing
    uint8_t kind        # EXACT, PREFIX, GLOB

@cython.final
cdef class Gate:
    cdef uint8_t[CODES] open        # 1 for operations that are allowed
    cdef uint8_t[CODES] uses        # what each does to its keys
    cdef uint8_t[CODES] layouts
    cdef bint all_keys
    cdef bint all_databases
    cdef uint64_t databases
    cdef KeyPattern* patterns
    cdef int count
    cdef list texts                 # what the patterns point into

    cdef bint admits(self, int code, const char* base, Slice* args, size_t count, int database) noexcept nogil
    cdef bint admits_key(self, const char* key, size_t n, uint8_t use) noexcept nogil
