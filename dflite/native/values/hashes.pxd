"""What can be done to the fields of a hash at a key, for native callers; hashes.pyx describes it.

`h` is the key's hash, `slot` where the table has it, NULL for no such key. The type was checked.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.values.fields cimport Fields
from dflite.native.values.hash_walks cimport Text

cdef bint get_field(Entry* e, const char* field, size_t n, Text* value) noexcept
cdef int64_t deadline_of_field(Entry* e, const char* field, size_t n) noexcept
cdef int set_field(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                   const char* field, size_t field_length, const char* value, size_t length,
                   int64_t deadline) except -1
cdef int remove_field(Table table, uint64_t* slot, uint64_t h, const char* field, size_t n) except -1
cdef Fields enlarge_hash(Table table, uint64_t* slot, uint64_t h)
