from libc.stdint cimport int64_t

from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.reply cimport Reply

cdef struct Figures:
    int64_t hits
    int64_t misses
    int64_t changes

cdef int serve_collection(int code, Table table, const char* base, Slice* args, size_t count,
                          Reply reply, Figures* figures) except -1
