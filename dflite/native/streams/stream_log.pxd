"""The log of a stream: entries in order of their IDs, packed into nodes under an index.

    IdIndex -> Node = first ID | blob (stream_node.pxd)

What is known of a stream besides, its last ID and what has become of its entries, is stream.pyx's.
"""

from libc.stdint cimport int64_t

from dflite.native.streams.stream_id cimport StreamId
from dflite.native.streams.stream_index cimport IdIndex
from dflite.native.streams.stream_node cimport Text

cdef struct Log:
    IdIndex nodes               # Node
    int64_t length              # entries that are not deleted
    int64_t bytes               # of blobs and index

cdef void start_log(Log* log) noexcept nogil
cdef int add_entry(Log* log, StreamId id, Text* texts, size_t count) except -1
cdef bint delete_entry(Log* log, StreamId id) except -1
cdef int64_t trim(Log* log, int64_t most, StreamId least, bint by_id, bint whole_nodes, int64_t limit) except -1
cdef int forget_behind(Log* log, StreamId last) except -1
cdef bint load_node(Log* log, StreamId id, const char* blob, size_t length) except -1
cdef int copy_log(Log* source, Log* target) except -1
cdef bint free_nodes(Log* log, int64_t* budget) noexcept nogil
cdef int check_log(Log* log, StreamId* last) except -1
