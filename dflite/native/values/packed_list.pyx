# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Large lists: linked nodes of packed elements, at both ends of which is room to grow.

    head <-> node <-> node <-> tail

Where nodes begin and end is Redis' quicklist's business too, since OBJECT ENCODING tells: an insertion in a
full node splits it and merges the pieces with their neighbours, an element larger than a node is alone in its
own. A list of one node that shrinks to half of one goes back into the keyspace's entry.

Quicklists: https://redis.io/docs/latest/commands/object-encoding/
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t
from libc.string cimport memcpy, memmove

cimport cython

from dflite.native.keyspace.value cimport Value, charge
from dflite.native.values.list_nodes cimport (
    EMPTY_LISTPACK,
    check_chain,
    copy_nodes,
    cut,
    data_of,
    drop_all,
    drop_node,
    end_in,
    erase_same_in,
    first_in,
    has_room,
    link_after,
    make_room,
    merge_around,
    new_node,
    put_alone,
    seal_node,
    settle,
    split_node,
    used_in,
    write_in,
)
from dflite.native.values.packed cimport after, after_many, before, element_at, encode, write_element
from dflite.native.values.thresholds cimport (
    list_max_listpack_size,
    list_node_bytes,
    list_node_entries,
)

cdef size_t LONGEST = 0xFFFFFF00        # bytes of an element


cdef inline int encode_item(Encoded* e, const char* data, size_t length) except -1:
    if length > LONGEST:
        raise OverflowError("an element of 4 GiB")
    encode(e, data, length)
    return 0


