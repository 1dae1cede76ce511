from libc.stdint cimport int64_t, uint32_t, uint64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.index cimport Index

@cython.final
cdef class Table(Index):
    cdef Entry* put_string(self, const char* key, size_t n, uint64_t h, const char* value,
                           size_t length, int64_t deadline, uint32_t mc_flags) except NULL
    cdef object value_object(self, Entry* e)
    cdef int put_like(self, Entry* model, bytes key) except -1
    cdef int relink(self, bytes key, Table target, bytes new_key) except -1
    cdef int put_wide(self, uint64_t* slot, uint64_t h) except -1
