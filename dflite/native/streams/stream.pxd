from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.value cimport Value
from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_log cimport Log
from dflite.native.streams.stream_node cimport Text

cdef enum:
    NO_COUNTER = -1             # of entries that a group has read: not known

@cython.final
cdef class Stream(Value):
    cdef Log log
    cdef int64_t added          # entries, ever
    cdef StreamId last          # ID there has been, or what XSETID says
    cdef StreamId first         # ID there is; 0-0 without entries
    cdef StreamId max_deleted   # ID
    cdef public dict groups     # name -> Group; None before the first

    cdef bint choose_id(self, int64_t now_ms, bint given, bint any_seq, StreamId* id) noexcept nogil
    cdef int add_texts(self, StreamId id, Text* texts, size_t count) except -1
    cdef void note_first(self) noexcept nogil
    cdef bint has_gaps_from(self, StreamId id) noexcept nogil
    cdef int64_t counter_at(self, StreamId id) noexcept nogil