@cython.final
cdef class PackedList(Value):
    """A list with more elements than fit inline, in nodes of packed elements."""

    def __cinit__(self):
        self.chain.node_bytes = list_node_bytes()
        self.chain.node_entries = list_node_entries()
        charge(OBJECT_BYTES)

    def __dealloc__(self):
        drop_all(&self.chain)
        charge(-<int64_t>OBJECT_BYTES)

    # -- the ends ------------------------------------------------------------------------------------

    cdef int adopt(self, const char* first, size_t n, int64_t count) except -1:
        """Elements that were packed elsewhere as the first node of this list."""
        cdef Node* node = new_node(&self.chain, n)
        memcpy(data_of(node), first, n)
        node.end = <uint32_t>n
        node.count = <uint16_t>count
        link_after(&self.chain, NULL, node)
        self.chain.size += count
        return 0

    cdef int push(self, const char* data, size_t length, bint left) except -1:
        """One more element at an end."""
        cdef Node* node = self.chain.head if left else self.chain.tail
        cdef Encoded e
        encode_item(&e, data, length)
        if not has_room(&self.chain, node, length):
            return self.push_node(&e, left, length > self.chain.node_bytes)
        node = make_room(&self.chain, node, e.total, left)
        if left:
            node.start -= <uint32_t>e.total
            write_element(data_of(node) + node.start, &e)
        else:
            write_element(data_of(node) + node.end, &e)
            node.end += <uint32_t>e.total
        node.count += 1
        self.chain.size += 1
        return 0

    cdef int push_node(self, Encoded* e, bint left, bint alone) except -1:
        """One more node at an end for an element, which nothing may join if it is to be alone."""
        cdef Node* node = self.chain.head if left else self.chain.tail
        if node != NULL:
            seal_node(&self.chain, node)
        put_alone(&self.chain, NULL if left else self.chain.tail, e, alone)
        return 0

    cdef const char* peek(self, bint left) noexcept nogil:
        """The element at an end; there is one."""
        return first_in(self.chain.head) if left else before(end_in(self.chain.tail))

    cdef int drop(self, bint left) except -1:
        """Remove the element at an end; there is one."""
        cdef Node* node = self.chain.head if left else self.chain.tail
        if left:
            node.start = <uint32_t>(after(first_in(node)) - data_of(node))
        else:
            node.end = <uint32_t>(before(end_in(node)) - data_of(node))
        node.count -= 1
        self.chain.size -= 1
        return settle(&self.chain, node)

    # -- the middle ----------------------------------------------------------------------------------

    cdef const char* seek(self, size_t index, Node** node, size_t* offset) noexcept nogil:
        """The element of that index, from 0, which is there; with its node and its index in that."""
        cdef Node* n
        cdef size_t passed
        if index < self.chain.size >> 1:
            n = self.chain.head
            passed = 0
            while passed + n.count <= index:
                passed += n.count
                n = n.next
        else:
            n = self.chain.tail
            passed = self.chain.size - n.count
            while passed > index:
                n = n.previous
                passed -= n.count
        node[0] = n
        offset[0] = index - passed
        return element_at(first_in(n), end_in(n), n.count, <int64_t>(index - passed))

    cdef int insert(self, Node* node, const char* p, size_t offset, const char* data,
                    size_t length, bint behind) except -1:
        """An element beside the one at p, which has that offset in its node."""
        cdef Chain* chain = &self.chain
        cdef size_t at = p - first_in(node)
        cdef bint at_tail = behind and offset + 1 == node.count
        cdef bint at_head = not behind and offset == 0
        cdef bint large = length > chain.node_bytes
        cdef Node* rest
        cdef Encoded e
        encode_item(&e, data, length)
        if behind:
            at = after(p) - first_in(node)
            offset += 1
        if not large and has_room(chain, node, length):
            return write_in(chain, node, at, &e)
        if not large and at_tail and has_room(chain, node.next, length):
            return write_in(chain, node.next, 0, &e)
        if not large and at_head and has_room(chain, node.previous, length):
            return write_in(chain, node.previous, used_in(node.previous), &e)
        if at_tail or at_head or node.alone:
            put_alone(chain, node if behind else node.previous, &e, large)
            return 0
        rest = split_node(chain, node, at, offset)
        if large:
            put_alone(chain, node, &e, True)
        elif behind:
            write_in(chain, rest, 0, &e)
            merge_around(chain, node)
        else:
            write_in(chain, node, used_in(node), &e)
            merge_around(chain, rest)
        return 0

    cdef int replace(self, size_t index, const char* data, size_t length) except -1:
        """Another element at that index, which is there."""
        cdef Chain* chain = &self.chain
        cdef Node* node
        cdef Node* made
        cdef size_t offset, at, old
        cdef const char* p = self.seek(index, &node, &offset)
        cdef Encoded e
        cdef bint large = length > chain.node_bytes
        encode_item(&e, data, length)
        at = p - first_in(node)
        old = after(p) - p
        if node.alone and large:
            made = put_alone(chain, node, &e, True)
            drop_node(chain, made.previous)
        elif node.alone:
            self.insert(node, p, offset, data, length, True)
            drop_node(chain, node)
        elif not large:
            if e.total == old:
                write_element(data_of(node) + node.start + at, &e)
                return 0
            node = make_room(chain, node, e.total, False)
            node.count -= 1
            chain.size -= 1
            memmove(data_of(node) + node.start + at, first_in(node) + at + old,
                    used_in(node) - at - old)
            node.end -= <uint32_t>old
            write_in(chain, node, at, &e)
        else:
            if offset + 1 < node.count:
                split_node(chain, node, at + old, offset + 1)
            made = put_alone(chain, node, &e, True)
            if node.count == 1:
                drop_node(chain, node)
            else:
                cut(chain, node, at, old, 1)
                merge_around(chain, made)
        return 0

    # -- removing ------------------------------------------------------------------------------------

    cdef int remove_range(self, size_t start, size_t count) except -1:
        """Remove the elements from index `start` on; that many are there."""
        cdef Node* node
        cdef Node* following
        cdef size_t offset, here
        cdef const char* p
        cdef const char* q
        if count == 0:
            return 0
        p = self.seek(start, &node, &offset)
        while count > 0:
            following = node.next
            here = min(count, node.count - offset)
            count -= here
            if here == node.count:
                drop_node(&self.chain, node)
            else:
                q = after_many(p, here) if offset + here < node.count else end_in(node)
                cut(&self.chain, node, p - first_in(node), q - p, here)
            node = following
            if node != NULL:
                p = first_in(node)
                offset = 0
        return 0

    cdef size_t remove_same(self, Encoded* e, size_t skip, size_t most) except? 0:
        """Remove up to `most` elements like `e` but for the first `skip`; how many were."""
        cdef Node* node = self.chain.head
        cdef Node* following
        cdef size_t removed = 0
        while node != NULL and removed < most:
            following = node.next
            removed += erase_same_in(&self.chain, node, e, &skip, most - removed)
            node = following
        return removed

    cdef bint fits_small(self) noexcept nogil:
        """Has it shrunk so much that it is to lie in the keyspace's entry again?"""
        if self.chain.nodes != 1 or self.chain.head.alone:
            return False
        if list_max_listpack_size < 0:
            return EMPTY_LISTPACK + used_in(self.chain.head) <= list_node_bytes() >> 1
        return <int64_t>self.chain.size <= list_node_entries() >> 1

    # -- as a value ----------------------------------------------------------------------------------

    @property
    def encoding(self) -> bytes:
        return b"quicklist"

    @property
    def size(self) -> int:
        """Elements."""
        return self.chain.size

    @property
    def nodes(self) -> int:
        return self.chain.nodes

    @property
    def memory(self) -> int:
        return OBJECT_BYTES + self.chain.memory

    def __len__(self):
        return self.chain.size

    def copy(self) -> PackedList:
        """An equal list that shares nothing with this one."""
        cdef PackedList other = PackedList.__new__(PackedList)
        copy_nodes(&self.chain, &other.chain)
        return other

    cdef size_t weight(self) noexcept:
        return self.chain.nodes

    cdef bint dismantle(self, int64_t* budget) noexcept:
        while self.chain.head != NULL and budget[0] > 0:
            drop_node(&self.chain, self.chain.head)
            budget[0] -= 1
        return self.chain.head != NULL

    def check(self) -> None:
        """Assert every invariant of the structure; for tests. O(n)."""
        check_chain(&self.chain)


cdef size_t OBJECT_BYTES = PackedList.__basicsize__ + sizeof(size_t)
