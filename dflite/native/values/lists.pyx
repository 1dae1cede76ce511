# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Lists by key, whatever their form: packed in the keyspace's entry, or a PackedList beside it.

A list leaves its entry when what is about to be added does not fit a node any more, and comes back when it has
shrunk to half of one. A key goes with its last element. The type was checked and the key is not due.
Indices are within the list unless a function says otherwise.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport (
    ENC_OBJECT,
    ENC_PACKED,
    T_LIST,
    Entry,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.values.packed cimport (
    Encoded,
    after,
    before,
    element_at,
    element_bytes,
    encode,
    encode_again,
    is_same,
    reply_element,
    write_element,
)
from dflite.native.values.packed_list cimport Node, PackedList, end_in, first_in, used_in
from dflite.native.values.small cimport (
    COUNT_BYTES,
    become_object,
    count_of,
    end_of,
    first_of,
    new_small,
    object_of,
    set_count,
    splice,
)
from dflite.native.values.thresholds cimport list_node_bytes, list_node_entries
from dflite.native.wire.reply cimport Reply

cdef enum:
    LISTPACK = 7                # bytes of a listpack without elements
    MOST_INLINE = 65535         # elements, which two bytes count


# -- where it is ---------------------------------------------------------------------------------------


cdef inline bint is_packed(Entry* e) noexcept nogil:
    return (e.kind & 0xF0) == ENC_PACKED


cdef int64_t list_length(Entry* e) noexcept:
    """Elements of a list; 0 without one."""
    if e == NULL:
        return 0
    if is_packed(e):
        return count_of(e)
    return <int64_t>(<PackedList>object_of(e)).size


cdef int walk_from(Entry* e, int64_t index, Walker* w) except -1:
    """Begin at an element that is there."""
    cdef size_t offset
    cdef PackedList large
    if is_packed(e):
        w.node = NULL
        w.first = first_of(e)
        w.end = end_of(e)
        w.p = element_at(w.first, w.end, count_of(e), index)
    else:
        large = <PackedList>object_of(e)
        w.p = large.seek(<size_t>index, &w.node, &offset)
        w.first = first_in(w.node)
        w.end = end_in(w.node)
    return 0


cdef void walk_on(Walker* w) noexcept nogil:
    """To the next element."""
    w.p = after(w.p)
    if w.p == w.end:
        w.p = NULL
        if w.node != NULL and w.node.next != NULL:
            w.node = w.node.next
            w.p = w.first = first_in(w.node)
            w.end = end_in(w.node)


cdef void walk_back(Walker* w) noexcept nogil:
    """To the element before."""
    if w.p != w.first:
        w.p = before(w.p)
        return
    w.p = NULL
    if w.node != NULL and w.node.previous != NULL:
        w.node = w.node.previous
        w.first = first_in(w.node)
        w.end = end_in(w.node)
        w.p = before(w.end)


# -- from one form to the other ------------------------------------------------------------------------


cdef inline bint fits_inline(Entry* e, size_t more_bytes, int64_t more) noexcept nogil:
    """May so many elements of so many bytes be added to a list that lies inline, or to none yet?"""
    cdef size_t size = LISTPACK + more_bytes
    cdef int64_t count = more
    if e != NULL:
        size += value_length_of(e) - COUNT_BYTES
        count += count_of(e)
    return size <= list_node_bytes() and count <= list_node_entries() and count <= MOST_INLINE


cdef PackedList enlarge(Table table, uint64_t* slot, uint64_t h):
    """The list that lies inline moves out."""
    cdef Entry* e = slot_entry(slot[0])
    cdef PackedList large = PackedList.__new__(PackedList)
    if count_of(e) > 0:
        large.adopt(first_of(e), end_of(e) - first_of(e), count_of(e))
    become_object(table, slot, h, large)
    return large


cdef int shrink(Table table, uint64_t* slot, uint64_t h, PackedList large) except -1:
    """Elements were removed: the list moves in again if it is small, and its key goes if it is empty."""
    cdef Node* node
    cdef char* room
    cdef Entry* e
    if large.size == 0:
        table.remove_slot(slot, h)
    elif large.fits_small():
        node = large.head
        room = splice(table, slot, h, 0, sizeof(PyObject*), COUNT_BYTES + used_in(node))
        memcpy(room + COUNT_BYTES, first_in(node), used_in(node))
        e = slot_entry(slot[0])
        e.kind = T_LIST | ENC_PACKED
        set_count(e, node.count)
        Py_DECREF(large)
    return 0


cdef int put_large(Table table, const char* key, size_t n, uint64_t h, PackedList large) except -1:
    cdef PyObject* p = <PyObject*>large
    table.put(key, n, h, T_LIST | ENC_OBJECT, <const char*>&p, sizeof(p), -1, 0)
    Py_INCREF(large)
    return 0


# -- pushing and popping -------------------------------------------------------------------------------


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
        put_large(table, key, n, h, large)
    else:
        large = enlarge(table, slot, h) if is_packed(e) else <PackedList>object_of(e)
        large.push(data, length, left)
        table.use(slot_entry(slot[0]))
    return <int64_t>large.size


cdef int64_t push_element(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                          const char* data, size_t length, bint left) except -1:
    """One more element at an end; the new length."""
    return push_counted(table, key, n, h, slot, data, length, left, length)


cdef int drop_element(Table table, uint64_t* slot, uint64_t h, bint left, bint keep) except -1:
    """Remove the element at an end; with `keep` an empty list may stay, and no form changes."""
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p
    cdef int64_t count
    cdef PackedList large
    if not is_packed(e):
        large = <PackedList>object_of(e)
        large.drop(left)
        table.use(e)
        return 0 if keep else shrink(table, slot, h, large)
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


cdef const char* end_element(Entry* e, bint left):
    """The element at an end of a list that is there."""
    if not is_packed(e):
        return (<PackedList>object_of(e)).peek(left)
    return first_of(e) if left else before(end_of(e))


cdef int64_t pop_element(Table table, uint64_t h, uint64_t* slot, bint left, Reply reply) except -1:
    """Answer the element at an end and remove it; how many are left."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t length = list_length(e)
    reply_element(reply, end_element(e, left))
    drop_element(table, slot, h, left, False)
    return length - 1


cdef int write_range(Entry* e, int64_t start, int64_t stop, Reply reply) except -1:
    """Answer the elements from index `start` to `stop`, both within, as items of an array."""
    cdef Walker w
    cdef int64_t i
    walk_from(e, start, &w)
    for i in range(stop - start + 1):
        reply_element(reply, w.p)
        walk_on(&w)
    return 0


# -- what the floors above call ------------------------------------------------------------------------


cdef inline uint64_t hash_of(bytes key):
    return hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


cdef inline bint clip(int64_t* start, int64_t* stop, int64_t length) noexcept nogil:
    """Turn indices, negative ones from the end, into ones within a list; False if none is between."""
    if start[0] < 0:
        start[0] = max(start[0] + length, <int64_t>0)
    if stop[0] < 0:
        stop[0] += length
    stop[0] = min(stop[0], length - 1)
    return start[0] <= stop[0]


def length(Table table not None, bytes key not None) -> int:
    """Elements of the list at key; 0 without one."""
    return list_length(table.entry_of(key))


def push(Table table not None, bytes key not None, list items not None, bint left) -> int:
    """Push one item after the other at an end; the new length."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key), total = 0, counted = 0
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    cdef Entry* e = NULL if slot == NULL else slot_entry(slot[0])
    cdef Py_ssize_t i, many = len(items)
    cdef int64_t count = 0
    cdef Encoded element
    cdef PackedList large
    cdef bytes item
    cdef char* room
    if many == 1:
        item = <bytes?>items[0]
        return push_element(table, name, n, h, slot, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), left)
    if e == NULL or is_packed(e):
        for i in range(many):
            item = <bytes?>items[i]
            counted += PyBytes_GET_SIZE(item)
        if fits_inline(e, counted, many):
            for i in range(many):
                item = <bytes>items[i]
                encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
                total += element.total
            if e == NULL:
                slot = new_small(table, name, n, h, T_LIST | ENC_PACKED, COUNT_BYTES + total, -1)
                room = value_of(slot_entry(slot[0])) + COUNT_BYTES
            else:
                count = count_of(e)
                room = splice(table, slot, h, COUNT_BYTES if left else value_length_of(e), 0, total)
            for i in range(many):
                item = <bytes>items[many - 1 - i if left else i]
                encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
                room = write_element(room, &element)
            set_count(slot_entry(slot[0]), count + many)
            return count + many
    if e == NULL:
        large = PackedList.__new__(PackedList)
    elif is_packed(e):
        large = enlarge(table, slot, h)
    else:
        large = <PackedList>object_of(e)
    for i in range(many):
        item = <bytes?>items[i]
        large.push(PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), left)
    if e == NULL:
        put_large(table, name, n, h, large)
    else:
        table.use(slot_entry(slot[0]))
    return large.size


