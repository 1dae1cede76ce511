from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.table cimport Table
from dflite.native.values cimport thresholds
from dflite.native.values.members cimport Members

cdef inline bint is_packable(int64_t others, size_t length) noexcept nogil:
    """May a member of this length be packed beside so many others?"""
    return (others < thresholds.set_max_listpack_entries
            and <int64_t>length <= thresholds.set_max_listpack_value)

cdef uint64_t* new_empty(Table table, const char* key, size_t n, uint64_t h, int form,
                         int64_t deadline) except NULL
cdef uint64_t* create(Table table, const char* key, size_t n, uint64_t h, const char* member,
                      size_t length, int64_t hint) except NULL
cdef int prepare(Table table, uint64_t* slot, uint64_t h, int64_t hint) except -1
cdef int leave_integers(Table table, uint64_t* slot, uint64_t h, size_t length) except -1
cdef Members enlarge_set(Table table, uint64_t* slot, uint64_t h)
