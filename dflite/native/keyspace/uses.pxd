from libc.stdint cimport int64_t, uint32_t, uint64_t

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport Entry

cdef enum:
    IDLE = 0                # stamps are seconds of the last use
    FREQUENCY = 1           # minutes of the last use, and a logarithmic counter
    DENSITY = 2             # ticks of the last use, and how long it took before
    BINS = 32               # of ages: two for each power of two
    CLASSES = 97            # new, then three stages of what is known of the rhythm, 32 rhythms each

cdef struct Learned:
    float[CLASSES][BINS] hits           # by class and age: what was asked for again
    float[CLASSES][BINS] ends           # ... what was evicted
    float[CLASSES][BINS] new_hits       # since the last fit
    float[CLASSES][BINS] new_ends
    float[CLASSES][BINS] worth          # hits to expect for a byte kept for a tick
    uint32_t[65536] seconds             # when each tick began

cdef class Census:
    cdef int64_t keys(self) noexcept

@cython.final
cdef class Uses:
    cdef readonly Clock clock
    cdef readonly int mode
    cdef public int log_factor          # of frequencies
    cdef public int decay_minutes
    cdef uint32_t tick
    cdef int64_t accesses
    cdef int64_t next_tick
    cdef int ticks_to_fit
    cdef int64_t population             # keys, as of the last tick
    cdef public Census census
    cdef Learned* learned
    cdef uint32_t* ghosts               # sets of four
    cdef size_t ghost_sets              # a power of two
    cdef Entry* last                    # used last, at
    cdef int64_t last_us
    cdef int hits                       # uses of what was there, since the last tick
    cdef int late_hits                  # ... of what was not used for LATE ticks
    cdef double hits_lately, late_hits_lately, usual_hits, usual_late_hits      # averages of them
    cdef readonly int64_t jumps         # of popularity, as far as they were noticed
    cdef uint32_t jumped                # ticks since the last one

    cdef uint32_t born(self, uint64_t h) noexcept
    cdef uint32_t used(self, uint32_t stamp) noexcept
    cdef void ended(self, uint32_t stamp, uint64_t h) noexcept
    cdef double worth_of(self, uint32_t stamp) noexcept nogil
    cdef uint32_t frequency(self, uint32_t stamp) noexcept nogil
    cdef void advance(self) noexcept
    cdef void watch(self) noexcept nogil
    cdef void fit(self) noexcept nogil
    cdef size_t bytes(self) noexcept nogil
    cdef bint has_too_many_ghosts(self, int64_t population) noexcept nogil
    cdef bint let_ghosts_go(self, int64_t population) noexcept
    cdef void make_ghosts(self) noexcept
    cdef void prefetch_ghosts(self, uint64_t h) noexcept nogil
    cdef void remember(self, uint32_t stamp, uint64_t h) noexcept nogil
    cdef uint32_t recall(self, uint64_t h) noexcept nogil
