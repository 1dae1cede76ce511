from libc.stdint cimport int64_t, uint32_t, uint64_t

from dflite.native.base.slice cimport Slice
from dflite.native.memcached.mc_figures cimport McFigures
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

cdef int fetch(Lane lane, McFigures figures, int verb, const char* key, size_t n, uint64_t h,
               int64_t exptime, Reply reply) except -1
cdef int store(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
               uint64_t h, size_t block, size_t length, uint32_t flags, int64_t exptime,
               Reply reply) except -1
cdef int change(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
                uint64_t h, Reply reply) except -1
