from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.eviction cimport Evictor
from dflite.native.keyspace.memory cimport Memory
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.lane_collections cimport Figures
from dflite.native.wire.reply cimport Reply

cdef enum:
    LANES = 96          # operations, 0 is none
    NAMES = 128         # places for their names
    SPANS = 256         # buckets of durations

@cython.final
cdef class Lane:
    cdef readonly Clock clock
    cdef public bint reads      # may the lane answer commands that change nothing
    cdef public bint writes     # ... and those that do
    cdef public bint wakes      # ... and those that somebody may wait for, who is not served here
    cdef public bint boundless  # whatever the memory's limit, there is room
    cdef readonly Memory memory
    cdef readonly Evictor evictor
    cdef readonly Backlog backlog
    cdef list databases         # of lists of Tables, a Table a shard
    cdef int shard_count
    cdef uint64_t[NAMES] names
    cdef uint8_t[NAMES] codes
    cdef int64_t[LANES] calls
    # a sample of the calls is measured, and each stands for those since the one before
    cdef int32_t[LANES] unmeasured      # calls until the next measured one
    cdef int64_t[LANES] covered         # calls that the measured ones stand for
    cdef int64_t[LANES] nanoseconds
    cdef int64_t[SPANS][LANES] times    # calls by duration
    cdef int64_t started                # the measured one, in nanoseconds
    cdef Figures figures

    cdef int place_for(self, str name) except -1
    cdef int code_of(self, const char* name, size_t n) noexcept nogil
    cdef Table table_for(self, int database, const char* key, size_t n)
    cdef int serve(self, int code, const char* base, Slice* args, size_t count,
                   Reply reply, int database) except -1
    cdef int answer(self, int code, const char* base, Slice* args, size_t count,
                    Reply reply, int database) except -1
    cdef int repeat(self, int code, const char* base, Slice* args, size_t count, const char* answer,
                    int database) except -1
    cdef int repeat_item(self, const char* key, size_t n, uint64_t h) except -1
    cdef bint may_write_unseen(self) noexcept nogil
    cdef bint has_room(self, Slice* args, size_t count) noexcept
    cdef bint has_room_for(self, size_t size) noexcept
    cdef bint begins(self, int code) noexcept nogil
    cdef void measure(self, int code) noexcept nogil
    cdef bint is_due(self, Entry* e) noexcept nogil
    cdef int get_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int set_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int count_or_delete(self, int code, const char* base, Slice* args, size_t count,
                             Reply reply, int database) except -1
