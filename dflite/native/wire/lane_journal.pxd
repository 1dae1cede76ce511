from libc.stdint cimport int64_t

from dflite.native.base.slice cimport Slice
from dflite.native.wire.backlog cimport Backlog

cdef int journal(Backlog backlog, int64_t now_ms, int code, const char* base, Slice* args, size_t count,
                 const char* answer, int database) except -1
