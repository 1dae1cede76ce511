"""Nodes of a large list: packed elements with room around them, in a chain.

    node = header | room | element | element ... | room

How much may go into one node is counted as a listpack's bytes. What is called for every element stands here,
so that it needs no call.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from dflite.native.values.packed cimport Encoded

cdef enum:
    EMPTY_LISTPACK = 7          # bytes of a listpack without elements
    ELEMENT_MARGIN = 8          # bytes of an element beside its text, when it is asked for room
    FIRST_ROOM = 512            # bytes of a new end node

cdef struct Node:
    Node* previous
    Node* next
    uint32_t capacity           # bytes behind this header
    uint32_t start              # the elements are the bytes from here
    uint32_t end                # to here
    uint16_t count
    uint8_t alone               # its element is too large to share a node

cdef struct Chain:
    Node* head
    Node* tail
    size_t nodes
    size_t size                 # elements of all nodes
    size_t memory               # bytes of all nodes, charged as a value's
    size_t node_bytes           # that a node may have
    int64_t node_entries        # ... and how many elements

cdef inline char* data_of(Node* node) noexcept nogil:
    return <char*>node + sizeof(Node)

cdef inline const char* first_in(Node* node) noexcept nogil:
    return data_of(node) + node.start

cdef inline const char* end_in(Node* node) noexcept nogil:
    return data_of(node) + node.end

cdef inline uint32_t used_in(Node* node) noexcept nogil:
    return node.end - node.start

cdef Node* new_node(Chain* chain, size_t capacity) except NULL
cdef void link_after(Chain* chain, Node* at, Node* node) noexcept nogil
cdef void drop_node(Chain* chain, Node* node) noexcept nogil
cdef void drop_all(Chain* chain) noexcept nogil
cdef int copy_nodes(Chain* chain, Chain* twin) except -1
cdef int check_chain(Chain* chain) except -1

cdef Node* resize_node(Chain* chain, Node* node, size_t capacity, bint at_front) except NULL
cdef Node* widen_node(Chain* chain, Node* node, size_t n, bint at_front) except NULL
cdef int seal_node(Chain* chain, Node* node) except -1
cdef Node* put_alone(Chain* chain, Node* at, Encoded* e, bint large) except NULL
cdef int write_in(Chain* chain, Node* node, size_t at, Encoded* e) except -1
cdef int cut(Chain* chain, Node* node, size_t at, size_t n, size_t count) except -1
cdef size_t erase_same_in(Chain* chain, Node* node, Encoded* e, size_t* skip, size_t most) except? 0
cdef Node* split_node(Chain* chain, Node* node, size_t at, size_t offset) except NULL
cdef int merge_around(Chain* chain, Node* node) except -1

cdef inline bint has_room(Chain* chain, Node* node, size_t length) noexcept nogil:
    """May another element of so many bytes go into the node?"""
    return (node != NULL and not node.alone and length <= chain.node_bytes
            and EMPTY_LISTPACK + used_in(node) + length + ELEMENT_MARGIN <= chain.node_bytes
            and node.count + 1 <= chain.node_entries)

cdef inline Node* make_room(Chain* chain, Node* node, size_t n, bint at_front) except NULL:
    """Room for n more bytes in front or behind; the node may have moved."""
    if (node.start if at_front else node.capacity - node.end) >= n:
        return node
    return widen_node(chain, node, n, at_front)

cdef inline int settle(Chain* chain, Node* node) except -1:
    """Something was removed from a node: drop it if nothing is left, shrink it if little is."""
    if node.count == 0:
        drop_node(chain, node)
    elif node.capacity > FIRST_ROOM and used_in(node) < node.capacity >> 2:
        resize_node(chain, node, <size_t>used_in(node) * 2, node == chain.head and node != chain.tail)
    return 0
