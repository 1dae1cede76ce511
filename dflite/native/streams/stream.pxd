from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.keyspace.value cimport Value
from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_index cimport IdIndex, Place
from dflite.native.streams.stream_node cimport Node, StreamEntry, Text, Walk
from dflite.native.wire.reply cimport Reply

cdef enum:
    NO_COUNTER = -1             # of entries that a group has read: not known

cdef struct Way:
    # A way through a range of entries; `open` while `walk` is within the node at `place`.
    IdIndex* nodes
    Place place
    Walk walk
    StreamId start
    StreamId end
    bint open
    bint reverse

@cython.final
cdef class Stream(Value):
    cdef IdIndex nodes
    cdef int64_t length
    cdef int64_t added
    cdef StreamId last
    cdef StreamId first
    cdef StreamId max_deleted
    cdef int64_t node_bytes
    cdef public dict groups     # name -> Group; None before the first

    cdef bint choose_id(self, int64_t now_ms, bint given, bint any_seq, StreamId* id) noexcept nogil
    cdef int add_texts(self, StreamId id, Text* texts, size_t count) except -1
    cdef void start(self, Way* way, StreamId start, StreamId end, bint reverse) noexcept nogil
    cdef bint find_entry(self, StreamId id, Way* way, StreamEntry* entry) noexcept nogil
    cdef bint edge(self, bint reverse, StreamId* id) noexcept nogil
    cdef int note_first(self) noexcept nogil
    cdef int64_t trim(self, int64_t most, StreamId least, bint by_id, bint whole_nodes, int64_t limit) except -1
    cdef int64_t trim_node(self, Node* node, int64_t most, StreamId least, bint by_id) except -1
    cdef int forget_behind(self, StreamId last) except -1
    cdef bint has_gaps_from(self, StreamId id) noexcept nogil
    cdef int64_t counter_at(self, StreamId id) noexcept nogil

cdef bint advance(Way* way, StreamEntry* entry) noexcept nogil
cdef int reply_entry(Reply reply, Walk* walk, StreamEntry* entry) except -1
cdef size_t open_array(Reply reply, int64_t expected) except? 0xFFFFFFFF
cdef int close_array(Reply reply, size_t mark, int64_t expected, int64_t n) except -1
