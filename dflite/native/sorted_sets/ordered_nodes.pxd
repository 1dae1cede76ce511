from dflite.native.keyspace.entry cimport Entry
from dflite.native.sorted_sets.ordered cimport Inner, Leaf, Path, Tree

cdef int prepare(Tree* tree) except -1
cdef Leaf* take_leaf(Tree* tree) noexcept nogil
cdef Inner* take_inner(Tree* tree) noexcept nogil
cdef void free_node(Tree* tree, void* node) noexcept nogil
cdef void free_leaf(Tree* tree, Leaf* leaf) noexcept nogil
cdef void put_child(Inner* node, int at, void* child, size_t count, double score,
                    Entry* first) noexcept nogil
cdef void move_children(Inner* source, int at, int n, Inner* target) noexcept nogil
cdef size_t entries_below(Inner* node) noexcept nogil
cdef void set_first(Path* path, int level, Entry* first, double score) noexcept nogil
