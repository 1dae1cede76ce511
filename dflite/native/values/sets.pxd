"""What can be done to the members of a set at a key, for native callers; sets.pyx describes it.

`h` is the key's hash, `slot` where the table has it. The type was checked.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table

cdef enum:
    ABSENT = 0
    REMOVED = 1
    REMOVED_LAST = 2            # and the key with it

cdef bint has_member(Entry* e, const char* member, size_t length) noexcept
cdef bint add_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1
cdef int remove_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1
cdef int take_integer(Table table, uint64_t* slot, uint64_t h, int64_t index) except -1
cdef int take_element(Table table, uint64_t* slot, uint64_t h, const char* p) except -1
