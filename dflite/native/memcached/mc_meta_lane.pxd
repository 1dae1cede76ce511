from libc.stdint cimport uint64_t

from dflite.native.base.slice cimport Slice
from dflite.native.memcached.mc_figures cimport McFigures
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

cdef int meta_get(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  Reply reply) except -1
cdef int meta_set(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  size_t block, size_t length, Reply reply) except -1
cdef int meta_delete(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                     Reply reply) except -1
