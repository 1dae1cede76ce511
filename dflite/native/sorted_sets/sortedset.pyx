# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A large sorted set: an index of its members, and a tree that keeps the same entries in order.

A member is one allocation, which both refer to. The index answers what the score of a member is, the tree
everything that has to do with order. A score that changes without changing the order is written in place.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, qsort
from libc.string cimport memcpy

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport (
    F_WIDE_KEY,
    Entry,
    key_length_of,
    key_of,
    malloc_usable_size,
    optional_size,
    slot_entry,
)
from dflite.native.keyspace.index cimport Index, hash_key, hash_of
from dflite.native.keyspace.segment cimport NEVER
from dflite.native.keyspace.value cimport charge
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry
from dflite.native.sorted_sets.ordered cimport (
    LEAF,
    Leaf,
    Path,
    append,
    bound_at,
    check_tree,
    cut,
    find_bound,
    find_entry,
    find_rank,
    free_nodes,
    insert,
    replace,
)
from dflite.native.sorted_sets.ordered_nodes cimport prepare
from dflite.native.sorted_sets.scored cimport (
    SCORE_BEHIND,
    Bound,
    compare_entries,
    fits_head,
    score_of,
    stands_before,
    write_score,
)

cdef size_t LONGEST = 0xFFFFFFFF     # bytes of a member


cdef int by_order(const void* a, const void* b) noexcept nogil:
    return compare_entries((<Entry**>a)[0], (<Entry**>b)[0])


cdef inline bint is_before(Entry* e, Bound* bound) noexcept nogil:
    return stands_before(score_of(e), key_of(e), key_length_of(e), bound)


