from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.memory cimport Memory
from dflite.native.keyspace.segment cimport Segment
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.uses cimport Census, Uses

cdef enum:
    # which keys, and which of them goes first
    NONE = 0
    ALLKEYS = 8
    VOLATILE = 16           # only those with a deadline
    RANDOM = 1
    LRU = 2
    LFU = 3
    TTL = 4
    CACHE = 5
    BATCH = 4               # keys that are chosen at a time
    MOST_SAMPLES = 64       # buckets for two of them
    STAGES = 3              # choices ahead that it is drawn where to look
    MOST_LOOKS = 2 * MOST_SAMPLES * 8

cdef struct Chosen:
    Entry* entry
    PyObject* table
    int64_t rank            # the least goes first

cdef struct Look:           # at an entry
    uint64_t* slot
    int64_t rank

cdef struct Place:          # where to look
    PyObject* table
    uint64_t hash

@cython.final
cdef class Evictor(Census):
    cdef readonly Clock clock
    cdef readonly Memory memory
    cdef readonly Uses uses
    cdef list databases
    cdef readonly int policy
    cdef public int samples             # buckets to look into for a choice
    cdef public int64_t slice_us        # as long as it may take at a time
    cdef public bint active             # a replica waits for its primary's deletions
    cdef readonly int64_t evicted       # keys
    cdef readonly int64_t expired       # ... that were due already when they were met
    cdef public int64_t over_time       # slices that were not enough
    cdef int64_t rested_since_us        # when the last one ended that was not
    cdef Chosen[BATCH] chosen
    cdef int found
    cdef int left                       # of those chosen, to be evicted next
    cdef Place[2 * MOST_SAMPLES][STAGES] places     # for the next choices; NULL for a table is none
    cdef int stage                      # the places of the next choice
    cdef Look[MOST_LOOKS] looks
    cdef size_t ghost_sets              # as memory was told

    cdef bint make_room(self) noexcept
    cdef int tell_memory(self) except -1
    cdef bint forget_ghosts(self) noexcept
    cdef bint is_over(self, int64_t* end) noexcept
    cdef bint choose(self) noexcept
    cdef void search(self) noexcept
    cdef uint64_t* bucket_at(self, Place* place) noexcept
    cdef void draw_places(self, Place* places, int count) noexcept
    cdef void look_ahead(self, int count) noexcept
    cdef void spare(self, int looks) noexcept
    cdef int64_t rank_of(self, PyObject* table, Entry* e) noexcept
    cdef void keep(self, PyObject* table, Entry* e, int64_t rank) noexcept
    cdef bint choose_slowly(self, int samples) noexcept
    cdef void consider(self, PyObject* table, Entry* e) noexcept
    cdef PyObject* draw_table(self) noexcept
    cdef int database_of(self, Table table) except -1
    cdef bint evict_next(self, list gone) except -1
    cdef int sample(self, PyObject* table) noexcept
