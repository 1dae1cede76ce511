"""A node of a stream: some entries in one blob, which is a listpack as Redis' streams have them.

    uint32 bytes | uint16 elements | live | deleted | n | field 1 .. field n | 0 | entries | 0xFF
    entry = flags | ms | seq | (m | field | value ... field | value) or (value 1 .. value n) | elements

The IDs of entries are differences to the node's own, which is that of its first entry. An entry with the
fields of the node has only its values (SAME_FIELDS). A deleted entry keeps its place and is marked.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from dflite.native.streams.stream_id cimport StreamId
from dflite.native.wire.reply cimport Reply

cdef enum:
    DELETED = 1
    SAME_FIELDS = 2
    HEAD_BYTES = 6
    END = 0xFF

cdef struct Text:
    const char* data
    size_t length

cdef struct Node:
    # What the index of a stream has for each node.
    StreamId id
    char* blob

cdef struct StreamEntry:
    # An entry that a walk has come to.
    StreamId id
    const char* flags_at
    int flags
    int64_t fields
    const char* first           # its first field, or value if it has the node's fields

cdef struct Walk:
    # A way through the entries of one node; `at` is where the next one is read from.
    StreamId id
    const char* blob
    const char* fields_at
    int64_t fields
    const char* entries
    const char* end
    const char* at

cdef inline uint32_t blob_bytes(const char* blob) noexcept nogil:
    return (<uint32_t*>blob)[0]

cdef int64_t live_entries(const char* blob) noexcept nogil
cdef int64_t all_entries(const char* blob) noexcept nogil
cdef bint fits(const char* blob, size_t length) noexcept nogil
cdef char* new_node(Text* texts, size_t count) except NULL
cdef char* append_entry(char* blob, StreamId node, StreamId id, Text* texts, size_t count) except NULL
cdef char* shrink_node(char* blob) noexcept nogil
cdef char* copy_node(const char* blob) except NULL
cdef void free_node(char* blob) noexcept nogil
cdef void start_walk(Walk* walk, Node* node) noexcept nogil
cdef bint next_entry(Walk* walk, StreamEntry* entry) noexcept nogil
cdef bint previous_entry(Walk* walk, StreamEntry* entry) noexcept nogil
cdef StreamId last_id_of(Node* node) noexcept nogil
cdef char* mark_deleted(char* blob, int64_t how_many) except NULL
cdef char* cut_behind(Node* node, StreamId last) except NULL
cdef int reply_fields(Reply reply, Walk* walk, StreamEntry* entry) except -1
cdef list entry_fields(Walk* walk, StreamEntry* entry)
cdef const char* checked(const char* p, const char* end) noexcept nogil
cdef bint is_node(const char* blob, size_t length) noexcept nogil