def pop_into(Table table not None, bytes key not None, bint left, Reply reply not None) -> int:
    """Answer the element at an end of the list at key, and remove it; how many are left."""
    cdef uint64_t h = hash_of(key)
    return pop_element(table, h, table.slot_of(key), left, reply)


def pop_many_into(Table table not None, bytes key not None, bint left, int64_t count,
                  Reply reply not None) -> int:
    """Answer up to `count` elements from an end, outermost first, and remove them; how many are left."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t size = list_length(e), i
    cdef Walker w
    count = min(count, size)
    reply.put_head(42, count)
    if left and count > 0:
        write_range(e, 0, count - 1, reply)
    elif count > 0:
        walk_from(e, size - 1, &w)
        for i in range(count):
            reply_element(reply, w.p)
            walk_back(&w)
    remove_between(table, key, 0 if left else size - count, count)
    return size - count


def range_into(Table table not None, bytes key not None, int64_t start, int64_t stop,
               Reply reply not None) -> None:
    """Answer an array of the elements from `start` to `stop`; any indices, negative ones from the end."""
    cdef Entry* e = table.entry_of(key)
    if clip(&start, &stop, list_length(e)):
        reply.put_head(42, stop - start + 1)
        write_range(e, start, stop, reply)
    else:
        reply.put_head(42, 0)


def elements(Table table not None, bytes key not None, int64_t start=0, int64_t stop=-1) -> list[bytes]:
    """The elements from `start` to `stop`; any indices, negative ones from the end."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef Walker w
    cdef int64_t i
    if clip(&start, &stop, list_length(e)):
        walk_from(e, start, &w)
        for i in range(stop - start + 1):
            found.append(element_bytes(w.p))
            walk_on(&w)
    return found


