# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The two forms of a list: packed in the keyspace's entry, or a `PackedList` beside it.

A list leaves its entry when what is about to be added does not fit a node any more, and comes back when it has
shrunk to half of one.
"""

from cpython.ref cimport Py_DECREF, PyObject
from libc.string cimport memcpy

from dflite.native.keyspace.entry cimport ENC_PACKED, T_LIST, slot_entry
from dflite.native.values.list_nodes cimport Node, first_in, used_in
from dflite.native.values.packed_list cimport packed_list_of
from dflite.native.values.small cimport become_object, end_of, first_of, is_packed, set_count, splice


cdef PackedList enlarge_list(Table table, uint64_t* slot, uint64_t h):
    """The list that lies inline moves out."""
    cdef Entry* e = slot_entry(slot[0])
    cdef PackedList large = PackedList.__new__(PackedList)
    if count_of(e) > 0:
        large.adopt(first_of(e), end_of(e) - first_of(e), count_of(e))
    become_object(table, slot, h, large)
    return large


cdef PackedList large_for(Table table, uint64_t* slot, uint64_t h, size_t length):
    """The list as a large one if it is that, or has to be before such an item comes into it; or None."""
    cdef Entry* e = slot_entry(slot[0])
    if not is_packed(e):
        table.use(e)
        return packed_list_of(e)
    if fits_inline(e, length, 1):
        return None
    return enlarge_list(table, slot, h)


cdef int settle_form(Table table, uint64_t* slot, uint64_t h, PackedList large) except -1:
    """Elements were removed: the list moves in again if it is small, and its key goes if it is empty."""
    cdef Node* node
    cdef char* room
    cdef Entry* e
    if large.chain.size == 0:
        table.remove_slot(slot, h)
    elif large.fits_small():
        node = large.chain.head
        room = splice(table, slot, h, 0, sizeof(PyObject*), COUNT_BYTES + used_in(node))
        memcpy(room + COUNT_BYTES, first_in(node), used_in(node))
        e = slot_entry(slot[0])
        e.kind = T_LIST | ENC_PACKED
        set_count(e, node.count)
        Py_DECREF(large)
    return 0
