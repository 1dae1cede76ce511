"""A large list: a chain of nodes of packed elements. packed_list.pyx describes it."""

from libc.stdint cimport int64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.value cimport Value
from dflite.native.values.list_nodes cimport Chain, Node
from dflite.native.values.packed cimport Encoded
from dflite.native.values.small cimport object_of

@cython.final
cdef class PackedList(Value):
    cdef Chain chain

    cdef int adopt(self, const char* first, size_t n, int64_t count) except -1
    cdef int push(self, const char* data, size_t length, bint left) except -1
    cdef int push_node(self, Encoded* e, bint left, bint alone) except -1
    cdef const char* peek(self, bint left) noexcept nogil
    cdef int drop(self, bint left) except -1
    cdef const char* seek(self, size_t index, Node** node, size_t* offset) noexcept nogil
    cdef int insert(self, Node* node, const char* p, size_t offset, const char* data,
                    size_t length, bint behind) except -1
    cdef int replace(self, size_t index, const char* data, size_t length) except -1
    cdef int remove_range(self, size_t start, size_t count) except -1
    cdef size_t remove_same(self, Encoded* e, size_t skip, size_t most) except? 0
    cdef bint fits_small(self) noexcept nogil

cdef inline PackedList packed_list_of(Entry* e):
    """The large list that the entry refers to."""
    return <PackedList>object_of(e)
