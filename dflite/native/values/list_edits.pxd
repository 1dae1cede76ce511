from libc.stdint cimport int64_t

from dflite.native.keyspace.table cimport Table

cdef int remove_between(Table table, bytes key, int64_t start, int64_t count) except -1
