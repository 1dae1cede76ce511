from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry, value_length_of
from dflite.native.keyspace.table cimport Table
from dflite.native.values.list_nodes cimport EMPTY_LISTPACK
from dflite.native.values.packed_list cimport PackedList
from dflite.native.values.small cimport COUNT_BYTES, count_of
from dflite.native.values.thresholds cimport list_node_bytes, list_node_entries

cdef enum:
    MOST_INLINE = 65535         # elements, which two bytes count

cdef inline bint fits_inline(Entry* e, size_t more_bytes, int64_t more) noexcept nogil:
    """May so many elements of so many bytes be added to a list that lies inline, or to none yet?"""
    cdef size_t size = EMPTY_LISTPACK + more_bytes
    cdef int64_t count = more
    if e != NULL:
        size += value_length_of(e) - COUNT_BYTES
        count += count_of(e)
    return size <= list_node_bytes() and count <= list_node_entries() and count <= MOST_INLINE

cdef PackedList enlarge_list(Table table, uint64_t* slot, uint64_t h)
cdef PackedList large_for(Table table, uint64_t* slot, uint64_t h, size_t length)
cdef int settle_form(Table table, uint64_t* slot, uint64_t h, PackedList large) except -1