@cython.final
cdef class SortedSet(HashedValue):
    """Members with scores, in order. `account` after a change charges what it holds."""

    def __dealloc__(self):
        cdef int64_t budget = NEVER
        free_nodes(&self.tree, &budget)

    # -- changing ----------------------------------------------------------------------------------

    cdef Entry* new_member(self, const char* member, size_t n, uint64_t h, double score) except NULL:
        """Enter a member, which must not be there, in the index only."""
        cdef uint8_t flags = F_WIDE_KEY if n >= 255 else 0
        cdef bint short = fits_head(score)
        cdef Entry* e
        cdef uint32_t wide = <uint32_t>n
        cdef char* p
        if n > LONGEST:
            raise OverflowError("a member of 4 GiB")
        self.room_for(h)
        e = <Entry*>malloc(sizeof(Entry) + optional_size(flags) + n + (0 if short else 8))
        if e == NULL:
            raise MemoryError
        e.kind = 0 if short else SCORE_BEHIND
        e.flags = flags
        e.key_length = 255 if flags else <uint8_t>n
        e.stamp_high = 0
        e.stamp_low = e.value_length = 0
        p = <char*>e + sizeof(Entry)
        if flags:
            memcpy(p, &wide, 4)
            p += 4
        memcpy(p, member, n)
        write_score(e, score)
        self.link(e, h)
        return e

    cdef int add(self, const char* member, size_t n, uint64_t h, double score) except -1:
        """Enter a member, which must not be there."""
        prepare(&self.tree)
        insert(&self.tree, self.new_member(member, n, h, score))
        return 0

    cdef int add_last(self, const char* member, size_t n, uint64_t h, double score) except -1:
        """The same, quickly where it comes behind all others."""
        prepare(&self.tree)
        append(&self.tree, self.new_member(member, n, h, score))
        return 0

    cdef Entry* rewrite(self, uint64_t* slot, uint64_t h, double score) except NULL:
        """The entry with another score; it moves if it has no room for that. The tree is not told."""
        cdef Entry* e = slot_entry(slot[0])
        cdef size_t size
        if self.cut is not None:
            self.before_change(h)
        if not e.kind & SCORE_BEHIND and not fits_head(score):
            size = key_of(e) + key_length_of(e) - <char*>e + 8
            if malloc_usable_size(e) < size:
                e = self.resize_entry(slot, h, size)
            e.kind = SCORE_BEHIND
            e.stamp_high = 0
            e.stamp_low = e.value_length = 0
        write_score(e, score)
        return e

    cdef int set_score(self, uint64_t* slot, uint64_t h, double score) except -1:
        """Give the member at slot another score."""
        cdef Entry* e = slot_entry(slot[0])
        cdef Entry* other = NULL
        cdef Leaf* leaf
        cdef Bound bound
        cdef Path path
        cdef int at
        cdef bint stays = True
        prepare(&self.tree)
        find_entry(&self.tree, e, &path)
        bound_at(&bound, e)
        bound.score = score
        leaf = path.leaf
        at = path.at
        if at > 0:
            other = leaf.entries[at - 1]
        elif leaf.prev != NULL:
            other = leaf.prev.entries[leaf.prev.count - 1]
        if other != NULL and not is_before(other, &bound):
            stays = False
        else:
            other = NULL
            if at + 1 < leaf.count:
                other = leaf.entries[at + 1]
            elif leaf.next != NULL:
                other = leaf.next.entries[0]
            if other != NULL and is_before(other, &bound):
                stays = False
        e = self.rewrite(slot, h, score)
        if stays:
            replace(&self.tree, &path, e)
        else:
            leaf.entries[at] = e        # it may have moved
            cut(&self.tree, &path, 1)
            insert(&self.tree, e)
        return 0

    cdef void drop(self, uint64_t* slot, uint64_t h) noexcept:
        """Remove the member at slot."""
        cdef Path path
        find_entry(&self.tree, slot_entry(slot[0]), &path)
        cut(&self.tree, &path, 1)
        self.remove_slot(slot, h)

    cdef void drop_ranks(self, size_t first, size_t count) noexcept:
        """Remove `count` members from that rank on, which must be there."""
        cdef Path path
        cdef Entry* gone[LEAF]
        cdef Entry* e
        cdef uint64_t h
        cdef int i, n
        while count > 0:
            find_rank(&self.tree, first, &path)
            n = path.leaf.count - path.at
            if <size_t>n > count:
                n = <int>count
            memcpy(gone, &path.leaf.entries[path.at], n * sizeof(void*))
            cut(&self.tree, &path, n)
            for i in range(n):
                e = gone[i]
                h = hash_of(e)
                self.remove_slot(self.find_slot(key_of(e), key_length_of(e), h), h)
            count -= n

    # -- all at once -------------------------------------------------------------------------------

    cdef int collect(self, const char* member, size_t n, uint64_t h, double score) except -1:
        """Enter a member, which must not be there, or be in order before `order` is called."""
        self.new_member(member, n, h, score)
        return 0

    cdef int order(self) except -1:
        """Put in order what was collected. The tree must be empty."""
        cdef Entry** entries
        cdef Walk walk
        cdef size_t i
        if self.count == 0:
            return 0
        entries = <Entry**>malloc(self.count * sizeof(void*))
        if entries == NULL:
            raise MemoryError
        begin_walk(&walk, self)
        for i in range(self.count):
            entries[i] = next_entry(&walk)
        qsort(entries, self.count, sizeof(void*), by_order)
        try:
            for i in range(self.count):
                prepare(&self.tree)
                append(&self.tree, entries[i])
        finally:
            free(entries)
        return 0

    # -- asking ------------------------------------------------------------------------------------

    cdef size_t rank_of(self, Entry* e) noexcept nogil:
        """How many members stand before this one."""
        cdef Bound bound
        bound_at(&bound, e)
        return self.rank_at(&bound)

    cdef size_t rank_at(self, Bound* bound) noexcept nogil:
        """How many members stand before the bound."""
        cdef Path path
        if self.tree.root == NULL:
            return 0
        find_bound(&self.tree, bound, &path)
        return path.rank

    # -- as a value --------------------------------------------------------------------------------

    @property
    def encoding(self) -> bytes:
        return b"skiplist"

    @property
    def memory(self) -> int:
        """Bytes of entries, segments, directory and tree, as the allocator counts them."""
        return self.entry_bytes + self.directory.bytes + self.tree.bytes

    cdef void account(self) noexcept nogil:
        cdef int64_t now = <int64_t>(self.entry_bytes + self.directory.bytes + self.tree.bytes)
        if now != self.charged:
            charge(now - self.charged)
            self.charged = now

    cdef bint dismantle(self, int64_t* budget) noexcept:
        if free_nodes(&self.tree, budget):
            self.account()
            return True
        return HashedValue.dismantle(self, budget)

    def copy(self) -> SortedSet:
        """The same members with the same scores."""
        cdef SortedSet other = SortedSet(self.clock)
        cdef Leaf* leaf = self.tree.first
        cdef Entry* e
        cdef int i
        while leaf != NULL:
            for i in range(leaf.count):
                e = leaf.entries[i]
                other.add_last(key_of(e), key_length_of(e), hash_of(e), score_of(e))
            leaf = leaf.next
        other.account()
        return other

    def check(self) -> None:
        """Assert every invariant; for tests. O(n)."""
        cdef Leaf* leaf = self.tree.first
        cdef int i
        Index.check(self)       # one that is only a result has charged nothing
        check_tree(&self.tree)
        assert self.tree.count == self.count, "a member out of order, or one too many"
        while leaf != NULL:
            for i in range(leaf.count):
                assert self.find(key_of(leaf.entries[i]), key_length_of(leaf.entries[i]),
                                 hash_of(leaf.entries[i])) == leaf.entries[i], "another entry"
            leaf = leaf.next


# -- from Python -----------------------------------------------------------------------------------


def sorted_set(Clock clock not None, list pairs not None) -> SortedSet:
    """A sorted set of these members with scores, each named once; quickly if they are in order."""
    cdef SortedSet zset = SortedSet(clock)
    cdef const char* p
    cdef size_t n
    cdef uint64_t h
    cdef bytes member
    for member, score in pairs:
        p = PyBytes_AS_STRING(member)
        n = PyBytes_GET_SIZE(member)
        h = hash_key(p, n)
        if zset.find(p, n, h) != NULL:
            raise ValueError("a member twice")
        zset.add_last(p, n, h, score)
    zset.account()
    return zset


def pairs_of(SortedSet zset not None) -> list:
    """Its members with scores, in order."""
    cdef list pairs = []
    cdef Leaf* leaf = zset.tree.first
    cdef Entry* e
    cdef int i
    while leaf != NULL:
        for i in range(leaf.count):
            e = leaf.entries[i]
            pairs.append((PyBytes_FromStringAndSize(key_of(e), key_length_of(e)), score_of(e)))
        leaf = leaf.next
    return pairs
