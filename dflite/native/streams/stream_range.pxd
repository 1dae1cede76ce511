"""Walking through the entries of a stream from one ID to another, and answering them."""

from libc.stdint cimport int64_t

from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_index cimport IdIndex, Place
from dflite.native.streams.stream_node cimport StreamEntry, Walk
from dflite.native.wire.reply cimport Reply

cdef struct RangeWalk:
    # A way from start to end, or back; while it is `open` it goes through the node at `place`.
    IdIndex* nodes
    Place place
    Walk within                 # the node
    StreamId start
    StreamId end
    bint open
    bint reverse

cdef void start_range(RangeWalk* walk, IdIndex* nodes, StreamId start, StreamId end, bint reverse) noexcept nogil
cdef bint advance(RangeWalk* walk, StreamEntry* entry) noexcept nogil
cdef bint find_entry(IdIndex* nodes, StreamId id, RangeWalk* walk, StreamEntry* entry) noexcept nogil
cdef bint edge(IdIndex* nodes, bint reverse, StreamId* id) noexcept nogil
cdef int64_t reply_entries(Reply reply, RangeWalk* walk, int64_t expected, int64_t limit) except -1
cdef int reply_entry(Reply reply, RangeWalk* walk, StreamEntry* entry) except -1
cdef list entries_in(RangeWalk* walk, int64_t limit)
cdef size_t open_array(Reply reply, int64_t expected) except? 0xFFFFFFFF
cdef int close_array(Reply reply, size_t mark, int64_t expected, int64_t n) except -1
