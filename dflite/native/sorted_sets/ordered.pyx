# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The order of a large sorted set: a B+tree over its entries, in order of score and member.

Leaves hold pointers to entries and are linked with their neighbours. An inner node knows of each child how
many entries are below it, which gives ranks, and the first of them with its score, so that most comparisons
on the way down touch no entry. Finding, inserting and removing are O(log n), whatever n is.

A full leaf gives to a neighbour before it splits, and one at either end splits off a single entry, so that
leaves filled in order are full. A node merges with a neighbour when both are three quarters full together.
Before an insertion `prepare` (ordered_nodes.pyx) sees to the nodes that it may need.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport Entry, allocated, key_length_of, key_of
from dflite.native.sorted_sets.ordered_nodes cimport (
    entries_below,
    free_leaf,
    free_node,
    move_children,
    put_child,
    set_first,
    take_inner,
    take_leaf,
)
from dflite.native.sorted_sets.scored cimport (
    BY_BOTH,
    BY_SCORE,
    Bound,
    compare_entries,
    score_of,
    stands_before,
)

cdef enum:
    SHARE = LEAF // 8           # entries that a neighbour has room for before it is given some
    MERGED_LEAF = LEAF * 3 // 4
    MERGED_INNER = FAN * 3 // 4

# -- finding ---------------------------------------------------------------------------------------


cdef inline bint is_before(double score, Entry* e, Bound* bound) noexcept nogil:
    if bound.by == BY_SCORE:
        return score < bound.score or (bound.behind and score == bound.score)
    return stands_before(score, key_of(e), key_length_of(e), bound)


cdef void bound_at(Bound* bound, Entry* e) noexcept nogil:
    """The place of an entry."""
    bound.by = BY_BOTH
    bound.behind = False
    bound.score = score_of(e)
    bound.member = key_of(e)
    bound.length = key_length_of(e)


cdef void find_entry(Tree* tree, Entry* e, Path* path) noexcept nogil:
    """The way to an entry, which must be in the tree."""
    cdef Bound bound
    bound_at(&bound, e)
    bound.behind = True
    find_bound(tree, &bound, path)
    path.at -= 1
    path.rank -= 1


cdef void find_bound(Tree* tree, Bound* bound, Path* path) noexcept nogil:
    """The way to behind the last entry that stands before the bound; the tree is not empty.

    That may be the end of a leaf, where the first entry behind the bound is the next one's.
    """
    cdef void* below = tree.root
    cdef Inner* node
    cdef Leaf* leaf
    cdef int level, low, high, middle
    cdef size_t rank = 0
    for level in range(tree.height):
        node = <Inner*>below
        low = 0
        high = node.count
        while high - low > 1:
            middle = (low + high) >> 1
            if is_before(node.scores[middle], node.firsts[middle], bound):
                low = middle
            else:
                high = middle
        path.nodes[level] = node
        path.places[level] = low
        below = node.children[low]
        for middle in range(low):
            rank += node.counts[middle]
    leaf = <Leaf*>below
    low = 0
    high = leaf.count
    while low < high:
        middle = (low + high) >> 1
        if is_before(score_of(leaf.entries[middle]), leaf.entries[middle], bound):
            low = middle + 1
        else:
            high = middle
    path.leaf = leaf
    path.at = low
    path.rank = rank + low


cdef void find_rank(Tree* tree, size_t rank, Path* path) noexcept nogil:
    """The way to the entry of that rank, which there must be."""
    cdef void* below = tree.root
    cdef Inner* node
    cdef int level, place
    path.rank = rank
    for level in range(tree.height):
        node = <Inner*>below
        place = 0
        while rank >= node.counts[place]:
            rank -= node.counts[place]
            place += 1
        path.nodes[level] = node
        path.places[level] = place
        below = node.children[place]
    path.leaf = <Leaf*>below
    path.at = <int>rank


cdef void find_end(Tree* tree, Path* path) noexcept nogil:
    """The way to the place behind the last entry; the tree is not empty."""
    cdef void* below = tree.root
    cdef Inner* node
    cdef int level
    for level in range(tree.height):
        node = <Inner*>below
        path.nodes[level] = node
        path.places[level] = node.count - 1
        below = node.children[node.count - 1]
    path.leaf = <Leaf*>below
    path.at = path.leaf.count
    path.rank = tree.count


# -- inserting -------------------------------------------------------------------------------------


