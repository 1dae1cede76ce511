# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane: the few operations that make up most traffic, from the input buffer to the reply buffer.

No Python object is made on the way. The lane answers only where the whole effect is the table's and the
reply's: keys that hold strings and are not due, no options, right number of arguments. Everything else,
errors too, it leaves (returns False) to the handler of the command, which is the specification: a property
test runs both. Who may use the lane is decided above: `reads` and `writes` are off while something has to
see each command or change (MONITOR, WATCH, tracking, notifications), and a connection has its own `plain`.
What replicas and the log have to repeat it writes into the stream itself.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cimport cython

from dflite.native.base.bytesops cimport format_int64, key_slot, parse_int64
from dflite.native.base.clock cimport Clock
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.cas cimport renew_cas
from dflite.native.keyspace.entry cimport (
    ENC_INT,
    ENC_OBJECT,
    F_DEADLINE,
    T_STRING,
    Entry,
    deadline_of,
    integer_of,
    mc_flags_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.eviction cimport Evictor
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.memory cimport Memory
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.lane_collections cimport (
    FIRST_READ,
    FIRST_WAKING,
    FIRST_WRITE,
    SPOP,
    XADD,
    serve_collection,
)
from dflite.native.wire.lane_collections import COLLECTION_OPERATIONS, COLLECTION_WRITES
from dflite.native.wire.reply cimport Reply

cdef enum:
    GET = 1
    SET = 2
    MGET = 3
    MSET = 4
    INCR = 5
    DECR = 6
    EXISTS = 7
    DEL = 8
    TTL = 9
    EXPIRE = 10
    PING = 11
    # 16 and more: lane_collections.pxd
    LONG_VALUE = 64 * 1024      # longer replies are the handler's, which minds the slow log
    ALL_MEASURED = 1024         # calls of an operation, before only some are
    UNMEASURED = 60             # between two measured ones; 61 is prime: no pattern of requests fits

OPERATIONS = {
    "GET": GET, "SET": SET, "MGET": MGET, "MSET": MSET, "INCR": INCR, "DECR": DECR,
    "EXISTS": EXISTS, "DEL": DEL, "TTL": TTL, "EXPIRE": EXPIRE, "PING": PING,
}
OPERATIONS.update(COLLECTION_OPERATIONS)
WRITES = frozenset({"SET", "MSET", "INCR", "DECR", "DEL", "EXPIRE"}) | COLLECTION_WRITES

cdef uint64_t[9] MASKS
MASKS[:] = [0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF,
            0xFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF]
cdef uint64_t LOWER = 0x2020202020202020ULL


cdef inline uint64_t packed(const char* name, size_t n) noexcept nogil:
    """A name of at most eight letters as a number, in lower case. Reads eight bytes whatever n is."""
    cdef uint64_t word
    memcpy(&word, name, 8)
    return (word | LOWER) & MASKS[n]


cdef extern from *:
    """
    #define DFLITE_BIT_LENGTH(n) (64 - __builtin_clzll(n))
    """
    int DFLITE_BIT_LENGTH(uint64_t n) noexcept nogil


cdef inline int64_t nanoseconds_now() noexcept nogil:
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return <int64_t>ts.tv_sec * 1000000000 + ts.tv_nsec


cdef inline int span_of(uint64_t ns) noexcept nogil:
    """The bucket of a duration: eight for each power of two, one for each nanosecond below 16."""
    cdef int power
    if ns < 8:
        return <int>ns
    power = DFLITE_BIT_LENGTH(ns) - 1
    return min(((power - 2) << 3) | <int>((ns >> (power - 3)) & 7), <int>SPANS - 1)


cdef inline int64_t middle_of(int span) noexcept nogil:
    """The duration in the middle of a bucket."""
    cdef int shift = (span >> 3) - 1
    if span < 16:
        return span
    return (<int64_t>(8 + (span & 7)) << shift) + (<int64_t>1 << shift >> 1)


cdef inline int place_of(uint64_t word) noexcept nogil:
    return <int>((word * 0x9E3779B97F4A7C15ULL) >> 57)


@cython.final
cdef class Lane:
    """Answers plain requests from the tables of `databases` (a list of Tables, one a shard, for each)."""

    def __cinit__(self, Clock clock, list databases):
        self.clock = clock
        self.databases = databases
        self.shard_count = len(databases[0])
        self.reads = False
        self.writes = False
        self.wakes = False
        self.memory = Memory(databases)
        self.evictor = Evictor(clock, self.memory)
        self.backlog = Backlog(self.memory)

    @property
    def hits(self) -> int:
        """Keys found by what it answered."""
        return self.figures.hits

    @property
    def misses(self) -> int:
        """Keys not found by what it answered."""
        return self.figures.misses

    @property
    def changes(self) -> int:
        """Changes by what it answered."""
        return self.figures.changes

    cdef int place_for(self, str name) except -1:
        """Where the name stands, or else may stand. Names are never taken out, so probing may stop at gaps."""
        cdef bytes word = name.lower().encode().ljust(8, b"\0")
        cdef uint64_t key = packed(word, len(name))
        cdef int i = place_of(key)
        while self.names[i] and self.names[i] != key:
            i = (i + 1) & (NAMES - 1)
        self.names[i] = key
        return i

    def enable(self, name: str) -> int:
        """Let the lane answer the command of that name; the number under which its calls are counted."""
        cdef int code = OPERATIONS[name]
        self.codes[self.place_for(name)] = code
        return code

    def disable(self, name: str) -> None:
        """Leave the command of that name to its handler."""
        if name in OPERATIONS:
            self.codes[self.place_for(name)] = 0

    def calls_of(self, int code) -> int:
        """How many requests the lane has answered with this operation."""
        return self.calls[code]

    def total_calls(self) -> int:
        """How many requests the lane has answered."""
        cdef int64_t total = 0
        cdef int i
        for i in range(LANES):
            total += self.calls[i]
        return total

    def nanoseconds_of(self, int code) -> int:
        """The time spent on this operation, as far as measured calls tell."""
        return self.nanoseconds[code]

    def times_of(self, int code) -> list[tuple[int, int]]:
        """(nanoseconds, calls that took about so long) of this operation."""
        cdef int i
        return [(middle_of(i), self.times[i][code]) for i in range(SPANS) if self.times[i][code]]

    def reset_calls(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
        cdef int i
        for i in range(LANES):
            self.calls[i] = self.covered[i] = self.nanoseconds[i] = 0
            self.unmeasured[i] = 0
        memset(self.times, 0, sizeof(self.times))
        self.figures.hits = self.figures.misses = 0

    cdef int code_of(self, const char* name, size_t n) noexcept nogil:
        cdef uint64_t word
        cdef int i
        if n > 8:
            return 0
        word = packed(name, n)
        i = place_of(word)
        while self.names[i]:
            if self.names[i] == word:
                return self.codes[i]
            i = (i + 1) & (NAMES - 1)
        return 0

    cdef Table table_for(self, int database, const char* key, size_t n):
        cdef list tables = <list>self.databases[database]
        if self.shard_count == 1:
            return <Table>tables[0]
        return <Table>tables[key_slot(key, n) % self.shard_count]

    cdef bint has_room(self, Slice* args, size_t count) noexcept:
        """Is there room for this request, or can it be made? If not the handler decides what to do."""
        return self.has_room_for(args[count - 1].offset + args[count - 1].length - args[0].offset)

    cdef bint has_room_for(self, size_t size) noexcept:
        """As `has_room`, for a request of so many bytes."""
        return self.boundless or self.memory.has_room(size) or (
            self.evictor.policy and not self.backlog.journaling and size <= self.memory.bound
            and self.evictor.make_room())

    cdef int answer(self, int code, const char* base, Slice* args, size_t count,
                    Reply reply, int database) except -1:
        """As `serve`, with a look at the clock for one in 61; what it changed goes into the stream."""
        cdef bint measured = self.begins(code)
        cdef int64_t before = self.figures.changes
        cdef size_t mark = reply.pending()
        if not self.serve(code, base, args, count, reply, database):
            return 0
        if self.backlog.journaling and self.figures.changes != before:
            self.repeat(code, base, args, count, reply.buffer + reply.start + mark, database)
        if measured:
            self.measure(code)
        return 1

    cdef int repeat(self, int code, const char* base, Slice* args, size_t count, const char* answer,
                    int database) except -1:
        """Write to the stream what was done: nothing in it depends on the clock or on chance."""
        cdef Backlog backlog = self.backlog
        cdef const char* line
        cdef int64_t number = 0
        cdef size_t i, length
        if code == EXPIRE:
            parse_int64(base + args[2].offset, args[2].length, &number)
            backlog.select(database)
            backlog.put(b"*3\r\n$9\r\nPEXPIREAT\r\n", 19)
            backlog.put_bulk(base + args[1].offset, args[1].length)
            return backlog.put_number(self.clock.now_ms + number * 1000)
        if code != SPOP and code != XADD:
            return backlog.put_request(database, base, args, count)
        # the answer is what was chosen: "$length\r\nmember or ID\r\n"
        line = <const char*>memchr(answer, c'\r', 24)
        parse_int64(answer + 1, line - answer - 1, &number)
        length = <size_t>number
        backlog.select(database)
        if code == SPOP:
            backlog.put(b"*3\r\n$4\r\nSREM\r\n", 14)
            backlog.put_bulk(base + args[1].offset, args[1].length)
            return backlog.put_bulk(line + 2, length)
        backlog.put_head(42, <int64_t>count)
        for i in range(count):
            if i == 2:
                backlog.put_bulk(line + 2, length)
            else:
                backlog.put_bulk(base + args[i].offset, args[i].length)
        return 0

    cdef int repeat_item(self, const char* key, size_t n, uint64_t h) except -1:
        """Write to the stream what a key of database 0 holds now: an item of memcached's, or nothing."""
        cdef Backlog backlog = self.backlog
        cdef Entry* e = self.table_for(0, key, n).find(key, n, h)
        cdef int64_t deadline
        cdef uint32_t flags
        cdef bytes words
        backlog.select(0)
        if e == NULL:
            backlog.put(b"*2\r\n$3\r\nDEL\r\n", 13)
            return backlog.put_bulk(key, n)
        deadline = deadline_of(e)
        backlog.put_head(42, 3 if deadline < 0 else 5)
        backlog.put_bulk(b"SET", 3)
        backlog.put_bulk(key, n)
        if (e.kind & 0xF0) == ENC_INT:
            backlog.put_number(integer_of(e))
        else:
            backlog.put_bulk(value_of(e), value_length_of(e))
        if deadline >= 0:
            backlog.put_bulk(b"PXAT", 4)
            backlog.put_number(deadline)
        flags = mc_flags_of(e)
        if flags:
            words = b"memcached-flags %d %b" % (flags, key[:n])     # as ops/items.py says it
            backlog.request(0, [b"ECHO", words])
        return 0

    cdef bint may_write_unseen(self) noexcept nogil:
        """May somebody write who leaves nothing in the stream?"""
        return self.writes and not self.backlog.journaling

    cdef bint begins(self, int code) noexcept nogil:
        """A request begins; is it one that is measured, once it is answered?"""
        if self.unmeasured[code] > 0:
            self.unmeasured[code] -= 1
            return False
        self.started = nanoseconds_now()
        return True

    cdef void measure(self, int code) noexcept nogil:
        """The request that began last, and is counted, is done."""
        cdef int64_t ns = nanoseconds_now() - self.started
        cdef int64_t stands_for = self.calls[code] - self.covered[code]
        self.covered[code] = self.calls[code]
        self.nanoseconds[code] += ns * stands_for
        self.times[span_of(ns)][code] += stands_for
        if self.calls[code] >= ALL_MEASURED:
            self.unmeasured[code] = UNMEASURED

    cdef int serve(self, int code, const char* base, Slice* args, size_t count,
                   Reply reply, int database) except -1:
        """Answer one request; 0 if that is for its handler, and then nothing has happened."""
        cdef const char* key = base + args[1].offset if count > 1 else NULL
        cdef size_t n = args[1].length if count > 1 else 0
        cdef Table table
        cdef Entry* e
        cdef uint64_t* slot
        cdef uint64_t h
        cdef int64_t number
        cdef char[24] text
        if code == GET:
            if not self.reads or count != 2:
                return 0
            table = self.table_for(database, key, n)
            e = table.find(key, n, hash_key(key, n))
            if e == NULL:
                self.figures.misses += 1
                reply.put_null()
            else:
                if (e.kind & 0x0F) != T_STRING or self.is_due(e):
                    return 0
                if (e.kind & 0xF0) == ENC_INT:
                    reply.put_bulk(text, format_int64(integer_of(e), text))
                elif value_length_of(e) > LONG_VALUE:
                    return 0
                else:
                    reply.put_bulk(value_of(e), value_length_of(e))
                table.use(e)
                self.figures.hits += 1
        elif code == SET:
            if not self.writes or count != 3 or not self.has_room(args, count):
                return 0
            table = self.table_for(database, key, n)
            h = hash_key(key, n)
            e = table.find(key, n, h)
            if e != NULL and ((e.kind & 0x0F) != T_STRING or self.is_due(e)):
                return 0
            table.put_string(key, n, h, base + args[2].offset, args[2].length, -1, 0)
            reply.put(b"+OK\r\n", 5)
            self.figures.changes += 1
        elif code == INCR or code == DECR:
            if not self.writes or count != 2 or not self.has_room(args, count):
                return 0
            table = self.table_for(database, key, n)
            h = hash_key(key, n)
            e = table.find(key, n, h)
            if e == NULL:
                number = 1 if code == INCR else -1
                table.put(key, n, h, T_STRING | ENC_INT, <const char*>&number, 8, -1, 0)
            else:
                if e.kind != (T_STRING | ENC_INT) or self.is_due(e):
                    return 0
                number = integer_of(e)
                if number == (<int64_t>0x7FFFFFFFFFFFFFFF if code == INCR
                              else -<int64_t>0x7FFFFFFFFFFFFFFF - 1):
                    return 0
                number += 1 if code == INCR else -1
                if table.cut is not None:
                    table.before_change(h)
                memcpy(value_of(e), &number, 8)
                table.use(e)
                renew_cas(e)
            reply.put_head(58, number)
            self.figures.changes += 1
        elif code == MGET:
            if not self.reads or count < 2 or not self.get_many(base, args, count, reply, database):
                return 0
        elif code == MSET:
            if (not self.writes or count < 3 or count % 2 == 0 or not self.has_room(args, count)
                    or not self.set_many(base, args, count, reply, database)):
                return 0
        elif code == EXISTS or code == DEL:
            if (not (self.reads if code == EXISTS else self.writes) or count < 2
                    or not self.count_or_delete(code, base, args, count, reply, database)):
                return 0
        elif code == TTL:
            if not self.reads or count != 2:
                return 0
            table = self.table_for(database, key, n)
            e = table.find(key, n, hash_key(key, n))
            if e == NULL:
                self.figures.misses += 1
                reply.put(b":-2\r\n", 5)
            else:
                if self.is_due(e):
                    return 0
                self.figures.hits += 1
                number = deadline_of(e)
                reply.put_head(58, -1 if number < 0 else (number - self.clock.now_ms + 500) // 1000)
        elif code == EXPIRE:
            if not self.writes or count != 3:
                return 0
            if (not parse_int64(base + args[2].offset, args[2].length, &number)
                    or number <= 0 or number > 1000000000):
                return 0
            table = self.table_for(database, key, n)
            h = hash_key(key, n)
            slot = table.find_slot(key, n, h)
            if slot == NULL:
                reply.put(b":0\r\n", 4)
            else:
                if self.is_due(slot_entry(slot[0])):
                    return 0
                table.set_deadline_at(slot, h, self.clock.now_ms + number * 1000)
                table.use(slot_entry(slot[0]))
                reply.put(b":1\r\n", 4)
                self.figures.changes += 1
        elif code >= FIRST_READ:
            if count < 2 or not (self.reads if code < FIRST_WRITE else self.writes):
                return 0
            if code >= FIRST_WRITE and not self.has_room(args, count):
                return 0
            if code >= FIRST_WAKING and not self.wakes:
                return 0
            if not serve_collection(code, self.table_for(database, key, n), base, args, count, reply,
                                    &self.figures):
                return 0
        elif code == PING:
            if not self.reads or count != 1:
                return 0
            reply.put(b"+PONG\r\n", 7)
        else:
            return 0
        self.calls[code] += 1
        return 1

    cdef bint is_due(self, Entry* e) noexcept nogil:
        return e.flags & F_DEADLINE and deadline_of(e) <= self.clock.due_ms

    cdef int get_many(self, const char* base, Slice* args, size_t count, Reply reply, int database) except -1:
        cdef size_t i, mark = reply.pending()
        cdef int64_t found = 0
        cdef const char* key
        cdef Table table
        cdef Entry* e
        cdef char[24] text
        if count > 1024:
            return 0
        reply.put_head(42, <int64_t>count - 1)
        for i in range(1, count):
            key = base + args[i].offset
            table = self.table_for(database, key, args[i].length)
            e = table.find(key, args[i].length, hash_key(key, args[i].length))
            if e == NULL:
                reply.put_null()
                continue
            if self.is_due(e) or value_length_of(e) > LONG_VALUE:
                reply.rollback(mark)
                return 0
            if (e.kind & 0x0F) != T_STRING:
                reply.put_null()
            elif (e.kind & 0xF0) == ENC_INT:
                reply.put_bulk(text, format_int64(integer_of(e), text))
            else:
                reply.put_bulk(value_of(e), value_length_of(e))
            table.use(e)
            found += 1
        self.figures.hits += found
        self.figures.misses += <int64_t>count - 1 - found
        return 1

    cdef int set_many(self, const char* base, Slice* args, size_t count, Reply reply, int database) except -1:
        cdef size_t i
        cdef const char* key
        cdef uint64_t[64] hashes
        cdef Entry* e
        if count > 129:
            return 0
        for i in range(1, count, 2):
            key = base + args[i].offset
            hashes[i >> 1] = hash_key(key, args[i].length)
            e = self.table_for(database, key, args[i].length).find(key, args[i].length, hashes[i >> 1])
            if e != NULL and ((e.kind & 0x0F) != T_STRING or self.is_due(e)):
                return 0
        for i in range(1, count, 2):
            key = base + args[i].offset
            self.table_for(database, key, args[i].length).put_string(
                key, args[i].length, hashes[i >> 1],
                base + args[i + 1].offset, args[i + 1].length, -1, 0)
        reply.put(b"+OK\r\n", 5)
        self.figures.changes += <int64_t>count >> 1
        return 1

    cdef int count_or_delete(self, int code, const char* base, Slice* args, size_t count,
                             Reply reply, int database) except -1:
        cdef size_t i
        cdef int64_t found = 0
        cdef const char* key
        cdef Entry* e
        cdef Table table
        if count > 1024:
            return 0
        for i in range(1, count):
            key = base + args[i].offset
            e = self.table_for(database, key, args[i].length).find(
                key, args[i].length, hash_key(key, args[i].length))
            if e == NULL:
                continue
            if self.is_due(e) or (code == DEL and ((e.kind & 0xF0) == ENC_OBJECT
                                                   or value_length_of(e) > LONG_VALUE)):
                return 0
            found += 1
        if code == EXISTS:
            self.figures.hits += found
            self.figures.misses += <int64_t>count - 1 - found
        else:
            found = 0
            for i in range(1, count):
                key = base + args[i].offset
                table = self.table_for(database, key, args[i].length)
                if table.remove(key, args[i].length, hash_key(key, args[i].length)):
                    found += 1
            self.figures.changes += found
        reply.put_head(58, found)
        return 1
