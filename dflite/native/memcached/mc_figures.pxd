from libc.stdint cimport int64_t

cimport cython

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