def element(Table table not None, bytes key not None, int64_t index) -> bytes | None:
    """The element of that index, a negative one from the end; None if the list has no such."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t size = list_length(e)
    cdef Walker w
    if index < 0:
        index += size
    if index < 0 or index >= size:
        return None
    walk_from(e, index, &w)
    return element_bytes(w.p)


cdef PackedList make_room_for(Table table, uint64_t* slot, uint64_t h, size_t length):
    """The list as a large one if it is that, or has to be before such an item comes into it; or None."""
    cdef Entry* e = slot_entry(slot[0])
    if not is_packed(e):
        table.use(e)
        return <PackedList>object_of(e)
    if fits_inline(e, length, 1):
        return None
    return enlarge(table, slot, h)


def set_element(Table table not None, bytes key not None, int64_t index, bytes item not None) -> bool:
    """Another element at an index, a negative one from the end; False if the list has no such."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef int64_t size = list_length(slot_entry(slot[0]))
    cdef PackedList large = make_room_for(table, slot, h, PyBytes_GET_SIZE(item))
    cdef Entry* e
    cdef const char* p
    cdef Encoded element
    if index < 0:
        index += size
    if index < 0 or index >= size:
        return False
    if large is not None:
        large.replace(<size_t>index, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
        shrink(table, slot, h, large)
        return True
    e = slot_entry(slot[0])
    p = element_at(first_of(e), end_of(e), size, index)
    encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    write_element(splice(table, slot, h, p - value_of(e), after(p) - p, element.total), &element)
    return True


def insert(Table table not None, bytes key not None, bytes pivot not None, bytes item not None,
           bint behind) -> int:
    """Insert an item beside the first element that is like `pivot`; the new length, -1 without such."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef PackedList large = make_room_for(table, slot, h, PyBytes_GET_SIZE(item))
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t size = list_length(e)
    cdef size_t offset = 0
    cdef Node* node = NULL
    cdef Encoded wanted, element
    cdef Walker w
    encode(&wanted, PyBytes_AS_STRING(pivot), PyBytes_GET_SIZE(pivot))
    walk_from(e, 0, &w)
    while w.p != NULL and not is_same(w.p, &wanted):
        offset += 1
        node = w.node
        walk_on(&w)
        if w.node != node:
            offset = 0
    if w.p == NULL:
        return -1
    if large is not None:
        large.insert(w.node, w.p, offset, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), behind)
        return size + 1
    if behind:
        w.p = after(w.p)
    encode(&element, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    write_element(splice(table, slot, h, w.p - value_of(e), 0, element.total), &element)
    set_count(slot_entry(slot[0]), size + 1)
    return size + 1


# -- removing ------------------------------------------------------------------------------------------


cdef int remove_between(Table table, bytes key, int64_t start, int64_t count) except -1:
    """Remove the elements from index `start` on, which are there."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef Entry* e
    cdef PackedList large
    cdef const char* p
    cdef const char* q
    cdef int64_t size, i
    if count == 0:
        return 0
    e = slot_entry(slot[0])
    size = list_length(e)
    if count == size:
        table.remove_slot(slot, h)
    elif is_packed(e):
        p = element_at(first_of(e), end_of(e), size, start)
        q = end_of(e)
        if start + count < size:
            q = p
            for i in range(count):
                q = after(q)
        splice(table, slot, h, p - value_of(e), q - p, 0)
        set_count(slot_entry(slot[0]), size - count)
    else:
        large = <PackedList>object_of(e)
        large.remove_range(<size_t>start, <size_t>count)
        table.use(e)
        shrink(table, slot, h, large)
    return 0


def trim(Table table not None, bytes key not None, int64_t start, int64_t stop) -> int:
    """Keep the elements from `start` to `stop` only; how many were removed. Any indices."""
    cdef uint64_t* slot = table.slot_of(key)
    cdef int64_t size = list_length(slot_entry(slot[0]))
    if not clip(&start, &stop, size):
        table.delete(key)
        return size
    if stop - start + 1 == size:
        if not is_packed(slot_entry(slot[0])):      # for an item that was not inserted after all
            shrink(table, slot, hash_of(key), <PackedList>object_of(slot_entry(slot[0])))
        return 0
    remove_between(table, key, stop + 1, size - stop - 1)
    remove_between(table, key, 0, start)
    return size - (stop - start + 1)


def remove(Table table not None, bytes key not None, bytes item not None, int64_t count) -> int:
    """Remove `count` elements like `item` from the head on, or from the tail if negative, all if 0; how many."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef Entry* e = slot_entry(slot[0])
    cdef size_t most = <size_t>count if count > 0 else <size_t>-1
    cdef size_t skip = 0, found = 0
    cdef PackedList large
    cdef Encoded wanted
    cdef Walker w
    encode(&wanted, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    if count < 0:
        most = <size_t>0 - <size_t>count
        walk_from(e, 0, &w)
        while w.p != NULL:
            found += is_same(w.p, &wanted)
            walk_on(&w)
        if found > most:
            skip = found - most
    if is_packed(e):
        return remove_inline(table, slot, h, &wanted, skip, most)
    large = <PackedList>object_of(e)
    found = large.remove_same(&wanted, skip, most)
    if found:
        table.use(e)
        shrink(table, slot, h, large)
    return found


cdef size_t remove_inline(Table table, uint64_t* slot, uint64_t h, Encoded* wanted, size_t skip,
                          size_t most) except? 0:
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p = first_of(e)
    cdef const char* end = end_of(e)
    cdef const char* q
    cdef char* to = <char*>p
    cdef size_t removed = 0
    while p < end:
        q = after(p)
        if removed < most and is_same(p, wanted):
            if skip == 0:
                removed += 1
                p = q
                continue
            skip -= 1
        if to != p:
            memmove(to, p, q - p)
        to += q - p
        p = q
    if removed == 0:
        return 0
    set_count(e, count_of(e) - <int64_t>removed)
    if count_of(e) == 0:
        table.remove_slot(slot, h)
    else:
        splice(table, slot, h, to - value_of(e), end - to, 0)
    return removed


# -- looking for elements, moving them -----------------------------------------------------------------


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
    cdef Walker w
    if size == 0:
        return found
    encode(&wanted, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    index = size - 1 if backwards else 0
    walk_from(e, index, &w)
    while w.p != NULL and (looked_at == 0 or passed < looked_at):
        if is_same(w.p, &wanted):
            if skip > 0:
                skip -= 1
            else:
                found.append(index)
                if most and len(found) >= most:
                    break
        passed += 1
        if backwards:
            walk_back(&w)
            index -= 1
        else:
            walk_on(&w)
            index += 1
    return found


def move(Table table not None, bytes key not None, bint from_left, Table target not None,
         bytes new_key not None, bint to_left) -> bytes:
    """Take the element at an end of a list to an end of another, or of the same; the element."""
    cdef uint64_t h = hash_of(key), new_h = hash_of(new_key)
    cdef uint64_t* slot = table.slot_of(key)
    cdef bint same = table is target and key == new_key
    cdef const char* p = end_element(slot_entry(slot[0]), from_left)
    cdef bytes item = element_bytes(p)
    cdef Encoded element
    cdef size_t counted
    encode_again(&element, p)
    counted = element.length        # Redis takes an integer for no bytes at all here
    if same:
        drop_element(table, slot, h, from_left, True)
        push_counted(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, slot,
                     PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), to_left, counted)
        if not is_packed(slot_entry(slot[0])):
            shrink(table, slot, h, <PackedList>object_of(slot_entry(slot[0])))
        return item
    push_counted(target, PyBytes_AS_STRING(new_key), PyBytes_GET_SIZE(new_key), new_h,
                 target.slot_of(new_key), PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item), to_left, counted)
    drop_element(table, table.slot_of(key), h, from_left, False)
    return item
