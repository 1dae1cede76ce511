"""A large list: linked nodes of packed elements. packed_list.pyx describes it."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

cimport cython

from dflite.native.keyspace.value cimport Value
from dflite.native.values.packed cimport Encoded

cdef struct Node:
    Node* previous
    Node* next
    uint32_t capacity           # bytes behind this header
    uint32_t start              # the elements are the bytes from here
    uint32_t end                # to here
    uint16_t count
    uint8_t alone               # its element is too large to share a node

cdef inline char* data_of(Node* node) noexcept nogil:
    return <char*>node + sizeof(Node)

cdef inline const char* first_in(Node* node) noexcept nogil:
    return data_of(node) + node.start

cdef inline const char* end_in(Node* node) noexcept nogil:
    return data_of(node) + node.end

cdef inline uint32_t used_in(Node* node) noexcept nogil:
    return node.end - node.start

@cython.final
cdef class PackedList(Value):
    cdef Node* head
    cdef Node* tail
    cdef readonly size_t size           # elements
    cdef readonly size_t nodes
    cdef readonly size_t memory
    cdef size_t node_bytes              # that a node may have, counted as a listpack's
    cdef int64_t node_entries

    cdef Node* new_node(self, size_t capacity) except NULL
    cdef void link_after(self, Node* at, Node* node) noexcept nogil
    cdef void drop_node(self, Node* node) noexcept nogil
    cdef Node* resize(self, Node* node, size_t capacity, bint at_front) except NULL
    cdef Node* make_room(self, Node* node, size_t n, bint at_front) except NULL
    cdef int seal(self, Node* node) except -1
    cdef int settle(self, Node* node) except -1
    cdef bint has_room(self, Node* node, size_t length) noexcept nogil
    cdef bint may_merge(self, Node* a, Node* b) noexcept nogil
    cdef int adopt(self, const char* first, size_t n, int64_t count) except -1
    cdef int push(self, const char* data, size_t length, bint left) except -1
    cdef Node* put_alone(self, Node* at, Encoded* e, bint large) except NULL
    cdef int write_in(self, Node* node, size_t at, Encoded* e) except -1
    cdef const char* peek(self, bint left) noexcept nogil
    cdef int drop(self, bint left) except -1
    cdef const char* seek(self, size_t index, Node** node, size_t* offset) noexcept nogil
    cdef Node* split(self, Node* node, size_t at, size_t offset) except NULL
    cdef Node* merge(self, Node* a, Node* b) except NULL
    cdef Node* merge_around(self, Node* node) except NULL
    cdef int insert(self, Node* node, const char* p, size_t offset, const char* data,
                    size_t length, bint behind) except -1
    cdef int replace(self, size_t index, const char* data, size_t length) except -1
    cdef int cut(self, Node* node, size_t at, size_t n, size_t count) except -1
    cdef int remove_range(self, size_t start, size_t count) except -1
    cdef size_t remove_same(self, Encoded* e, size_t skip, size_t most) except? 0
    cdef bint fits_small(self) noexcept nogil
