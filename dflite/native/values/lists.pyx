# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Lists as what they mostly are, deques: pushing and popping at the ends of the one at a key, whatever its form.

A list is created with its first element, and its key goes with the last one. The type was checked and the key is
not due.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport (
    ENC_PACKED,
    T_LIST,
    Entry,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_bytes
from dflite.native.keyspace.table cimport Table
from dflite.native.values.list_edits cimport remove_between
from dflite.native.values.list_forms cimport enlarge_list, fits_inline, settle_form
from dflite.native.values.list_walks cimport (
    ListWalk,
    begin_list_walk,
    list_length,
    reply_range,
    walk_back,
)
from dflite.native.values.packed cimport (
    Encoded,
    after,
    before,
    element_bytes,
    encode,
    encode_again,
    reply_element,
    write_element,
)
from dflite.native.values.packed_list cimport PackedList, packed_list_of
from dflite.native.values.small cimport (
    COUNT_BYTES,
    count_of,
    end_of,
    first_of,
    is_packed,
    new_object,
    new_small,
    set_count,
    splice,
)
from dflite.native.wire.reply cimport Reply


def length(Table table not None, bytes key not None) -> int:
    """Elements of the list at key; 0 without one."""
    return list_length(table.entry_of(key))


# -- pushing -------------------------------------------------------------------------------------------


cdef int64_t push_counted(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                          const char* data, size_t length, bint left, size_t counted) except -1:
    """One more element, which counts as so many bytes where the list's form depends on it."""
    cdef Entry* e = NULL if slot == NULL else slot_entry(slot[0])
    cdef PackedList large
    cdef int64_t count
    cdef Encoded element
    cdef char* room
    if (e == NULL or is_packed(e)) and fits_inline(e, counted, 1):
        encode(&element, data, length)
        if e == NULL:
            slot = new_small(table, key, n, h, T_LIST | ENC_PACKED, COUNT_BYTES + element.total, -1)
            e = slot_entry(slot[0])
            write_element(value_of(e) + COUNT_BYTES, &element)
            set_count(e, 1)
            return 1
        count = count_of(e) + 1
        room = splice(table, slot, h, COUNT_BYTES if left else value_length_of(e), 0, element.total)
        write_element(room, &element)
        set_count(slot_entry(slot[0]), count)
        return count
    if e == NULL:
        large = PackedList.__new__(PackedList)
        large.push(data, length, left)
        new_object(table, key, n, h, T_LIST, large, -1)
    else:
        large = enlarge_list(table, slot, h) if is_packed(e) else packed_list_of(e)
        large.push(data, length, left)
        table.use(slot_entry(slot[0]))
    return <int64_t>large.chain.size


cdef int64_t push_element(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                          const char* data, size_t length, bint left) except -1:
    """One more element at an end; the new length."""
    return push_counted(table, key, n, h, slot, data, length, left, length)


cdef size_t text_bytes(list items) except? 0:
    cdef size_t total = 0
    for item in items:
        total += PyBytes_GET_SIZE(<bytes?>item)
    return total


cdef int64_t push_inline(Table table, bytes key, uint64_t h, uint64_t* slot, list items, bint left) except -1:
    """Several elements, which fit inline, to what lies there or to no list yet; the new length."""
    cdef Py_ssize_t i, many = len(items)
    cdef int64_t count = 0
    cdef size_t total = 0
    cdef Encoded element
    cdef Entry* e
    cdef bytes item
    cdef char* room
    for item in items:
        encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
        total += element.total
    if slot == NULL:
        slot = new_small(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, T_LIST | ENC_PACKED,
                         COUNT_BYTES + total, -1)
        room = value_of(slot_entry(slot[0])) + COUNT_BYTES
    else:
        e = slot_entry(slot[0])
        count = count_of(e)
        room = splice(table, slot, h, COUNT_BYTES if left else value_length_of(e), 0, total)
    for i in range(many):
        item = <bytes>items[many - 1 - i if left else i]
        encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
        room = write_element(room, &element)
    set_count(slot_entry(slot[0]), count + many)
    return count + many


def push(Table table not None, bytes key not None, list items not None, bint left) -> int:
    """Push one item after the other at an end; the new length."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key)
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    cdef Entry* e = NULL if slot == NULL else slot_entry(slot[0])
    cdef PackedList large
    cdef bytes item
    if len(items) == 1:
        item = <bytes?>items[0]
        return push_element(table, name, n, h, slot, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), left)
    if (e == NULL or is_packed(e)) and fits_inline(e, text_bytes(items), len(items)):
        return push_inline(table, key, h, slot, items, left)
    if e == NULL:
        large = PackedList.__new__(PackedList)
    elif is_packed(e):
        large = enlarge_list(table, slot, h)
    else:
        large = packed_list_of(e)
    for value in items:
        item = <bytes?>value
        large.push(PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), left)
    if e == NULL:
        new_object(table, name, n, h, T_LIST, large, -1)
    else:
        table.use(slot_entry(slot[0]))
    return large.chain.size


# -- popping -------------------------------------------------------------------------------------------


cdef const char* end_element(Entry* e, bint left):
    """The element at an end of a list that is there."""
    if not is_packed(e):
        return packed_list_of(e).peek(left)
    return first_of(e) if left else before(end_of(e))


cdef int drop_element(Table table, uint64_t* slot, uint64_t h, bint left, bint keep) except -1:
    """Remove the element at an end; with `keep` an empty list may stay, and no form changes."""
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p
    cdef int64_t count
    cdef PackedList large
    if not is_packed(e):
        large = packed_list_of(e)
        large.drop(left)
        table.use(e)
        return 0 if keep else settle_form(table, slot, h, large)
    count = count_of(e) - 1
    if count == 0 and not keep:
        table.remove_slot(slot, h)
        return 0
    if left:
        splice(table, slot, h, COUNT_BYTES, after(first_of(e)) - first_of(e), 0)
    else:
        p = before(end_of(e))
        splice(table, slot, h, p - value_of(e), end_of(e) - p, 0)
    set_count(slot_entry(slot[0]), count)
    return 0


cdef int64_t pop_element(Table table, uint64_t h, uint64_t* slot, bint left, Reply reply) except -1:
    """Answer the element at an end and remove it; how many are left."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t length = list_length(e)
    reply_element(reply, end_element(e, left))
    drop_element(table, slot, h, left, False)
    return length - 1


def pop_into(Table table not None, bytes key not None, bint left, Reply reply not None) -> int:
    """Answer the element at an end of the list at key, and remove it; how many are left."""
    return pop_element(table, hash_bytes(key), table.slot_of(key), left, reply)


def pop_many_into(Table table not None, bytes key not None, bint left, int64_t count,
                  Reply reply not None) -> int:
    """Answer up to `count` elements from an end, outermost first, and remove them; how many are left."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t size = list_length(e), i
    cdef ListWalk walk
    count = min(count, size)
    reply.put_head(42, count)
    if left and count > 0:
        reply_range(e, 0, count - 1, reply)
    elif count > 0:
        begin_list_walk(&walk, e, size - 1)
        for i in range(count):
            reply_element(reply, walk.p)
            walk_back(&walk)
    remove_between(table, key, 0 if left else size - count, count)
    return size - count


# -- from one end to another ---------------------------------------------------------------------------


def move(Table table not None, bytes key not None, bint from_left, Table target not None,
         bytes new_key not None, bint to_left) -> bytes:
    """Take the element at an end of a list to an end of another, or of the same; the element."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef const char* p = end_element(slot_entry(slot[0]), from_left)
    cdef bytes item = element_bytes(p)
    cdef Encoded element
    cdef size_t counted
    encode_again(&element, p)
    counted = element.length        # Redis takes an integer for no bytes at all here
    if table is target and key == new_key:
        drop_element(table, slot, h, from_left, True)
        push_counted(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, slot,
                     PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), to_left, counted)
        if not is_packed(slot_entry(slot[0])):
            settle_form(table, slot, h, packed_list_of(slot_entry(slot[0])))
        return item
    push_counted(target, PyBytes_AS_STRING(new_key), PyBytes_GET_SIZE(new_key), hash_bytes(new_key),
                 target.slot_of(new_key), PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), to_left, counted)
    drop_element(table, table.slot_of(key), h, from_left, False)
    return item
