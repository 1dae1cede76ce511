# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Making room: which keys go when memory is at its limit, for all policies.

There are no lists of keys in order of their use: that would cost 16 bytes a key. Each choice looks into some
buckets drawn by chance from the whole keyspace (which is hashed, so neighbours have nothing in common) and takes
those that rank lowest by what their stamps say: see uses.pyx. An entry that ranks high is spared: three bits
of its slot say how many times it need not be looked at, for to fetch it costs more than all else. Keys with a
deadline are found by their segments' counts of them and by a bit in the slot, so for the volatile policies the
others are not walked.

Evicting is done in slices of time: what one slice leaves over is for the next request, or for the time between
requests. Large values are not freed on the way but buried, and what is buried does not count any more.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.ref cimport PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

cimport cython

from dflite.native.base.clock cimport Clock, microseconds
from dflite.native.keyspace.directory cimport segment_for
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    ENC_OBJECT,
    F_STICKY,
    Entry,
    allocated,
    deadline_of,
    key_length_of,
    key_of,
    slot_entry,
    stamp_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.memory cimport POLICY_KIND, Memory
from dflite.native.keyspace.segment cimport (
    HAS_DEADLINE,
    NEVER,
    ONCE_SPARED,
    SLOTS,
    SPARED,
    Segment,
    after_prefix,
)
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.uses cimport DENSITY, FREQUENCY, IDLE, Uses
from dflite.native.keyspace.value cimport Value
from dflite.native.keyspace.walk cimport next_random, random_below

cdef enum:
    FEW = 6                 # keys with a deadline that are enough of one segment
    SEGMENTS_AHEAD = 4096   # that a search for keys with a deadline passes
    SMALL = 1024            # bytes of a key that may go although there is room already
    LOOK_AT_CLOCK = 8       # keys between two looks at the clock
    SHORTEST_US = 20        # of a slice, right behind another

POLICIES = {
    "noeviction": NONE,
    "allkeys-random": ALLKEYS | RANDOM,
    "allkeys-lru": ALLKEYS | LRU,
    "allkeys-lfu": ALLKEYS | LFU,
    "volatile-random": VOLATILE | RANDOM,
    "volatile-lru": VOLATILE | LRU,
    "volatile-lfu": VOLATILE | LFU,
    "volatile-ttl": VOLATILE | TTL,
    "cache": ALLKEYS | CACHE,
}


cdef inline double size_of(Entry* e) noexcept:
    """Bytes that would come free, about; the allocator is not asked, whose notes lie elsewhere."""
    cdef PyObject* value
    cdef object held
    cdef double size = <double>(((value_of(e) - <char*>e) + value_length_of(e) + 23) & ~<size_t>15)
    if (e.kind & 0xF0) == ENC_OBJECT:
        memcpy(&value, value_of(e), sizeof(value))
        held = <object>value
        if isinstance(held, Value):
            return size + <double>(<Value>held).bytes_held()
    return size


