from libc.stdint cimport uint64_t

from dflite.native.wire.lane cimport Lane

cdef int journal_item(Lane lane, const char* key, size_t n, uint64_t h) except -1
