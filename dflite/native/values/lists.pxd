"""What can be done at the ends of a list at a key, for native callers; lists.pyx describes it.

`h` is the key's hash, `slot` where the table has it, NULL for no such key. The type was checked.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.table cimport Table
from dflite.native.wire.reply cimport Reply

cdef int64_t push_element(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                          const char* data, size_t length, bint left) except -1
cdef int64_t pop_element(Table table, uint64_t h, uint64_t* slot, bint left, Reply reply) except -1
