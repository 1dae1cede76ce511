cimport cython
from cpython.list cimport PyList_GET_ITEM

from dflite.native.base.bytesops cimport key_slot
from dflite.native.base.clock cimport Clock
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.eviction cimport Evictor
from dflite.native.keyspace.memory cimport Memory
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.calls cimport Calls
from dflite.native.wire.lane_collections cimport Figures
from dflite.native.wire.operations cimport Operations
from dflite.native.wire.reply cimport Reply

@cython.final
cdef class Lane:
    cdef readonly Clock clock
    cdef public bint reads      # may the lane answer commands that change nothing
    cdef public bint writes     # ... and those that do
    cdef public bint wakes      # ... and those that somebody may wait for, who is not served here
    cdef public bint boundless  # whatever the memory's limit, there is room
    cdef readonly Operations operations
    cdef readonly Calls calls
    cdef readonly Memory memory
    cdef readonly Evictor evictor
    cdef readonly Backlog backlog
    cdef list databases         # of lists of Tables, a Table a shard
    cdef int shard_count
    cdef Figures figures

    cdef inline Table table_for(self, int database, const char* key, size_t n):
        cdef list tables = <list>PyList_GET_ITEM(self.databases, database)
        if self.shard_count == 1:
            return <Table>PyList_GET_ITEM(tables, 0)
        return <Table>PyList_GET_ITEM(tables, key_slot(key, n) % self.shard_count)

    cdef bint has_room(self, Slice* args, size_t count) noexcept
    cdef bint has_room_for(self, size_t size) noexcept
    cdef bint may_write_unseen(self) noexcept nogil

    cdef int answer(self, int code, const char* base, Slice* args, size_t count,
                    Reply reply, int database) except -1
    cdef int serve(self, int code, const char* base, Slice* args, size_t count,
                   Reply reply, int database) except -1
    cdef int get_one(self, const char* base, Slice* args, Reply reply, int database) except -1
    cdef int set_one(self, const char* base, Slice* args, Reply reply, int database) except -1
    cdef int step(self, int by, const char* base, Slice* args, Reply reply, int database) except -1
    cdef int time_left(self, const char* base, Slice* args, Reply reply, int database) except -1
    cdef int expire(self, const char* base, Slice* args, Reply reply, int database) except -1
    cdef int get_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int set_many(self, const char* base, Slice* args, size_t count, Reply reply,
                      int database) except -1
    cdef int count_many(self, const char* base, Slice* args, size_t count, Reply reply,
                        int database) except -1
    cdef int delete_many(self, const char* base, Slice* args, size_t count, Reply reply,
                         int database) except -1
