"""What can be done to a list at a key, for native callers; lists.pyx describes it.

`h` is the key's hash, `slot` where the table has it, NULL for no such key. The type was checked.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.values.packed_list cimport Node
from dflite.native.wire.reply cimport Reply

cdef struct Walker:
    # A place in a list; `p` is NULL beyond its ends.
    const char* p
    const char* first           # of the node, or of what lies inline
    const char* end
    Node* node                  # NULL inline

cdef int64_t list_length(Entry* e) noexcept
cdef int64_t push_element(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                          const char* data, size_t length, bint left) except -1
cdef int64_t pop_element(Table table, uint64_t h, uint64_t* slot, bint left, Reply reply) except -1
cdef int write_range(Entry* e, int64_t start, int64_t stop, Reply reply) except -1
cdef int walk_from(Entry* e, int64_t index, Walker* w) except -1
cdef void walk_on(Walker* w) noexcept nogil
cdef void walk_back(Walker* w) noexcept nogil