cdef void insert(Tree* tree, Entry* e) noexcept nogil:
    """Put an entry in its place; `prepare` has to be called before."""
    cdef Path path
    cdef Bound bound
    if tree.root == NULL:
        begin(tree, e)
        return
    bound_at(&bound, e)
    find_bound(tree, &bound, &path)
    if path.leaf.count == LEAF:
        make_room(tree, &path)
        find_bound(tree, &bound, &path)
    put_entry(tree, &path, e)


cdef void append(Tree* tree, Entry* e) noexcept nogil:
    """The same, without a search where the entry is the last."""
    cdef Path path
    if tree.root == NULL:
        begin(tree, e)
        return
    if compare_entries(tree.last.entries[tree.last.count - 1], e) >= 0:
        insert(tree, e)
        return
    find_end(tree, &path)
    if path.leaf.count == LEAF:
        make_room(tree, &path)
        find_end(tree, &path)
    put_entry(tree, &path, e)


cdef void begin(Tree* tree, Entry* e) noexcept nogil:
    cdef Leaf* leaf = take_leaf(tree)
    leaf.entries[0] = e
    leaf.count = 1
    tree.root = tree.first = tree.last = leaf
    tree.height = 0
    tree.count = 1


cdef void put_entry(Tree* tree, Path* path, Entry* e) noexcept nogil:
    """Put an entry where the path leads; there must be room."""
    cdef Leaf* leaf = path.leaf
    cdef int level
    memmove(&leaf.entries[path.at + 1], &leaf.entries[path.at],
            (leaf.count - path.at) * sizeof(void*))
    leaf.entries[path.at] = e
    leaf.count += 1
    tree.count += 1
    for level in range(tree.height):
        path.nodes[level].counts[path.places[level]] += 1
    if path.at == 0:
        set_first(path, tree.height - 1, e, score_of(e))