@cython.final
cdef class Evictor(Census):
    """Of the tables whose bytes `memory` counts."""

    def __cinit__(self, Clock clock, Memory memory):
        self.clock = clock
        self.memory = memory
        self.databases = memory.databases
        self.uses = Uses(clock)
        self.uses.census = self
        self.samples = 5
        self.slice_us = 1000
        self.active = True

    def set_policy(self, str name) -> None:
        """By Redis' name, or "cache"."""
        cdef int policy = POLICIES[name], way = policy & 7
        cdef int mode = FREQUENCY if way == LFU else DENSITY if way == CACHE else IDLE
        self.policy = policy
        if mode == self.uses.mode:
            return
        self.uses.set_mode(mode)
        self.tell_memory()
        for tables in self.databases:
            for table in <list>tables:
                (<Table>table).uses = None if mode == IDLE else self.uses

    cdef int tell_memory(self) except -1:
        """What the policy remembers counts, too."""
        self.ghost_sets = self.uses.ghost_sets
        self.memory.tell(POLICY_KIND, self.uses.memory)
        return 0

    def reset(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
        self.evicted = self.expired = self.over_time = 0

    cdef bint forget_ghosts(self) noexcept:
        """What is remembered of keys that went goes before keys do, once it is too much for so few."""
        if self.uses.mode != DENSITY or not self.uses.let_ghosts_go(self.keys()):
            return False
        self.ghost_sets = self.uses.ghost_sets
        self.memory.put_down(POLICY_KIND, <int64_t>self.uses.bytes())
        return True

    cdef int64_t keys(self) noexcept:
        cdef int64_t total = 0
        cdef int i
        for i in range(self.memory.table_count):
            total += <int64_t>(<Table>self.memory.tables[i]).count
        return total

    # -- making room -----------------------------------------------------------------------------------

    cdef bint make_room(self) noexcept:
        """Evict, unseen by anybody, until memory is within its limit; False if a slice did not do."""
        cdef int64_t end = 0
        cdef int turns = 0
        self.left = 0
        if self.memory.binding() > self.memory.bound:
            self.forget_ghosts()
        try:
            while self.memory.pressing() > self.memory.bound:
                if not self.active or not self.evict_next(None):
                    return False
                turns += 1
                if turns % LOOK_AT_CLOCK == 0 and self.is_over(&end):
                    return False
            # those that were found anyway: so one search makes room for some requests to come
            while self.left and allocated(self.chosen[self.found - self.left].entry) <= SMALL:
                self.evict_next(None)
        except Exception:
            return False
        return True

    def evict(self, bint seen) -> tuple:
        """(enough, some, gone): evict for a slice of time, or until memory is within its limit.

        `enough`: it is; `some`: something could be evicted. `gone` has (database, key, was it due) of
        what went, if somebody has to see that.
        """
        cdef list gone = [] if seen else None
        cdef int64_t end = 0, before = self.evicted + self.expired
        cdef int turns = 0
        cdef bint enough = True, possible = True
        self.left = 0
        if self.memory.binding() > self.memory.bound:
            self.forget_ghosts()
        while self.memory.binding() > self.memory.bound:
            if not self.active or not self.policy or not self.evict_next(gone):
                enough = possible = False
                break
            turns += 1
            if turns % LOOK_AT_CLOCK == 0 and self.is_over(&end):
                enough = self.memory.binding() <= self.memory.bound
                self.over_time += not enough
                break
        return enough, possible or self.evicted + self.expired > before, gone

    cdef bint is_over(self, int64_t* end) noexcept:
        """Has the slice lasted long enough? It began with the first call, which says when it ends.

        One that follows soon is short: many requests that come in one turn do not make a long turn.
        """
        cdef int64_t now = microseconds()
        if end[0] == 0:
            end[0] = now + min(self.slice_us, max(now - self.rested_since_us, <int64_t>SHORTEST_US))
        elif now >= end[0]:
            self.rested_since_us = now
            return True
        return False

    cdef bint evict_next(self, list gone) except -1:
        """Evict one key; False if there is none that may go."""
        cdef Chosen chosen
        cdef Table table
        cdef uint64_t h
        cdef uint64_t* slot
        cdef const char* key
        cdef size_t n
        cdef bint due
        if self.left == 0:
            if not self.choose():
                return False
            self.left = self.found
        chosen = self.chosen[self.found - self.left]
        self.left -= 1
        table = <Table>chosen.table
        key = key_of(chosen.entry)
        n = key_length_of(chosen.entry)
        h = hash_key(key, n)
        self.uses.prefetch_ghosts(h)
        slot = table.find_slot(key, n, h)
        due = table.is_due(chosen.entry)
        if gone is not None:
            gone.append((self.database_of(table), PyBytes_FromStringAndSize(key, n), due))
        if due:
            self.expired += 1
        else:
            self.evicted += 1
            self.uses.ended(stamp_of(chosen.entry), h)
            if self.uses.ghost_sets != self.ghost_sets:
                self.tell_memory()
        table.remove_slot(slot, h)
        return True

    cdef int database_of(self, Table table) except -1:
        """The number of the database that this is a table of; SWAPDB changes it."""
        cdef int number = 0
        for tables in self.databases:
            for each in <list>tables:
                if each is table:
                    return number
            number += 1
        raise KeyError(table)

    # -- choosing --------------------------------------------------------------------------------------

    cdef PyObject* draw_table(self) noexcept:
        """A table, the likelier the more keys it has that may go; NULL if there are none."""
        cdef bint all_keys = self.policy & ALLKEYS
        cdef uint64_t total = 0, count, place
        cdef PyObject* table
        cdef int i
        for i in range(self.memory.table_count):
            table = self.memory.tables[i]
            total += (<Table>table).count if all_keys else (<Table>table).expiring_count
        if total == 0:
            return NULL
        place = random_below(min(total, <uint64_t>0xFFFFFFFF))
        for i in range(self.memory.table_count):
            table = self.memory.tables[i]
            count = (<Table>table).count if all_keys else (<Table>table).expiring_count
            if place < count:
                return table
            place -= count
        return NULL

    cdef bint choose(self) noexcept:
        """Fill `chosen`, the best first; False if no key may go.

        Memory is far away, so what a choice looks at is asked for long before, bit by bit: three choices
        ahead it is drawn where to look, then segments, buckets and entries are asked for, in turn.
        """
        cdef int count = 2 * max(1, min(self.samples, <int>MOST_SAMPLES)), i, k, looks = 0
        cdef Place* places = self.places[self.stage]
        cdef uint64_t* bucket
        cdef int64_t rank
        self.found = 0
        if (self.policy & 7) == RANDOM or not self.policy & ALLKEYS:
            return self.choose_slowly(count // 2)
        if places[0].table == NULL or (<Table>places[0].table).count == 0:
            self.draw_places(places, count)
            if places[0].table == NULL:
                return False
        for i in range(count):
            bucket = self.bucket_at(&places[i])
            if bucket == NULL:
                continue
            for k in range(SLOTS):
                if bucket[k] == 0:
                    break
                if bucket[k] & SPARED:
                    bucket[k] -= ONCE_SPARED
                    continue
                rank = self.rank_of(places[i].table, slot_entry(bucket[k]))
                if rank == NEVER:
                    continue
                self.keep(places[i].table, slot_entry(bucket[k]), rank)
                self.looks[looks] = Look(slot=&bucket[k], rank=rank)
                looks += 1
        self.spare(looks)
        self.draw_places(places, count)
        self.stage = (self.stage + 1) % STAGES
        self.look_ahead(count)
        return self.found > 0 or self.choose_slowly(count // 2)

    cdef uint64_t* bucket_at(self, Place* place) noexcept:
        """The bucket there, as things are now; NULL if the table is empty by now."""
        cdef Segment* s
        if place.table == NULL or (<Table>place.table).count == 0:
            return NULL
        s = segment_for(&(<Table>place.table).directory, place.hash)
        return s.slots + <size_t>(<uint32_t>place.hash % s.buckets) * SLOTS

    cdef void draw_places(self, Place* places, int count) noexcept:
        """Draw where to look, and ask for the segments."""
        cdef PyObject* table = self.draw_table()
        cdef int i
        for i in range(count):
            places[i].table = table
            places[i].hash = next_random()
            if table != NULL:
                DFLITE_PREFETCH(segment_for(&(<Table>table).directory, places[i].hash))

    cdef void look_ahead(self, int count) noexcept:
        """Ask for the entries that the next choice looks at, and for the buckets of the one after it."""
        cdef Place* places = self.places[self.stage]
        cdef uint64_t* bucket
        cdef int i, k
        for i in range(count):
            bucket = self.bucket_at(&places[i])
            if bucket == NULL:
                break
            for k in range(SLOTS):
                if bucket[k] == 0:
                    break
                if not bucket[k] & SPARED:
                    DFLITE_PREFETCH(slot_entry(bucket[k]))
        places = self.places[(self.stage + 1) % STAGES]
        for i in range(count):
            bucket = self.bucket_at(&places[i])
            if bucket == NULL:
                break
            DFLITE_PREFETCH(bucket)

    cdef void spare(self, int looks) noexcept:
        """Of what was looked at, the upper half is passed over the next time, its upper half longer."""
        cdef int64_t total = 0, upper_total = 0, middle, upper
        cdef int i, above = 0
        cdef bint learned = (self.policy & 7) == CACHE
        if looks < 4:
            return
        for i in range(looks):
            total += self.looks[i].rank
        middle = total // looks
        for i in range(looks):
            if self.looks[i].rank > middle:
                upper_total += self.looks[i].rank
                above += 1
        if above == 0:
            return
        upper = upper_total // above
        for i in range(looks):
            if self.looks[i].rank > middle:
                self.looks[i].slot[0] |= ONCE_SPARED * (
                    1 if self.looks[i].rank <= upper else 3 if learned else 5)

    cdef bint choose_slowly(self, int samples) noexcept:
        """As `choose`, for one key drawn by chance, or among those with a deadline, or where few may go."""
        cdef int done = 0, tries = 0
        cdef PyObject* table
        if (self.policy & 7) == RANDOM:
            samples = 1
        while tries < 4 * samples and done < samples:
            tries += 1
            table = self.draw_table()
            if table == NULL:
                return False
            done += self.sample(table) > 0
        if self.found == 0:
            self.search()
        return self.found > 0

    cdef void search(self) noexcept:
        """Nothing was met by chance: look at everything from somewhere on, until something may go."""
        cdef PyObject* table
        cdef Segment* s
        cdef uint64_t h, begun
        cdef uint32_t i
        cdef int t
        for t in range(self.memory.table_count):
            table = self.memory.tables[t]
            if ((<Table>table).count if self.policy & ALLKEYS else (<Table>table).expiring_count) == 0:
                continue
            h = begun = next_random()
            while True:
                s = segment_for(&(<Table>table).directory, h)
                for i in range(s.buckets * <uint32_t>SLOTS):
                    if s.slots[i] != 0 and (self.policy & ALLKEYS or s.slots[i] & HAS_DEADLINE):
                        self.consider(table, slot_entry(s.slots[i]))
                if self.found:
                    return
                h = after_prefix(h, s.depth)
                if segment_for(&(<Table>table).directory, h) == segment_for(&(<Table>table).directory, begun):
                    break

    cdef int sample(self, PyObject* table) noexcept:
        """Consider the keys of a bucket drawn by chance, or some with a deadline; how many there were."""
        cdef uint64_t h = next_random(), slot
        cdef Segment* s = segment_for(&(<Table>table).directory, h)
        cdef bint all_keys = self.policy & ALLKEYS, one = (self.policy & 7) == RANDOM
        cdef uint32_t b, steps, i, first
        cdef uint64_t* bucket
        cdef int considered = 0, left = SEGMENTS_AHEAD
        if not all_keys:
            while s.expiring == 0:
                left -= 1
                if left == 0:
                    return 0
                h = after_prefix(h, s.depth)
                s = segment_for(&(<Table>table).directory, h)
        b = <uint32_t>random_below(s.buckets)
        for steps in range(1 if all_keys else s.buckets):
            bucket = s.slots + <size_t>b * SLOTS
            first = <uint32_t>random_below(SLOTS) if one else 0
            for i in range(SLOTS):
                slot = bucket[(first + i) & (SLOTS - 1)]
                if slot == 0 or not (all_keys or slot & HAS_DEADLINE):
                    continue
                considered += 1
                self.consider(table, slot_entry(slot))
                if one and self.found:
                    return considered
            if considered >= FEW:
                break
            b += 1
            if b == s.buckets:
                b = 0
        return considered

    cdef int64_t rank_of(self, PyObject* table, Entry* e) noexcept:
        """The least goes first; NEVER for what must stay.

        The bits of a positive float, read as an integer, are in order, and grow about as its logarithm.
        """
        cdef int way = self.policy & 7
        cdef uint32_t stamp = stamp_of(e)
        cdef double rank = 1
        cdef int64_t bits
        if e.flags & F_STICKY:
            return NEVER
        if (<Table>table).is_due(e):
            return 0            # it is gone already, as far as anybody may know
        if way == LRU:
            return 0x1000000 - ((self.clock.stamp - stamp) & 0xFFFFFF)
        if way == LFU:
            return 1 + <int64_t>self.uses.frequency(stamp)
        if way == TTL:
            return deadline_of(e)
        if way == CACHE:
            rank = self.uses.worth_of(stamp) / size_of(e)
        memcpy(&bits, &rank, sizeof(bits))
        return bits >> 12       # so that many can be added up

    cdef void consider(self, PyObject* table, Entry* e) noexcept:
        """Keep the key among those chosen if it may go and ranks low enough."""
        cdef int64_t rank = self.rank_of(table, e)
        if rank != NEVER:
            self.keep(table, e, rank)

    cdef void keep(self, PyObject* table, Entry* e, int64_t rank) noexcept:
        """Keep the key among those chosen if it ranks low enough."""
        cdef int i
        if self.found == BATCH and rank >= self.chosen[BATCH - 1].rank:
            return
        for i in range(self.found):
            if self.chosen[i].entry == e:
                return
        if self.found < BATCH:
            i = self.found
            self.found += 1
        else:
            i = BATCH - 1
        while i > 0 and self.chosen[i - 1].rank > rank:
            self.chosen[i] = self.chosen[i - 1]
            i -= 1
        self.chosen[i] = Chosen(entry=e, table=table, rank=rank)

    def check(self) -> None:
        """Assert that tables note uses as the policy reads them; for tests."""
        for tables in self.databases:
            for table in <list>tables:
                assert (<Table>table).uses is (None if self.uses.mode == IDLE else self.uses)
