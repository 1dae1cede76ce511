# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What the 24 bits of an entry's stamp tell of its use, and what cache mode learns from them.

* By idle time: seconds of the last use. By frequency: 16 bits of minutes and Redis' logarithmic counter.
* By density, which is cache mode's: 16 bits of ticks, 2 bits of stage, 6 bits of rhythm. A tick is the
  time in which 1/256 as many accesses come as there are keys, so a cache of any size and speed lives through
  the same ticks. The rhythm is a moving average of the logarithm of the ticks between two uses; the stage
  says whether it is of none, one, two or more intervals. Stage and rhythm make the class.

For each class and age (ticks since the last use, logarithmic) it is counted how many entries were asked
for again and how many were evicted. From both follows what an entry of that class and age is worth: the hits
to expect of it, for each tick that it will stay. What is worth least for its bytes is evicted. So nothing is
presumed about the load: where old entries are not asked for, recency decides; where rhythms differ,
frequency; in a loop that is larger than memory, the newest entries turn out to be those that have longest
to wait. After Beckmann, Chen and Cidon, "LHD: Improving Cache Hit Rate by Maximizing Hit Density", NSDI 2018;
the moving average, the ghosts and the smoothing are our own.

Popularity may jump: then rhythms mislead until they have been learned anew. It shows in the age at which
entries are hit. What was not used since is worth little then, and begins as if it were new when it is.

