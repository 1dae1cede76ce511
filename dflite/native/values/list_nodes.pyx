# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Nodes of a large list: room in them, links between them, elements at a place in bytes.

* An end node grows by steps towards its end of the list, so pushing and popping move next to nothing;
  one that is no end any more is cut to its size.
* An element larger than a node may be is alone in its own.
* A node that is split leaves two; what fits together around a change is merged.
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport allocated
from dflite.native.keyspace.value cimport charge
from dflite.native.values.packed cimport after, before, erase_same, write_element

cdef enum:
    SPARE = 64                  # bytes that a node in the middle may leave unused

cdef size_t MOST_CAPACITY = 0xFFFFFFFF


# -- the chain ---------------------------------------------------------------------------------------


cdef Node* new_node(Chain* chain, size_t capacity) except NULL:
    """A node without elements, which is not linked yet."""
    cdef Node* node
    if capacity > MOST_CAPACITY:
        raise OverflowError("an element of 4 GiB")
    node = <Node*>malloc(sizeof(Node) + capacity)
    if node == NULL:
        raise MemoryError
    node.previous = node.next = NULL
    node.capacity = <uint32_t>capacity
    node.start = node.end = 0
    node.count = 0
    node.alone = False
    chain.memory += allocated(node)
    charge(allocated(node))
    return node


cdef inline void join(Chain* chain, Node* a, Node* b) noexcept nogil:
    """Let b follow a; NULL is beyond an end."""
    if a == NULL:
        chain.head = b
    else:
        a.next = b
    if b == NULL:
        chain.tail = a
    else:
        b.previous = a


cdef void link_after(Chain* chain, Node* at, Node* node) noexcept nogil:
    """Put a node behind `at`, at the head if that is NULL."""
    cdef Node* following = chain.head if at == NULL else at.next
    join(chain, at, node)
    join(chain, node, following)
    chain.nodes += 1


cdef void drop_node(Chain* chain, Node* node) noexcept nogil:
    """Take a node out with whatever is in it."""
    cdef int64_t freed = <int64_t>allocated(node)
    join(chain, node.previous, node.next)
    chain.nodes -= 1
    chain.size -= node.count
    chain.memory -= freed
    charge(-freed)
    free(node)


cdef void drop_all(Chain* chain) noexcept nogil:
    while chain.head != NULL:
        drop_node(chain, chain.head)


cdef int copy_nodes(Chain* chain, Chain* twin) except -1:
    """Equal nodes without unused room for a chain that is empty."""
    cdef Node* node = chain.head
    cdef Node* copied
    twin.node_bytes = chain.node_bytes
    twin.node_entries = chain.node_entries
    while node != NULL:
        copied = new_node(twin, used_in(node))
        memcpy(data_of(copied), first_in(node), used_in(node))
        copied.end = used_in(node)
        copied.count = node.count
        copied.alone = node.alone
        link_after(twin, twin.tail, copied)
        twin.size += node.count
        node = node.next
    return 0


# -- room in a node ----------------------------------------------------------------------------------


cdef Node* resize_node(Chain* chain, Node* node, size_t capacity, bint at_front) except NULL:
    """The same node with room for `capacity` bytes, the free ones in front or behind."""
    cdef size_t used = used_in(node), before = allocated(node), start
    cdef Node* moved
    if capacity > MOST_CAPACITY:
        raise OverflowError("a node of 4 GiB")
    if capacity != node.capacity:
        if node.start > 0 and node.start + used > capacity:
            memmove(data_of(node), first_in(node), used)
            node.start = 0
            node.end = <uint32_t>used
        moved = <Node*>realloc(node, sizeof(Node) + capacity)
        if moved == NULL:
            raise MemoryError
        if moved != node:
            node = moved
            join(chain, node.previous, node)
            join(chain, node, node.next)
        node.capacity = <uint32_t>capacity
        chain.memory += allocated(node)
        chain.memory -= before
        charge(<int64_t>allocated(node) - <int64_t>before)
    start = capacity - used if at_front else 0
    if start != node.start:
        memmove(data_of(node) + start, first_in(node), used)
        node.start = <uint32_t>start
        node.end = <uint32_t>(start + used)
    return node


cdef Node* widen_node(Chain* chain, Node* node, size_t n, bint at_front) except NULL:
    """As `make_room`, where there is none at that end."""
    cdef size_t used = used_in(node), most, wanted, unused = node.capacity - used
    if unused >= n and unused >= node.capacity >> 2:
        return resize_node(chain, node, node.capacity, at_front)
    # where the other end is used up, more than short elements can fill makes no sense
    most = chain.node_bytes - EMPTY_LISTPACK - ELEMENT_MARGIN + 2
    if unused >= n:
        most += most >> 2
    wanted = min(used + (used >> 1) + 128, most)
    return resize_node(chain, node, max(wanted, used + n), at_front)


cdef int seal_node(Chain* chain, Node* node) except -1:
    """Give back what a node that ends the list no more, at this end, leaves unused."""
    if node.capacity - used_in(node) > SPARE:
        resize_node(chain, node, used_in(node), False)
    return 0


# -- elements at a place in bytes --------------------------------------------------------------------