cdef void make_room(Tree* tree, Path* path) noexcept nogil:
    """The leaf is full: let there be room around the path, which is to be found anew."""
    cdef Leaf* leaf = path.leaf
    cdef Inner* node
    cdef int place
    if path.at == LEAF and leaf.next == NULL:
        split_leaf(tree, path, LEAF - 1)
        return
    if path.at == 0 and leaf.prev == NULL:
        split_leaf(tree, path, 1)
        return
    if tree.height > 0:
        node = path.nodes[tree.height - 1]
        place = path.places[tree.height - 1]
        if place > 0 and (<Leaf*>node.children[place - 1]).count <= LEAF - SHARE:
            give_left(node, place)
            return
        if place + 1 < node.count and (<Leaf*>node.children[place + 1]).count <= LEAF - SHARE:
            give_right(node, place)
            return
    split_leaf(tree, path, LEAF // 2)


cdef void give_left(Inner* node, int place) noexcept nogil:
    cdef Leaf* leaf = <Leaf*>node.children[place]
    cdef Leaf* left = <Leaf*>node.children[place - 1]
    cdef int n = (leaf.count - left.count + 1) >> 1
    memcpy(&left.entries[left.count], &leaf.entries[0], n * sizeof(void*))
    memmove(&leaf.entries[0], &leaf.entries[n], (leaf.count - n) * sizeof(void*))
    left.count += n
    leaf.count -= n
    node.counts[place - 1] += n
    node.counts[place] -= n
    node.firsts[place] = leaf.entries[0]
    node.scores[place] = score_of(leaf.entries[0])


cdef void give_right(Inner* node, int place) noexcept nogil:
    cdef Leaf* leaf = <Leaf*>node.children[place]
    cdef Leaf* right = <Leaf*>node.children[place + 1]
    cdef int n = (leaf.count - right.count + 1) >> 1
    memmove(&right.entries[n], &right.entries[0], right.count * sizeof(void*))
    memcpy(&right.entries[0], &leaf.entries[leaf.count - n], n * sizeof(void*))
    right.count += n
    leaf.count -= n
    node.counts[place + 1] += n
    node.counts[place] -= n
    node.firsts[place + 1] = right.entries[0]
    node.scores[place + 1] = score_of(right.entries[0])


cdef void split_leaf(Tree* tree, Path* path, int at) noexcept nogil:
    """Move what stands from `at` on into a leaf of its own."""
    cdef Leaf* leaf = path.leaf
    cdef Leaf* fresh = take_leaf(tree)
    cdef int level = tree.height - 1
    fresh.count = leaf.count - at
    memcpy(&fresh.entries[0], &leaf.entries[at], fresh.count * sizeof(void*))
    leaf.count = at
    fresh.prev = leaf
    fresh.next = leaf.next
    if leaf.next == NULL:
        tree.last = fresh
    else:
        leaf.next.prev = fresh
    leaf.next = fresh
    if level >= 0:
        path.nodes[level].counts[path.places[level]] -= fresh.count
    add_child(tree, path, level, fresh, fresh.count, score_of(fresh.entries[0]), fresh.entries[0])


cdef void add_child(Tree* tree, Path* path, int level, void* child, size_t count, double score,
                    Entry* first) noexcept nogil:
    """Enter a node behind the one that the path leads to below `level`."""
    cdef Inner* node
    cdef Inner* fresh
    cdef Inner* home
    cdef int at, half
    if level < 0:
        grow_root(tree, child, count, score, first)
        return
    node = path.nodes[level]
    at = path.places[level] + 1
    if node.count < FAN:
        put_child(node, at, child, count, score, first)
        return
    fresh = take_inner(tree)
    half = FAN - 1 if at == FAN else FAN // 2
    move_children(node, half, FAN - half, fresh)
    node.count = half
    home = node
    if at > half:
        home = fresh
        at -= half
    put_child(home, at, child, count, score, first)
    if level > 0:
        path.nodes[level - 1].counts[path.places[level - 1]] = entries_below(node)
    add_child(tree, path, level - 1, fresh, entries_below(fresh), fresh.scores[0], fresh.firsts[0])


cdef void grow_root(Tree* tree, void* child, size_t count, double score, Entry* first) noexcept nogil:
    """A root above the old one and its new sibling."""
    cdef Inner* root = take_inner(tree)
    cdef Entry* start = tree.first.entries[0]
    put_child(root, 0, tree.root, tree.count - count, score_of(start), start)
    put_child(root, 1, child, count, score, first)
    tree.root = root
    tree.height += 1


# -- removing --------------------------------------------------------------------------------------


cdef void cut(Tree* tree, Path* path, int count) noexcept nogil:
    """Take out `count` entries of the leaf from where the path leads on. They are not freed."""
    cdef Leaf* leaf = path.leaf
    cdef int level
    memmove(&leaf.entries[path.at], &leaf.entries[path.at + count],
            (leaf.count - path.at - count) * sizeof(void*))
    leaf.count -= count
    tree.count -= count
    for level in range(tree.height):
        path.nodes[level].counts[path.places[level]] -= count
    if leaf.count == 0:
        free_leaf(tree, leaf)
        if tree.height == 0:
            tree.root = NULL
        else:
            drop_child(tree, path, tree.height - 1)
        return
    if path.at == 0:
        set_first(path, tree.height - 1, leaf.entries[0], score_of(leaf.entries[0]))
    if leaf.count <= LEAF // 2 and tree.height > 0:
        merge_leaf(tree, path)


cdef void merge_leaf(Tree* tree, Path* path) noexcept nogil:
    """Let a leaf that has few entries be one with a neighbour, if both together have."""
    cdef int level = tree.height - 1, place = path.places[level]
    cdef Inner* node = path.nodes[level]
    cdef Leaf* left
    cdef Leaf* right
    if place > 0 and node.counts[place - 1] + node.counts[place] <= MERGED_LEAF:
        place -= 1
    elif (place + 1 >= node.count
          or node.counts[place] + node.counts[place + 1] > MERGED_LEAF):
        return
    left = <Leaf*>node.children[place]
    right = <Leaf*>node.children[place + 1]
    memcpy(&left.entries[left.count], &right.entries[0], right.count * sizeof(void*))
    left.count += right.count
    node.counts[place] += right.count
    free_leaf(tree, right)
    path.places[level] = place + 1
    drop_child(tree, path, level)


cdef void drop_child(Tree* tree, Path* path, int level) noexcept nogil:
    """The child that the path leads to at `level` is gone; its entries are counted out."""
    cdef Inner* node = path.nodes[level]
    cdef int at = path.places[level]
    cdef size_t n = node.count - at - 1
    memmove(&node.counts[at], &node.counts[at + 1], n * sizeof(size_t))
    memmove(&node.scores[at], &node.scores[at + 1], n * sizeof(double))
    memmove(&node.firsts[at], &node.firsts[at + 1], n * sizeof(void*))
    memmove(&node.children[at], &node.children[at + 1], n * sizeof(void*))
    node.count -= 1
    if node.count == 0:
        free_node(tree, node)
        if level > 0:
            drop_child(tree, path, level - 1)
        else:
            tree.root = NULL
            tree.height = 0
        return
    if at == 0:
        set_first(path, level - 1, node.firsts[0], node.scores[0])
    if level > 0:
        if node.count <= FAN // 2:
            merge_inner(tree, path, level)
        return
    while tree.height > 0 and (<Inner*>tree.root).count == 1:
        node = <Inner*>tree.root
        tree.root = node.children[0]
        tree.height -= 1
        free_node(tree, node)


cdef void merge_inner(Tree* tree, Path* path, int level) noexcept nogil:
    """The same for an inner node that has few children."""
    cdef Inner* above = path.nodes[level - 1]
    cdef int place = path.places[level - 1]
    cdef int count = path.nodes[level].count
    cdef Inner* left
    cdef Inner* right
    if place > 0 and (<Inner*>above.children[place - 1]).count + count <= MERGED_INNER:
        place -= 1
    elif (place + 1 >= above.count
          or (<Inner*>above.children[place + 1]).count + count > MERGED_INNER):
        return
    left = <Inner*>above.children[place]
    right = <Inner*>above.children[place + 1]
    move_children(right, 0, right.count, left)
    above.counts[place] += above.counts[place + 1]
    free_node(tree, right)
    path.places[level - 1] = place + 1
    drop_child(tree, path, level - 1)


cdef void replace(Tree* tree, Path* path, Entry* e) noexcept nogil:
    """Put an entry in the place of one that stood where it belongs."""
    path.leaf.entries[path.at] = e
    if path.at == 0:
        set_first(path, tree.height - 1, e, score_of(e))


cdef bint free_nodes(Tree* tree, int64_t* budget) noexcept nogil:
    """Free about `budget` nodes from the end, and take that from it; True while there are more.

    Entries are not looked at: they may be gone.
    """
    cdef Inner* nodes[HIGH]
    cdef void* below
    cdef int level
    while tree.root != NULL and budget[0] > 0:
        below = tree.root
        for level in range(tree.height):
            nodes[level] = <Inner*>below
            below = nodes[level].children[nodes[level].count - 1]
        free_node(tree, below)
        budget[0] -= 1
        level = tree.height - 1
        while level >= 0:
            nodes[level].count -= 1
            if nodes[level].count > 0:
                break
            free_node(tree, nodes[level])
            budget[0] -= 1
            level -= 1
        if level < 0:
            tree.root = NULL
    tree.first = tree.last = NULL
    tree.count = 0
    return tree.root != NULL


# -- for tests -------------------------------------------------------------------------------------


cdef size_t check_node(Tree* tree, void* below, int level, Leaf** chain) except? 0:
    """Assert that a node is as it should be; how many entries are below it."""
    cdef Inner* node
    cdef Leaf* leaf
    cdef int i
    cdef size_t total = 0
    if level == tree.height:
        leaf = <Leaf*>below
        assert 0 < leaf.count <= LEAF, "a leaf of no size"
        assert chain[0] == leaf, "a leaf off the chain"
        chain[0] = leaf.next
        assert leaf.next == NULL or leaf.next.prev == leaf, "a chain that leads elsewhere"
        assert leaf.next != NULL or tree.last == leaf, "another last leaf"
        for i in range(1, leaf.count):
            assert compare_entries(leaf.entries[i - 1], leaf.entries[i]) < 0, "entries out of order"
        if leaf.next != NULL:
            assert compare_entries(leaf.entries[leaf.count - 1], leaf.next.entries[0]) < 0
        tree.bytes -= allocated(leaf)
        return leaf.count
    node = <Inner*>below
    assert 0 < node.count <= FAN and (level > 0 or node.count > 1), "a node of no size"
    for i in range(node.count):
        assert node.firsts[i] == chain[0].entries[0], "another first entry"
        assert node.scores[i] == score_of(node.firsts[i]), "another first score"
        assert check_node(tree, node.children[i], level + 1, chain) == node.counts[i], "a wrong count"
        total += node.counts[i]
    tree.bytes -= allocated(node)
    return total


cdef int check_tree(Tree* tree) except -1:
    """Assert every invariant. O(n)."""
    cdef Tree rest = tree[0]
    cdef Leaf* chain = tree.first
    if tree.root == NULL:
        assert tree.count == tree.bytes == 0 and tree.first == NULL == tree.last
        return 0
    assert tree.first.prev == NULL, "something before the first leaf"
    assert check_node(&rest, tree.root, 0, &chain) == tree.count, "a tree that miscounts"
    assert rest.bytes == 0, "bytes off"
    assert chain == NULL, "a chain that goes on"
    return 0