Ghosts are four bytes for each of about as many evicted keys as there are keys: 12 bits of their hash, the tick
of their last use, stage and rhythm. A key that comes back goes on where it was.
"""

import os

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport DFLITE_PREFETCH

BY_IDLE_TIME = IDLE
BY_FREQUENCY = FREQUENCY
BY_DENSITY = DENSITY

cdef enum:
    FIRST_COUNT = 5         # of a new key's counter of frequency
    MOST = 255
    TICKS = 256             # in which as many accesses come as there are keys
    FIT_TICKS = 128         # between two fits
    WAYS = 4                # ghosts in a set
    LEAST_SETS = 16
    LATE = 128              # ticks that something was not used for
    LATELY = 32             # ticks of the average that follows soon
    USUALLY = 512           # ... and of the one that it is compared with
    NEVER = 0x10000

cdef float KEPT = 0.9       # of the counts, at a fit
cdef float CARRIED = 0.2    # of the worth, from one age to the next: entries get time to prove themselves
cdef float PRIOR = 10.0    # entries of the worth to expect that each class and age has from the beginning
cdef float FALL = 0.5       # of the worth to expect, from one age to the next, beyond the rhythm of a class

cdef float OUTDATED = 1.0 / 64  # of its worth is left to what was not used since popularity jumped
cdef float CERTAIN = 9      # squared standard deviations, of an average over about two such windows
cdef float FEW = 0.55       # of the usual share of late hits is left if it did

cdef extern from *:
    """
    #define DFLITE_TOP_BIT(n) (31 - __builtin_clz(n))
    """
    int DFLITE_TOP_BIT(uint32_t n) noexcept nogil


cdef uint64_t chance = int.from_bytes(os.urandom(8), "little") | 1


cdef inline uint64_t next_chance() noexcept nogil:
    """xorshift64*"""
    global chance
    chance ^= chance >> 12
    chance ^= chance << 25
    chance ^= chance >> 27
    return chance * 0x2545F4914F6CDD1DULL


cdef inline int bin_of(uint32_t age) noexcept nogil:
    """Ages 0 and 1, then two bins for each power of two; 0 to 31."""
    cdef int power
    if age < 2:
        return <int>age
    power = DFLITE_TOP_BIT(age)
    return (power << 1) + <int>((age >> (power - 1)) & 1)


cdef inline float width_of(int bin) noexcept nogil:
    return 1 if bin < 2 else <float>(1 << ((bin >> 1) - 1))


cdef inline int rhythm_of(uint32_t age) noexcept nogil:
    """Four for each power of two; 0 to 59."""
    cdef int power
    if age < 4:
        return <int>age
    power = DFLITE_TOP_BIT(age)
    return ((power - 1) << 2) + <int>((age >> (power - 2)) & 3)


cdef inline int usual_bin(int c) noexcept nogil:
    """The bin of the age at which entries of a class are used again; of new ones something is presumed."""
    return 10 if c == 0 else max((c - 1) & 31, 1) // 2 + 2


cdef inline int class_of(uint32_t stamp) noexcept nogil:
    cdef int stage = (stamp >> 6) & 3, rhythm = stamp & 63
    return 0 if stage == 0 else ((stage - 1) << 5) + 1 + min(rhythm, 31)


cdef inline uint32_t next_history(uint32_t history, uint32_t age) noexcept nogil:
    """Stage and rhythm after one more interval."""
    cdef int stage = (history >> 6) & 3, rhythm = history & 63, new = rhythm_of(age)
    if stage == 1:
        new = (rhythm + new + <int>(next_chance() >> 63)) >> 1
    elif stage > 1:
        new = (3 * rhythm + new + <int>(next_chance() >> 62)) >> 2
    return <uint32_t>(min(stage + 1, 3) << 6 | new)


cdef class Census:
    """Somebody who knows how many keys there are."""

    cdef int64_t keys(self) noexcept:
        return 0


@cython.final
cdef class Uses:
    """Of the tables of one node. `mode` is BY_IDLE_TIME, BY_FREQUENCY or BY_DENSITY."""

    def __cinit__(self, Clock clock):
        self.clock = clock
        self.census = Census()
        self.log_factor = 10
        self.decay_minutes = 1
        self.tick = 1

    def __dealloc__(self):
        free(self.learned)
        free(self.ghosts)

    def set_mode(self, int mode) -> None:
        """Read and write stamps so from now on. What they said before is lost, as it is in Redis."""
        if mode == self.mode:
            return
        free(self.learned)
        free(self.ghosts)
        self.learned = NULL
        self.ghosts = NULL
        self.ghost_sets = 0
        if mode == DENSITY:
            self.learned = <Learned*>calloc(1, sizeof(Learned))
            if self.learned == NULL:
                self.mode = IDLE
                raise MemoryError
            self.tick = 1
            self.accesses = self.next_tick = 0
            self.hits = self.late_hits = 0
            self.hits_lately = self.late_hits_lately = self.usual_hits = self.usual_late_hits = 0
            self.jumped = NEVER
            self.ticks_to_fit = 0
            self.fit()
        self.mode = mode

    @property
    def memory(self) -> int:
        """Bytes of what is remembered beside the entries."""
        return self.bytes()

    cdef size_t bytes(self) noexcept nogil:
        cdef size_t total = self.ghost_sets * WAYS * sizeof(uint32_t)
        return total + (0 if self.learned == NULL else sizeof(Learned))

    def idle_seconds(self, uint32_t stamp) -> int:
        """Seconds since the entry with this stamp was used, as far as they are told."""
        cdef int64_t now = self.clock.now_ms // 1000
        if self.mode == DENSITY:
            return max(now - self.learned.seconds[(stamp >> 8) & 0xFFFF], 0)
        if self.mode == FREQUENCY:
            return (((now // 60) - (stamp >> 8)) & 0xFFFF) * 60
        return (self.clock.stamp - stamp) & 0xFFFFFF

    def frequency_of(self, uint32_t stamp) -> int:
        """The counter as it stands by now, decayed."""
        return self.frequency(stamp)

    def stamp_with(self, int counter) -> int:
        """A stamp of now with this counter of frequency."""
        return ((<uint32_t>(self.clock.now_ms // 60000) & 0xFFFF) << 8) | <uint32_t>counter

    cdef uint32_t frequency(self, uint32_t stamp) noexcept nogil:
        cdef uint32_t counter = stamp & 0xFF, minutes
        if self.decay_minutes <= 0:
            return counter
        minutes = (<uint32_t>(self.clock.now_ms // 60000) - (stamp >> 8)) & 0xFFFF
        minutes //= <uint32_t>self.decay_minutes
        return counter - minutes if counter > minutes else 0

    # -- what happens to entries -------------------------------------------------------------------

    cdef uint32_t born(self, uint64_t h) noexcept:
        """The stamp of a new key, whose hash is h."""
        if self.mode == FREQUENCY:
            return ((<uint32_t>(self.clock.now_ms // 60000) & 0xFFFF) << 8) | FIRST_COUNT
        if self.mode == IDLE:
            return self.clock.stamp
        self.accesses += 1
        if self.accesses >= self.next_tick:
            self.advance()
        return ((self.tick & 0xFFFF) << 8) | self.recall(h)

    cdef uint32_t used(self, uint32_t stamp) noexcept:
        """The stamp of an entry that is used now."""
        cdef uint32_t counter, age
        cdef uint64_t base
        if self.mode == FREQUENCY:
            counter = self.frequency(stamp)
            if counter < MOST:
                base = counter - FIRST_COUNT if counter > FIRST_COUNT else 0
                base = base * <uint64_t>self.log_factor + 1
                if (next_chance() >> 32) * base < (<uint64_t>1 << 32):
                    counter += 1
            return ((<uint32_t>(self.clock.now_ms // 60000) & 0xFFFF) << 8) | counter
        if self.mode == IDLE:
            return self.clock.stamp
        self.accesses += 1
        if self.accesses >= self.next_tick:
            self.advance()
        age = (self.tick - (stamp >> 8)) & 0xFFFF
        if age == 0:
            return stamp        # several uses in a tick count as one
        self.hits += 1
        self.late_hits += age >= LATE
        if age > self.jumped:
            return (self.tick & 0xFFFF) << 8        # what it was before the jump says nothing now
        self.learned.new_hits[class_of(stamp)][bin_of(age)] += 1
        return ((self.tick & 0xFFFF) << 8) | next_history(stamp & 0xFF, age)

    cdef void ended(self, uint32_t stamp, uint64_t h) noexcept:
        """An entry is being evicted."""
        if self.mode == DENSITY:
            self.learned.new_ends[class_of(stamp)][bin_of((self.tick - (stamp >> 8)) & 0xFFFF)] += 1
            if self.ghosts == NULL:
                self.make_ghosts()
            if self.ghosts != NULL:
                self.remember(stamp, h)

    cdef double worth_of(self, uint32_t stamp) noexcept nogil:
        """Hits to expect of an entry, for each tick that it will stay."""
        cdef uint32_t age = (self.tick - (stamp >> 8)) & 0xFFFF
        cdef double worth = self.learned.worth[class_of(stamp)][bin_of(age)]
        return worth * OUTDATED if age > self.jumped else worth

    # -- time ------------------------------------------------------------------------------------------

    cdef void advance(self) noexcept:
        """The next tick."""
        cdef int64_t population = self.census.keys()
        self.population = population
        self.tick = (self.tick + 1) & 0xFFFF
        self.next_tick = self.accesses + population // TICKS + 1
        self.learned.seconds[self.tick] = <uint32_t>(self.clock.now_ms // 1000)
        self.watch()
        self.ticks_to_fit -= 1
        if self.ticks_to_fit <= 0:
            self.ticks_to_fit = FIT_TICKS + <int>(1000 * TICKS // (population + 1000))
            self.fit()
            if self.ghosts != NULL and (self.has_too_many_ghosts(population)
                                        or self.ghost_sets * WAYS * 4 <= <size_t>population * 2):
                self.make_ghosts()

    cdef void watch(self) noexcept nogil:
        """Has popularity jumped? Then hits on what was not used for long become few, of a sudden.

        Of all hits, that is, so that a scan, in which there are fewer of either, is no jump.
        """
        cdef double expected, missing
        self.hits_lately += (self.hits - self.hits_lately) / LATELY
        self.late_hits_lately += (self.late_hits - self.late_hits_lately) / LATELY
        self.usual_hits += (self.hits - self.usual_hits) / USUALLY
        self.usual_late_hits += (self.late_hits - self.usual_late_hits) / USUALLY
        self.hits = self.late_hits = 0
        if self.jumped < NEVER:
            self.jumped += 1
        if self.ghosts == NULL or self.usual_late_hits == 0 or self.jumped < TICKS:
            return          # nothing went yet, so nothing is the matter with what is kept
        expected = self.usual_late_hits / self.usual_hits * self.hits_lately
        missing = expected - self.late_hits_lately
        if self.late_hits_lately > expected * FEW or missing * missing * LATELY < expected * CERTAIN:
            return          # or too few to be sure of it
        self.jumps += 1
        self.jumped = LATE
        self.usual_hits = self.hits_lately
        self.usual_late_hits = self.late_hits_lately

    cdef void fit(self) noexcept nogil:
        """Learn from what was counted. From the oldest age down: who is there at an age, and what of them."""
        cdef Learned* l = self.learned
        cdef int c, b, usual
        cdef double events, width, average, expected, all_hits = 1, all_lives = 1
        cdef double[BINS] hits, lives       # at an age and at all that are older
        for c in range(CLASSES):
            events = 0
            for b in range(BINS - 1, -1, -1):
                l.hits[c][b] = l.hits[c][b] * KEPT + l.new_hits[c][b]
                l.ends[c][b] = l.ends[c][b] * KEPT + l.new_ends[c][b]
                width = width_of(b)
                all_lives += events * width + (l.hits[c][b] + l.ends[c][b]) * width / 2
                events += l.hits[c][b] + l.ends[c][b]
                all_hits += l.hits[c][b]
        average = all_hits / all_lives
        for c in range(CLASSES):
            events = 0
            for b in range(BINS - 1, -1, -1):
                width = width_of(b)
                # who is older lives through all of the bin, who leaves in it through half of it
                lives[b] = events * width + (l.hits[c][b] + l.ends[c][b]) * width / 2
                events += l.hits[c][b] + l.ends[c][b]
                hits[b] = l.hits[c][b]
                if b < BINS - 1:
                    lives[b] += lives[b + 1]
                    hits[b] += hits[b + 1]
            # Where hardly any entry of a class was ever seen, who is later than usual is thought to be
            # the less likely to come the later it is: if popularity moves, that is what it looks like.
            usual = usual_bin(c)
            expected = average
            for b in range(BINS):
                l.worth[c][b] = <float>((hits[b] + PRIOR) / (lives[b] + PRIOR / expected))
                if b >= usual:
                    expected = l.worth[c][b] * FALL
            for b in range(1, BINS):
                l.worth[c][b] = l.worth[c][b - 1] * CARRIED + l.worth[c][b] * (1 - CARRIED)
        memset(l.new_hits, 0, sizeof(l.new_hits))
        memset(l.new_ends, 0, sizeof(l.new_ends))

    # -- ghosts ----------------------------------------------------------------------------------------

    cdef bint has_too_many_ghosts(self, int64_t population) noexcept nogil:
        return self.ghost_sets * WAYS * 2 >= <size_t>population * 3 + LEAST_SETS * WAYS * 4

    cdef bint let_ghosts_go(self, int64_t population) noexcept:
        """Give memory back that so few keys need no more; was there any?"""
        cdef size_t before = self.ghost_sets
        if not self.has_too_many_ghosts(population):
            return False
        self.population = population
        self.make_ghosts()
        return self.ghost_sets < before

    cdef void make_ghosts(self) noexcept:
        """Room for 0.75 to 1.5 times as many as there are keys; those that were there are forgotten."""
        cdef size_t sets = LEAST_SETS
        while sets * WAYS * 4 < <size_t>self.population * 3:
            sets <<= 1
        if sets == self.ghost_sets:
            return
        free(self.ghosts)
        self.ghosts = <uint32_t*>calloc(sets * WAYS, sizeof(uint32_t))
        self.ghost_sets = 0 if self.ghosts == NULL else sets

    cdef void prefetch_ghosts(self, uint64_t h) noexcept nogil:
        """Ask for the set in which a key's ghost would be."""
        if self.ghosts != NULL:
            DFLITE_PREFETCH(self.ghosts + (h & (self.ghost_sets - 1)) * WAYS)

    cdef void remember(self, uint32_t stamp, uint64_t h) noexcept nogil:
        """A ghost: 12 bits of the hash, 12 of the tick without its last four, stage and rhythm."""
        cdef uint32_t* ghost = self.ghosts + (h & (self.ghost_sets - 1)) * WAYS
        cdef uint32_t mark = <uint32_t>(h >> 52) | 1, age, oldest = 0
        cdef int i, place = 0
        for i in range(WAYS):
            if ghost[i] == 0 or ghost[i] >> 20 == mark:
                place = i
                break
            age = ((self.tick >> 4) - (ghost[i] >> 8)) & 0xFFF
            if age >= oldest:
                oldest = age
                place = i
        ghost[place] = mark << 20 | ((stamp >> 12) & 0xFFF) << 8 | (stamp & 0xFF)

    cdef uint32_t recall(self, uint64_t h) noexcept nogil:
        """Stage and rhythm of a key that comes, or comes back."""
        cdef uint32_t* ghost
        cdef uint32_t mark = <uint32_t>(h >> 52) | 1, history, age
        cdef int i
        if self.ghosts == NULL:
            return 0
        ghost = self.ghosts + (h & (self.ghost_sets - 1)) * WAYS
        for i in range(WAYS):
            if ghost[i] >> 20 == mark:
                age = ((((self.tick >> 4) - (ghost[i] >> 8)) & 0xFFF) << 4) + 8
                history = next_history(ghost[i] & 0xFF, age) if age <= self.jumped else 0
                ghost[i] = 0
                return history
        return 0
