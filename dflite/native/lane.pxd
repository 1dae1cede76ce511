from libc.stdint cimport int64_t, uint8_t, uint64_t

cimport cython

from dflite.native.clock cimport Clock
from dflite.native.reply cimport Reply
from dflite.native.table cimport Entry, Table

cdef struct Slice:
    size_t offset       # from the start of the input buffer
    size_t length

cdef enum:
    LANES = 16          # operations, 0 is none

@cython.final
cdef class Lane:
    cdef readonly Clock clock
    cdef public bint reads      # may the lane answer commands that change nothing
    cdef public bint writes     # ... and those that do
    cdef public size_t memory_limit
    cdef list databases         # of lists of Tables, a Table a shard
    cdef int shard_count
    cdef uint64_t[64] names
    cdef uint8_t[64] codes
    cdef int64_t[LANES] calls
    cdef readonly int64_t hits
    cdef readonly int64_t misses
    cdef readonly int64_t changes

    cdef int place_for(self, str name) except -1
    cdef int code_of(self, const char* name, size_t n) noexcept nogil
    cdef Table table_for(self, int database, const char* key, size_t n)
    cdef int serve(self, int code, const char* base, Slice* args, size_t count,
                   Reply reply, int database) except -1
    cdef bint has_room(self) noexcept
    cdef bint is_due(self, Entry* e) noexcept nogil
    cdef int get_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int set_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int count_or_delete(self, int code, const char* base, Slice* args, size_t count,
                             Reply reply, int database) except -1
