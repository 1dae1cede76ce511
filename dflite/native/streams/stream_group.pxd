from cpython.ref cimport PyObject
from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.value cimport Value
from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_index cimport IdIndex

cdef struct Pending:
    # An entry that was delivered and is not acknowledged yet. The group owns its consumers.
    StreamId id
    int64_t time                # of the last delivery, Unix ms
    int64_t count               # of deliveries
    PyObject* consumer

@cython.final
cdef class Consumer:
    cdef readonly bytes name
    cdef public int64_t seen_ms     # when it last asked for something
    cdef public int64_t active_ms   # when it last got something, -1 if never
    cdef IdIndex pending            # IDs only

@cython.final
cdef class Group(Value):
    cdef StreamId last
    cdef public int64_t entries_read
    cdef IdIndex pending            # Pending
    cdef readonly dict consumers    # name -> Consumer

    cdef Pending* find(self, StreamId id) noexcept nogil
    cdef int give(self, Pending* entry, Consumer consumer) except -1
    cdef int assign(self, StreamId id, Consumer consumer, int64_t now_ms) except -1
