# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ways through a list at a key, whatever its form: an element by index, a range, a search.

The type was checked and the key is not due.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.table cimport Table
from dflite.native.values.packed cimport (
    Encoded,
    element_at,
    element_bytes,
    encode,
    is_same,
    reply_element,
)
from dflite.native.values.small cimport end_of, first_of


cdef int begin_list_walk(ListWalk* walk, Entry* e, int64_t index) except -1:
    """Stand at an element that is there."""
    cdef size_t offset
    if is_packed(e):
        walk.node = NULL
        walk.first = first_of(e)
        walk.end = end_of(e)
        walk.p = element_at(walk.first, walk.end, count_of(e), index)
    else:
        walk.p = packed_list_of(e).seek(<size_t>index, &walk.node, &offset)
        walk.first = first_in(walk.node)
        walk.end = end_in(walk.node)
    return 0


cdef int reply_range(Entry* e, int64_t start, int64_t stop, Reply reply) except -1:
    """Answer the elements from index `start` to `stop`, both within, as items of an array."""
    cdef ListWalk walk
    cdef int64_t i
    begin_list_walk(&walk, e, start)
    for i in range(stop - start + 1):
        reply_element(reply, walk.p)
        walk_on(&walk)
    return 0


def range_into(Table table not None, bytes key not None, int64_t start, int64_t stop,
               Reply reply not None) -> None:
    """Answer an array of the elements from `start` to `stop`; any indices, negative ones from the end."""
    cdef Entry* e = table.entry_of(key)
    if clip(&start, &stop, list_length(e)):
        reply.put_head(42, stop - start + 1)
        reply_range(e, start, stop, reply)
    else:
        reply.put_head(42, 0)


def elements(Table table not None, bytes key not None, int64_t start=0, int64_t stop=-1) -> list[bytes]:
    """The elements from `start` to `stop`; any indices, negative ones from the end."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef ListWalk walk
    cdef int64_t i
    if clip(&start, &stop, list_length(e)):
        begin_list_walk(&walk, e, start)
        for i in range(stop - start + 1):
            found.append(element_bytes(walk.p))
            walk_on(&walk)
    return found


def element(Table table not None, bytes key not None, int64_t index) -> bytes | None:
    """The element of that index, a negative one from the end; None if the list has no such."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t size = list_length(e)
    cdef ListWalk walk
    if index < 0:
        index += size
    if index < 0 or index >= size:
        return None
    begin_list_walk(&walk, e, index)
    return element_bytes(walk.p)


def positions(Table table not None, bytes key not None, bytes item not None, int64_t rank,
              int64_t most, int64_t looked_at) -> list[int]:
    """Indices of the elements like `item`, from the rank-th on; negative ranks search from the tail.

    At most `most` of them, of the first `looked_at` elements; 0 is no limit.
    """
    cdef Entry* e = table.entry_of(key)
    cdef int64_t size = list_length(e), index, passed = 0
    cdef bint backwards = rank < 0
    cdef uint64_t skip = (<uint64_t>0 - <uint64_t>rank if backwards else <uint64_t>rank) - 1
    cdef list found = []
    cdef Encoded wanted
    cdef ListWalk walk
    if size == 0:
        return found
    encode(&wanted, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    index = size - 1 if backwards else 0
    begin_list_walk(&walk, e, index)
    while walk.p != NULL and (looked_at == 0 or passed < looked_at):
        if is_same(walk.p, &wanted):
            if skip > 0:
                skip -= 1
            else:
                found.append(index)
                if most and len(found) >= most:
                    break
        passed += 1
        if backwards:
            walk_back(&walk)
            index -= 1
        else:
            walk_on(&walk)
            index += 1
    return found
