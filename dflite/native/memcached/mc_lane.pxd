from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cimport cython

from dflite.native.base.slice cimport Slice
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

# what is asked for: numbers in the hot lane too, so beyond those of RESP's commands
cdef enum:
    OTHER = 0
    GET = 64
    GETS = 65
    GAT = 66
    GATS = 67
    SET = 68
    ADD = 69
    REPLACE = 70
    APPEND = 71
    PREPEND = 72
    CAS = 73
    DELETE = 74
    INCR = 75
    DECR = 76
    TOUCH = 77
    MG = 78
    MS = 79
    MD = 80
    MN = 81

cdef enum:
    LONGEST_KEY = 250

@cython.final
cdef class McFigures:
    cdef public int64_t max_item_size
    cdef public int64_t cmd_get
    cdef public int64_t cmd_set
    cdef public int64_t cmd_flush
    cdef public int64_t cmd_touch
    cdef public int64_t cmd_meta
    cdef public int64_t get_hits
    cdef public int64_t get_misses
    cdef public int64_t delete_hits
    cdef public int64_t delete_misses
    cdef public int64_t incr_hits
    cdef public int64_t incr_misses
    cdef public int64_t decr_hits
    cdef public int64_t decr_misses
    cdef public int64_t cas_hits
    cdef public int64_t cas_misses
    cdef public int64_t cas_badval
    cdef public int64_t touch_hits
    cdef public int64_t touch_misses
    cdef public int64_t store_too_large
    cdef public int64_t store_no_memory
    cdef public int64_t total_items

cdef bint read_unsigned(const char* text, size_t n, uint64_t most, uint64_t* number) noexcept nogil
cdef bint read_int32(const char* text, size_t n, int64_t* number) noexcept nogil

cdef int fetch(Lane lane, McFigures figures, int verb, const char* key, size_t n, uint64_t h,
               int64_t exptime, Reply reply) except -1
cdef int store(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
               uint64_t h, size_t block, size_t length, uint32_t flags, int64_t exptime,
               Reply reply) except -1
cdef int change(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
                uint64_t h, Reply reply) except -1
cdef int meta_get(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  Reply reply) except -1
cdef int meta_set(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  size_t block, size_t length, Reply reply) except -1
cdef int meta_delete(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                     Reply reply) except -1