cdef Node* put_alone(Chain* chain, Node* at, Encoded* e, bint large) except NULL:
    """A new node behind `at` with this element, which nothing may join if it is large."""
    cdef size_t capacity = e.total
    cdef Node* node
    if not large:
        capacity = max(capacity, min(<size_t>FIRST_ROOM, chain.node_bytes - EMPTY_LISTPACK))
    node = new_node(chain, capacity)
    if at == NULL:      # it grows towards the front
        node.start = <uint32_t>(capacity - e.total)
    node.end = <uint32_t>(node.start + e.total)
    write_element(data_of(node) + node.start, e)
    node.count = 1
    node.alone = large
    link_after(chain, at, node)
    chain.size += 1
    return node


cdef int write_in(Chain* chain, Node* node, size_t at, Encoded* e) except -1:
    """Write an element before byte `at` of a node's elements; there may be no room yet."""
    cdef size_t used = used_in(node)
    cdef bint at_front = at < used - at
    if at_front and node.start < e.total:
        at_front = node.capacity - node.end < e.total
    elif not at_front and node.capacity - node.end < e.total:
        at_front = node.start >= e.total
    node = make_room(chain, node, e.total, at_front)
    if at_front:
        memmove(data_of(node) + node.start - e.total, first_in(node), at)
        node.start -= <uint32_t>e.total
    else:
        memmove(data_of(node) + node.start + at + e.total, first_in(node) + at, used - at)
        node.end += <uint32_t>e.total
    write_element(data_of(node) + node.start + at, e)
    node.count += 1
    chain.size += 1
    return 0


cdef int cut(Chain* chain, Node* node, size_t at, size_t n, size_t count) except -1:
    """Remove `count` elements of a node, the n bytes from byte `at` on; the node too if empty."""
    cdef size_t used = used_in(node)
    if at == 0:
        node.start += <uint32_t>n
    else:
        memmove(data_of(node) + node.start + at, first_in(node) + at + n, used - at - n)
        node.end -= <uint32_t>n
    node.count -= <uint16_t>count
    chain.size -= count
    return settle(chain, node)


cdef size_t erase_same_in(Chain* chain, Node* node, Encoded* e, size_t* skip, size_t most) except? 0:
    """Remove elements of a node as `erase_same`; the node too if empty."""
    cdef char* end = data_of(node) + node.end
    cdef size_t erased = erase_same(data_of(node) + node.start, &end, e, skip, most)
    if erased > 0:
        node.end = <uint32_t>(end - data_of(node))
        node.count -= <uint16_t>erased
        chain.size -= erased
        settle(chain, node)
    return erased


# -- splitting and merging ---------------------------------------------------------------------------


cdef Node* split_node(Chain* chain, Node* node, size_t at, size_t offset) except NULL:
    """Move the elements from byte `at` on, of which `offset` are before, into a new node behind."""
    cdef size_t n = used_in(node) - at
    cdef Node* rest = new_node(chain, n)
    memcpy(data_of(rest), first_in(node) + at, n)
    rest.end = <uint32_t>n
    rest.count = <uint16_t>(node.count - offset)
    node.end -= <uint32_t>n
    node.count = <uint16_t>offset
    link_after(chain, node, rest)
    return rest


cdef bint may_merge(Chain* chain, Node* a, Node* b) noexcept nogil:
    """Do the elements of both nodes fit into one?"""
    return (a != NULL and b != NULL and not a.alone and not b.alone
            and EMPTY_LISTPACK + <size_t>used_in(a) + used_in(b) <= chain.node_bytes
            and <int64_t>a.count + b.count <= chain.node_entries)


cdef Node* merge(Chain* chain, Node* a, Node* b) except NULL:
    """One node with the elements of both, of which b follows a."""
    cdef size_t n = used_in(b), count = b.count
    a = make_room(chain, a, n, False)
    memcpy(data_of(a) + a.end, first_in(b), n)
    a.end += <uint32_t>n
    a.count += <uint16_t>count
    drop_node(chain, b)
    chain.size += count
    return a


cdef int merge_around(Chain* chain, Node* node) except -1:
    """Merge what fits together: the two nodes before, the two behind, then the one with each."""
    if node.previous != NULL and may_merge(chain, node.previous.previous, node.previous):
        merge(chain, node.previous.previous, node.previous)
    if node.next != NULL and may_merge(chain, node.next, node.next.next):
        merge(chain, node.next, node.next.next)
    if may_merge(chain, node.previous, node):
        node = merge(chain, node.previous, node)
    if may_merge(chain, node, node.next):
        merge(chain, node, node.next)
    return 0


# -- for tests ---------------------------------------------------------------------------------------


cdef int check_chain(Chain* chain) except -1:
    """Assert every invariant of the nodes and their links. O(n)."""
    cdef size_t nodes = 0, size = 0, memory = 0, count
    cdef Node* node = chain.head
    cdef Node* previous = NULL
    cdef const char* p
    cdef const char* q
    while node != NULL:
        assert node.previous == previous, "a link that does not lead back"
        assert node.start <= node.end <= node.capacity, "elements beyond their node"
        assert node.count > 0, "an empty node"
        assert not node.alone or node.count == 1, "a large element in company"
        count = 0
        p = first_in(node)
        while p < end_in(node):
            q = after(p)
            assert before(q) == p, "an element that cannot be read backwards"
            p = q
            count += 1
        assert p == end_in(node), "an element beyond its node"
        assert count == node.count, "a node that miscounts"
        nodes += 1
        size += count
        memory += allocated(node)
        previous = node
        node = node.next
    assert previous == chain.tail, "the wrong tail"
    assert nodes == chain.nodes and size == chain.size, "a list that miscounts"
    assert memory == chain.memory, "memory off"
    return 0
