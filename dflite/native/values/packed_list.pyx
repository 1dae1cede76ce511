# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Large lists: linked nodes of packed elements, at both ends of which is room to grow.

    head <-> node <-> node <-> tail          node = header | room | element | element ... | room

* An end node grows by steps towards its end of the list, so pushing and popping move next to nothing;
  one that is no end any more is cut to its size.
* Where nodes begin and end is Redis' quicklist's business too, since OBJECT ENCODING tells: what fits
  into a node is counted as a listpack's bytes, an insertion in a full node splits it and merges the
  pieces with their neighbours, an element larger than a node is alone in its own. A list of one node
  that shrinks to half of one goes back into the keyspace's entry.

Quicklists: https://redis.io/docs/latest/commands/object-encoding/
"""

from libc.stdint cimport int64_t, uint16_t, uint32_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove

cimport cython

from dflite.native.keyspace.entry cimport allocated
from dflite.native.keyspace.value cimport Value, charge
from dflite.native.values.packed cimport (
    Encoded,
    after,
    before,
    element_at,
    encode,
    is_same,
    write_element,
)
from dflite.native.values.thresholds cimport (
    list_max_listpack_size,
    list_node_bytes,
    list_node_entries,
)

cdef enum:
    LISTPACK = 7                # bytes of a listpack without elements
    ELEMENT = 8                 # bytes of an element beside its text, when it is asked for room
    FIRST_ROOM = 512            # bytes of a new end node
    SPARE = 64                  # bytes that a node in the middle may leave unused

cdef size_t LONGEST = 0xFFFFFF00        # bytes of an element


@cython.final
cdef class PackedList(Value):
    """A list with more elements than fit inline, in nodes of packed elements."""

    def __cinit__(self):
        self.node_bytes = list_node_bytes()
        self.node_entries = list_node_entries()
        self.memory = OBJECT_BYTES
        charge(self.memory)

    def __dealloc__(self):
        while self.head != NULL:
            self.drop_node(self.head)
        charge(-<int64_t>self.memory)

    def __len__(self):
        return self.size

    @property
    def encoding(self) -> bytes:
        return b"quicklist"

    # -- nodes ---------------------------------------------------------------------------------------

    cdef Node* new_node(self, size_t capacity) except NULL:
        """A node without elements, in no list yet."""
        cdef Node* node
        if capacity > 0xFFFFFFFF:
            raise OverflowError("an element of 4 GiB")
        node = <Node*>malloc(sizeof(Node) + capacity)
        if node == NULL:
            raise MemoryError
        node.previous = node.next = NULL
        node.capacity = <uint32_t>capacity
        node.start = node.end = 0
        node.count = 0
        node.alone = False
        self.memory += allocated(node)
        charge(allocated(node))
        return node

    cdef void link_after(self, Node* at, Node* node) noexcept nogil:
        """Put a node behind `at`, at the head if that is NULL."""
        node.previous = at
        if at == NULL:
            node.next = self.head
            self.head = node
        else:
            node.next = at.next
            at.next = node
        if node.next == NULL:
            self.tail = node
        else:
            node.next.previous = node
        self.nodes += 1

    cdef void drop_node(self, Node* node) noexcept nogil:
        """Take a node out with whatever is in it."""
        cdef int64_t freed = <int64_t>allocated(node)
        if node.previous == NULL:
            self.head = node.next
        else:
            node.previous.next = node.next
        if node.next == NULL:
            self.tail = node.previous
        else:
            node.next.previous = node.previous
        self.nodes -= 1
        self.size -= node.count
        self.memory -= freed
        charge(-freed)
        free(node)

    cdef Node* resize(self, Node* node, size_t capacity, bint at_front) except NULL:
        """The same node with room for `capacity` bytes, the free ones in front or behind."""
        cdef size_t used = used_in(node), before = allocated(node), start
        cdef Node* moved
        if capacity > 0xFFFFFFFF:
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
                if node.previous == NULL:
                    self.head = node
                else:
                    node.previous.next = node
                if node.next == NULL:
                    self.tail = node
                else:
                    node.next.previous = node
            node.capacity = <uint32_t>capacity
            self.memory += allocated(node)
            self.memory -= before
            charge(<int64_t>allocated(node) - <int64_t>before)
        start = capacity - used if at_front else 0
        if start != node.start:
            memmove(data_of(node) + start, first_in(node), used)
            node.start = <uint32_t>start
            node.end = <uint32_t>(start + used)
        return node

    cdef Node* make_room(self, Node* node, size_t n, bint at_front) except NULL:
        """Room for n more bytes in front or behind; the node may have moved."""
        cdef size_t used = used_in(node), most, wanted, unused = node.capacity - used
        if (node.start if at_front else node.capacity - node.end) >= n:
            return node
        if unused >= n and unused >= node.capacity >> 2:
            return self.resize(node, node.capacity, at_front)
        # where the other end is used up, more than short elements can fill makes no sense
        most = self.node_bytes - LISTPACK - ELEMENT + 2
        if unused >= n:
            most += most >> 2
        wanted = min(used + (used >> 1) + 128, most)
        return self.resize(node, max(wanted, used + n), at_front)

    cdef int seal(self, Node* node) except -1:
        """Give back what a node that ends the list no more, at this end, leaves unused."""
        if node.capacity - used_in(node) > SPARE:
            self.resize(node, used_in(node), False)
        return 0

    cdef int settle(self, Node* node) except -1:
        """Something was removed from a node: drop it if nothing is left, shrink it if little is."""
        if node.count == 0:
            self.drop_node(node)
        elif node.capacity > FIRST_ROOM and used_in(node) < node.capacity >> 2:
            self.resize(node, <size_t>used_in(node) * 2, node == self.head and node != self.tail)
        return 0

    cdef bint has_room(self, Node* node, size_t length) noexcept nogil:
        """May another element of so many bytes go into the node?"""
        return (node != NULL and not node.alone and length <= self.node_bytes
                and LISTPACK + used_in(node) + length + ELEMENT <= self.node_bytes
                and node.count + 1 <= self.node_entries)

    cdef bint may_merge(self, Node* a, Node* b) noexcept nogil:
        """Do the elements of both nodes fit into one?"""
        return (a != NULL and b != NULL and not a.alone and not b.alone
                and LISTPACK + <size_t>used_in(a) + used_in(b) <= self.node_bytes
                and <int64_t>a.count + b.count <= self.node_entries)

    cdef int adopt(self, const char* first, size_t n, int64_t count) except -1:
        """Elements that were packed elsewhere as the first node of this list."""
        cdef Node* node = self.new_node(n)
        memcpy(data_of(node), first, n)
        node.end = <uint32_t>n
        node.count = <uint16_t>count
        self.link_after(NULL, node)
        self.size += count
        return 0

    # -- the ends ------------------------------------------------------------------------------------

    cdef int push(self, const char* data, size_t length, bint left) except -1:
        """One more element at an end."""
        cdef Node* node = self.head if left else self.tail
        cdef Encoded e
        if length > LONGEST:
            raise OverflowError("an element of 4 GiB")
        encode(&e, data, length)
        if not self.has_room(node, length):
            if node != NULL:
                self.seal(node)
            node = self.put_alone(NULL if left else self.tail, &e, length > self.node_bytes)
            return 0
        node = self.make_room(node, e.total, left)
        if left:
            node.start -= <uint32_t>e.total
            write_element(data_of(node) + node.start, &e)
        else:
            write_element(data_of(node) + node.end, &e)
            node.end += <uint32_t>e.total
        node.count += 1
        self.size += 1
        return 0

    cdef Node* put_alone(self, Node* at, Encoded* e, bint large) except NULL:
        """A new node behind `at` with this element, which nothing may join if it is large."""
        cdef size_t capacity = e.total
        cdef Node* node
        if not large:
            capacity = max(capacity, min(<size_t>FIRST_ROOM, self.node_bytes - LISTPACK))
        node = self.new_node(capacity)
        if at == NULL:      # it grows towards the front
            node.start = <uint32_t>(capacity - e.total)
        node.end = <uint32_t>(node.start + e.total)
        write_element(data_of(node) + node.start, e)
        node.count = 1
        node.alone = large
        self.link_after(at, node)
        self.size += 1
        return node

    cdef const char* peek(self, bint left) noexcept nogil:
        """The element at an end; there is one."""
        return first_in(self.head) if left else before(end_in(self.tail))

    cdef int drop(self, bint left) except -1:
        """Remove the element at an end; there is one."""
        cdef Node* node = self.head if left else self.tail
        if left:
            node.start = <uint32_t>(after(first_in(node)) - data_of(node))
        else:
            node.end = <uint32_t>(before(end_in(node)) - data_of(node))
        node.count -= 1
        self.size -= 1
        return self.settle(node)

    # -- the middle ----------------------------------------------------------------------------------

    cdef const char* seek(self, size_t index, Node** node, size_t* offset) noexcept nogil:
        """The element of that index, from 0, which is there; with its node and its index in that."""
        cdef Node* n
        cdef size_t passed
        if index < self.size >> 1:
            n = self.head
            passed = 0
            while passed + n.count <= index:
                passed += n.count
                n = n.next
        else:
            n = self.tail
            passed = self.size - n.count
            while passed > index:
                n = n.previous
                passed -= n.count
        node[0] = n
        offset[0] = index - passed
        return element_at(first_in(n), end_in(n), n.count, <int64_t>(index - passed))

    cdef int write_in(self, Node* node, size_t at, Encoded* e) except -1:
        """Write an element before byte `at` of a node's elements; there may be no room yet."""
        cdef size_t used = used_in(node)
        cdef bint at_front = at < used - at
        if at_front and node.start < e.total:
            at_front = node.capacity - node.end < e.total
        elif not at_front and node.capacity - node.end < e.total:
            at_front = node.start >= e.total
        node = self.make_room(node, e.total, at_front)
        if at_front:
            memmove(data_of(node) + node.start - e.total, first_in(node), at)
            node.start -= <uint32_t>e.total
        else:
            memmove(data_of(node) + node.start + at + e.total, first_in(node) + at, used - at)
            node.end += <uint32_t>e.total
        write_element(data_of(node) + node.start + at, e)
        node.count += 1
        self.size += 1
        return 0

    cdef Node* split(self, Node* node, size_t at, size_t offset) except NULL:
        """Move the elements from byte `at` on, of which `offset` are before, into a new node behind."""
        cdef size_t n = used_in(node) - at
        cdef Node* rest = self.new_node(n)
        memcpy(data_of(rest), first_in(node) + at, n)
        rest.end = <uint32_t>n
        rest.count = <uint16_t>(node.count - offset)
        node.end -= <uint32_t>n
        node.count = <uint16_t>offset
        self.link_after(node, rest)
        return rest

    cdef Node* merge(self, Node* a, Node* b) except NULL:
        """One node with the elements of both, of which b follows a."""
        cdef size_t n = used_in(b), count = b.count
        a = self.make_room(a, n, False)
        memcpy(data_of(a) + a.end, first_in(b), n)
        a.end += <uint32_t>n
        a.count += <uint16_t>count
        self.drop_node(b)
        self.size += count
        return a

    cdef Node* merge_around(self, Node* node) except NULL:
        """Merge what fits together: the two nodes before, the two behind, then the one with each."""
        if node.previous != NULL and self.may_merge(node.previous.previous, node.previous):
            self.merge(node.previous.previous, node.previous)
        if node.next != NULL and self.may_merge(node.next, node.next.next):
            self.merge(node.next, node.next.next)
        if self.may_merge(node.previous, node):
            node = self.merge(node.previous, node)
        if self.may_merge(node, node.next):
            node = self.merge(node, node.next)
        return node

    cdef int insert(self, Node* node, const char* p, size_t offset, const char* data,
                    size_t length, bint behind) except -1:
        """An element beside the one at p, which has that offset in its node."""
        cdef size_t at = p - first_in(node)
        cdef bint at_tail = behind and offset + 1 == node.count
        cdef bint at_head = not behind and offset == 0
        cdef bint large = length > self.node_bytes
        cdef Node* rest
        cdef Encoded e
        if length > LONGEST:
            raise OverflowError("an element of 4 GiB")
        encode(&e, data, length)
        if behind:
            at = after(p) - first_in(node)
            offset += 1
        if not large and self.has_room(node, length):
            return self.write_in(node, at, &e)
        if not large and at_tail and self.has_room(node.next, length):
            return self.write_in(node.next, 0, &e)
        if not large and at_head and self.has_room(node.previous, length):
            return self.write_in(node.previous, used_in(node.previous), &e)
        if at_tail or at_head or node.alone:
            self.put_alone(node if behind else node.previous, &e, large)
            return 0
        rest = self.split(node, at, offset)
        if large:
            self.put_alone(node, &e, True)
        elif behind:
            self.write_in(rest, 0, &e)
            self.merge_around(node)
        else:
            self.write_in(node, used_in(node), &e)
            self.merge_around(rest)
        return 0

    cdef int replace(self, size_t index, const char* data, size_t length) except -1:
        """Another element at that index, which is there."""
        cdef Node* node
        cdef Node* made
        cdef size_t offset, at, old
        cdef const char* p = self.seek(index, &node, &offset)
        cdef Encoded e
        cdef bint large = length > self.node_bytes
        if length > LONGEST:
            raise OverflowError("an element of 4 GiB")
        encode(&e, data, length)
        at = p - first_in(node)
        old = after(p) - p
        if node.alone and large:
            made = self.put_alone(node, &e, True)
            self.drop_node(made.previous)
        elif node.alone:
            self.insert(node, p, offset, data, length, True)
            self.drop_node(node)
        elif not large:
            if e.total == old:
                write_element(data_of(node) + node.start + at, &e)
                return 0
            node = self.make_room(node, e.total, False)
            node.count -= 1
            self.size -= 1
            memmove(data_of(node) + node.start + at, first_in(node) + at + old,
                    used_in(node) - at - old)
            node.end -= <uint32_t>old
            self.write_in(node, at, &e)
        else:
            if offset + 1 < node.count:
                self.split(node, at + old, offset + 1)
            made = self.put_alone(node, &e, True)
            if node.count == 1:
                self.drop_node(node)
            else:
                self.cut(node, at, old, 1)
                self.merge_around(made)
        return 0

    cdef int cut(self, Node* node, size_t at, size_t n, size_t count) except -1:
        """Remove `count` elements of a node, the n bytes from byte `at` on; the node too if empty."""
        cdef size_t used = used_in(node)
        if at == 0:
            node.start += <uint32_t>n
        else:
            memmove(data_of(node) + node.start + at, first_in(node) + at + n, used - at - n)
            node.end -= <uint32_t>n
        node.count -= <uint16_t>count
        self.size -= count
        return self.settle(node)

    cdef int remove_range(self, size_t start, size_t count) except -1:
        """Remove the elements from index `start` on; that many are there."""
        cdef Node* node
        cdef Node* following
        cdef size_t offset, i, here
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
                self.drop_node(node)
            else:
                q = end_in(node)
                if offset + here < node.count:
                    q = p
                    for i in range(here):
                        q = after(q)
                self.cut(node, p - first_in(node), q - p, here)
            node = following
            if node != NULL:
                p = first_in(node)
                offset = 0
        return 0

    cdef size_t remove_same(self, Encoded* e, size_t skip, size_t most) except? 0:
        """Remove up to `most` elements like `e` but for the first `skip`; how many were."""
        cdef Node* node = self.head
        cdef Node* following
        cdef size_t removed = 0, here, n
        cdef const char* p
        cdef const char* end
        cdef const char* q
        cdef char* to
        while node != NULL and removed < most:
            following = node.next
            p = first_in(node)
            end = end_in(node)
            to = <char*>p
            here = 0
            while p < end:
                q = after(p)
                n = q - p
                if removed + here < most and is_same(p, e):
                    if skip > 0:
                        skip -= 1
                    else:
                        here += 1
                        p = q
                        continue
                if to != p:
                    memmove(to, p, n)
                to += n
                p = q
            if here > 0:
                node.end = <uint32_t>(to - data_of(node))
                node.count -= <uint16_t>here
                self.size -= here
                removed += here
                self.settle(node)
            node = following
        return removed

    cdef bint fits_small(self) noexcept nogil:
        """Has it shrunk so much that it is to lie in the keyspace's entry again?"""
        if self.nodes != 1 or self.head.alone:
            return False
        if list_max_listpack_size < 0:
            return LISTPACK + used_in(self.head) <= list_node_bytes() >> 1
        return <int64_t>self.size <= list_node_entries() >> 1

    # -- as a value ----------------------------------------------------------------------------------

    def copy(self) -> PackedList:
        """An equal list that shares nothing with this one."""
        cdef PackedList other = PackedList.__new__(PackedList)
        cdef Node* node = self.head
        cdef Node* twin
        other.node_bytes = self.node_bytes
        other.node_entries = self.node_entries
        while node != NULL:
            twin = other.new_node(used_in(node))
            memcpy(data_of(twin), first_in(node), used_in(node))
            twin.end = used_in(node)
            twin.count = node.count
            twin.alone = node.alone
            other.link_after(other.tail, twin)
            other.size += node.count
            node = node.next
        return other

    cdef size_t weight(self) noexcept:
        return self.nodes

    cdef bint dismantle(self, int64_t* budget) noexcept:
        while self.head != NULL and budget[0] > 0:
            self.drop_node(self.head)
            budget[0] -= 1
        return self.head != NULL

    def check(self) -> None:
        """Assert every invariant of the structure; for tests. O(n)."""
        cdef size_t nodes = 0, size = 0, memory = OBJECT_BYTES, count
        cdef Node* node = self.head
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
        assert previous == self.tail, "the wrong tail"
        assert nodes == self.nodes and size == self.size, "a list that miscounts"
        assert memory == self.memory, "memory off"


cdef size_t OBJECT_BYTES = PackedList.__basicsize__ + sizeof(size_t)
