# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Changes amid a list at a key, whatever its form: an element replaced or inserted, some removed.

A list is at the key, which is not due, and goes with its last element. Indices are within the list unless a
function says otherwise.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry, slot_entry, value_of
from dflite.native.keyspace.index cimport hash_bytes
from dflite.native.keyspace.table cimport Table
from dflite.native.values.list_forms cimport large_for, settle_form
from dflite.native.values.list_nodes cimport Node
from dflite.native.values.list_walks cimport ListWalk, begin_list_walk, clip, list_length, walk_on
from dflite.native.values.packed cimport (
    Encoded,
    after,
    after_many,
    element_at,
    encode,
    erase_same,
    is_same,
    write_element,
)
from dflite.native.values.packed_list cimport PackedList, packed_list_of
from dflite.native.values.small cimport count_of, end_of, first_of, is_packed, set_count, splice


# -- one element ---------------------------------------------------------------------------------------


def set_element(Table table not None, bytes key not None, int64_t index, bytes item not None) -> bool:
    """Another element at an index, a negative one from the end; False if the list has no such."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef int64_t size = list_length(slot_entry(slot[0]))
    cdef PackedList large = large_for(table, slot, h, PyBytes_GET_SIZE(item))
    cdef Entry* e
    cdef const char* p
    cdef Encoded element
    if index < 0:
        index += size
    if index < 0 or index >= size:
        return False
    if large is not None:
        large.replace(<size_t>index, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
        settle_form(table, slot, h, large)
        return True
    e = slot_entry(slot[0])
    p = element_at(first_of(e), end_of(e), size, index)
    encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    write_element(splice(table, slot, h, p - value_of(e), after(p) - p, element.total), &element)
    return True


def insert(Table table not None, bytes key not None, bytes pivot not None, bytes item not None,
           bint behind) -> int:
    """Insert an item beside the first element that is like `pivot`; the new length, -1 without such."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef PackedList large = large_for(table, slot, h, PyBytes_GET_SIZE(item))
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t size = list_length(e)
    cdef size_t offset = 0
    cdef Node* node = NULL
    cdef Encoded wanted, element
    cdef ListWalk walk
    encode(&wanted, PyBytes_AS_STRING(pivot), PyBytes_GET_SIZE(pivot))
    begin_list_walk(&walk, e, 0)
    while walk.p != NULL and not is_same(walk.p, &wanted):
        offset += 1
        node = walk.node
        walk_on(&walk)
        if walk.node != node:
            offset = 0
    if walk.p == NULL:
        return -1
    if large is not None:
        large.insert(walk.node, walk.p, offset, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), behind)
        return size + 1
    if behind:
        walk.p = after(walk.p)
    encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    write_element(splice(table, slot, h, walk.p - value_of(e), 0, element.total), &element)
    set_count(slot_entry(slot[0]), size + 1)
    return size + 1


# -- a run of elements ---------------------------------------------------------------------------------


cdef int remove_between(Table table, bytes key, int64_t start, int64_t count) except -1:
    """Remove the elements from index `start` on, which are there."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef Entry* e
    cdef PackedList large
    cdef const char* p
    cdef const char* end
    cdef int64_t size
    if count == 0:
        return 0
    e = slot_entry(slot[0])
    size = list_length(e)
    if count == size:
        table.remove_slot(slot, h)
    elif is_packed(e):
        p = element_at(first_of(e), end_of(e), size, start)
        end = after_many(p, count) if start + count < size else end_of(e)
        splice(table, slot, h, p - value_of(e), end - p, 0)
        set_count(slot_entry(slot[0]), size - count)
    else:
        large = packed_list_of(e)
        large.remove_range(<size_t>start, <size_t>count)
        table.use(e)
        settle_form(table, slot, h, large)
    return 0


def trim(Table table not None, bytes key not None, int64_t start, int64_t stop) -> int:
    """Keep the elements from `start` to `stop` only; how many were removed. Any indices."""
    cdef uint64_t* slot = table.slot_of(key)
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t size = list_length(e)
    if not clip(&start, &stop, size):
        table.delete(key)
        return size
    if stop - start + 1 == size:
        if not is_packed(e):        # for an item that was not inserted after all
            settle_form(table, slot, hash_bytes(key), packed_list_of(e))
        return 0
    remove_between(table, key, stop + 1, size - stop - 1)
    remove_between(table, key, 0, start)
    return size - (stop - start + 1)


# -- elements that are equal ---------------------------------------------------------------------------


def remove(Table table not None, bytes key not None, bytes item not None, int64_t count) -> int:
    """Remove `count` elements like `item` from the head on, or from the tail if negative, all if 0; how many."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef Entry* e = slot_entry(slot[0])
    cdef size_t most = <size_t>count if count > 0 else <size_t>-1
    cdef size_t skip = 0, found = 0
    cdef PackedList large
    cdef Encoded wanted
    cdef ListWalk walk
    encode(&wanted, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    if count < 0:
        most = <size_t>0 - <size_t>count
        begin_list_walk(&walk, e, 0)
        while walk.p != NULL:
            found += is_same(walk.p, &wanted)
            walk_on(&walk)
        if found > most:
            skip = found - most
    if is_packed(e):
        return remove_inline(table, slot, h, &wanted, skip, most)
    large = packed_list_of(e)
    found = large.remove_same(&wanted, skip, most)
    if found:
        table.use(e)
        settle_form(table, slot, h, large)
    return found


cdef size_t remove_inline(Table table, uint64_t* slot, uint64_t h, Encoded* wanted, size_t skip,
                          size_t most) except? 0:
    cdef Entry* e = slot_entry(slot[0])
    cdef char* end = <char*>end_of(e)
    cdef size_t removed = erase_same(<char*>first_of(e), &end, wanted, &skip, most)
    if removed == 0:
        return 0
    set_count(e, count_of(e) - <int64_t>removed)
    if count_of(e) == 0:
        table.remove_slot(slot, h)
    else:
        splice(table, slot, h, end - value_of(e), end_of(e) - end, 0)
    return removed
