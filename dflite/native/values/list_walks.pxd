"""Ways through a list at a key: from an element on, forwards or backwards. list_walks.pyx has more."""

from libc.stdint cimport int64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.values.list_nodes cimport Node, end_in, first_in
from dflite.native.values.packed cimport after, before
from dflite.native.values.packed_list cimport packed_list_of
from dflite.native.values.small cimport count_of, is_packed
from dflite.native.wire.reply cimport Reply

cdef struct ListWalk:
    # A place in a list, which must not change meanwhile; `p` is NULL beyond its ends.
    const char* p
    const char* first           # of the node, or of what lies inline
    const char* end
    Node* node                  # NULL inline

cdef int begin_list_walk(ListWalk* walk, Entry* e, int64_t index) except -1

cdef inline void walk_on(ListWalk* walk) noexcept nogil:
    """To the next element."""
    walk.p = after(walk.p)
    if walk.p == walk.end:
        walk.p = NULL
        if walk.node != NULL and walk.node.next != NULL:
            walk.node = walk.node.next
            walk.p = walk.first = first_in(walk.node)
            walk.end = end_in(walk.node)

cdef inline void walk_back(ListWalk* walk) noexcept nogil:
    """To the element before."""
    if walk.p != walk.first:
        walk.p = before(walk.p)
        return
    walk.p = NULL
    if walk.node != NULL and walk.node.previous != NULL:
        walk.node = walk.node.previous
        walk.first = first_in(walk.node)
        walk.end = end_in(walk.node)
        walk.p = before(walk.end)

cdef inline int64_t list_length(Entry* e) noexcept:
    """Elements of a list; 0 without one."""
    if e == NULL:
        return 0
    if is_packed(e):
        return count_of(e)
    return <int64_t>packed_list_of(e).chain.size

cdef inline bint clip(int64_t* start, int64_t* stop, int64_t length) noexcept nogil:
    """Turn indices, negative ones from the end, into ones within a list; False if none is between."""
    if start[0] < 0:
        start[0] = max(start[0] + length, <int64_t>0)
    if stop[0] < 0:
        stop[0] += length
    stop[0] = min(stop[0], length - 1)
    return start[0] <= stop[0]

cdef int reply_range(Entry* e, int64_t start, int64_t stop, Reply reply) except -1
