# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Nodes of the tree in ordered.pyx: where they come from, what is moved between them.

What a split needs is taken from a stock that `prepare` fills: an insertion never fails half-way.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport Entry, allocated
from dflite.native.sorted_sets.ordered cimport HIGH, Inner, Leaf, Path, Tree

cdef Leaf* spare_leaf = NULL
cdef Inner* spare_inners[HIGH + 1]
cdef int spares = 0


cdef int prepare(Tree* tree) except -1:
    """See to it that the next insertion has the nodes that it may need."""
    global spare_leaf, spares
    if spare_leaf == NULL:
        spare_leaf = <Leaf*>malloc(sizeof(Leaf))
        if spare_leaf == NULL:
            raise MemoryError
    while spares <= tree.height:
        spare_inners[spares] = <Inner*>malloc(sizeof(Inner))
        if spare_inners[spares] == NULL:
            raise MemoryError
        spares += 1
    return 0


cdef Leaf* take_leaf(Tree* tree) noexcept nogil:
    global spare_leaf
    cdef Leaf* leaf = spare_leaf
    spare_leaf = NULL
    tree.bytes += allocated(leaf)
    leaf.count = 0
    leaf.prev = leaf.next = NULL
    return leaf


cdef Inner* take_inner(Tree* tree) noexcept nogil:
    global spares
    spares -= 1
    tree.bytes += allocated(spare_inners[spares])
    spare_inners[spares].count = 0
    return spare_inners[spares]


cdef void free_node(Tree* tree, void* node) noexcept nogil:
    tree.bytes -= allocated(node)
    free(node)


cdef void free_leaf(Tree* tree, Leaf* leaf) noexcept nogil:
    """Take a leaf out of the chain and free it."""
    if leaf.prev == NULL:
        tree.first = leaf.next
    else:
        leaf.prev.next = leaf.next
    if leaf.next == NULL:
        tree.last = leaf.prev
    else:
        leaf.next.prev = leaf.prev
    free_node(tree, leaf)


cdef void put_child(Inner* node, int at, void* child, size_t count, double score,
                    Entry* first) noexcept nogil:
    cdef size_t n = node.count - at
    memmove(&node.counts[at + 1], &node.counts[at], n * sizeof(size_t))
    memmove(&node.scores[at + 1], &node.scores[at], n * sizeof(double))
    memmove(&node.firsts[at + 1], &node.firsts[at], n * sizeof(void*))
    memmove(&node.children[at + 1], &node.children[at], n * sizeof(void*))
    node.counts[at] = count
    node.scores[at] = score
    node.firsts[at] = first
    node.children[at] = child
    node.count += 1


cdef void move_children(Inner* source, int at, int n, Inner* target) noexcept nogil:
    """Copy n children of `source` from `at` on to the end of `target`."""
    memcpy(&target.counts[target.count], &source.counts[at], n * sizeof(size_t))
    memcpy(&target.scores[target.count], &source.scores[at], n * sizeof(double))
    memcpy(&target.firsts[target.count], &source.firsts[at], n * sizeof(void*))
    memcpy(&target.children[target.count], &source.children[at], n * sizeof(void*))
    target.count += n


cdef size_t entries_below(Inner* node) noexcept nogil:
    cdef size_t total = 0
    cdef int i
    for i in range(node.count):
        total += node.counts[i]
    return total


cdef void set_first(Path* path, int level, Entry* first, double score) noexcept nogil:
    """What is below the path at `level` begins with another entry: tell the nodes above."""
    while level >= 0:
        path.nodes[level].firsts[path.places[level]] = first
        path.nodes[level].scores[path.places[level]] = score
        if path.places[level] > 0:
            return
        level -= 1
