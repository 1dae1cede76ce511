"""The order of a large sorted set: a B+tree over its entries that counts them."""

from libc.stdint cimport int64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.sorted_sets.scored cimport Bound

cdef enum:
    LEAF = 64               # entries of a leaf
    FAN = 32                # children of an inner node
    HIGH = 24               # more levels than there will ever be

cdef struct Leaf:
    Leaf* prev
    Leaf* next
    int count
    Entry* entries[LEAF]

cdef struct Inner:
    int count
    size_t counts[FAN]      # entries below each child
    double scores[FAN]      # of the first of them
    Entry* firsts[FAN]
    void* children[FAN]

cdef struct Tree:
    void* root
    int height              # levels of inner nodes
    size_t count
    size_t bytes            # of nodes, as the allocator counts them
    Leaf* first
    Leaf* last

cdef struct Path:
    # The way to an entry, or to where one would stand (`at` may be the leaf's count).
    Inner* nodes[HIGH]
    int places[HIGH]
    Leaf* leaf
    int at
    size_t rank

cdef void bound_at(Bound* bound, Entry* e) noexcept nogil
cdef void find_entry(Tree* tree, Entry* e, Path* path) noexcept nogil
cdef void find_bound(Tree* tree, Bound* bound, Path* path) noexcept nogil
cdef void find_rank(Tree* tree, size_t rank, Path* path) noexcept nogil
cdef void insert(Tree* tree, Entry* e) noexcept nogil
cdef void append(Tree* tree, Entry* e) noexcept nogil
cdef void cut(Tree* tree, Path* path, int count) noexcept nogil
cdef void replace(Tree* tree, Path* path, Entry* e) noexcept nogil
cdef bint free_nodes(Tree* tree, int64_t* budget) noexcept nogil
cdef int check_tree(Tree* tree) except -1
