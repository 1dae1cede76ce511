# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane: the few operations that make up most traffic, from the input buffer to the reply buffer.

No Python object is made on the way. The lane answers only where the whole effect is the table's and the
reply's: keys that hold strings and are not due, no options, right number of arguments. Everything else,
errors too, it leaves (returns False) to the handler of the command, which is the specification: a property
test runs both. Who may use the lane is decided above: `reads` and `writes` are off while something has to
see each command or change (MONITOR, WATCH, tracking, notifications), and a connection has its own `plain`.
What replicas and the log have to repeat it writes into the stream itself.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

cimport cython

from dflite.native.base.bytesops cimport format_int64, parse_int64
from dflite.native.base.clock cimport Clock
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.cas cimport renew_cas
from dflite.native.keyspace.due cimport is_due, is_usable
from dflite.native.keyspace.entry cimport (
    ENC_INT,
    ENC_OBJECT,
    T_STRING,
    Entry,
    deadline_of,
    integer_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.eviction cimport Evictor
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.memory cimport Memory
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.calls cimport Calls
from dflite.native.wire.lane_collections cimport serve_collection
from dflite.native.wire.lane_journal cimport journal
from dflite.native.wire.operations cimport (
    DECR,
    DEL,
    EXISTS,
    EXPIRE,
    FIRST_READ,
    FIRST_WAKING,
    FIRST_WRITE,
    GET,
    INCR,
    LONG_VALUE,
    MGET,
    MSET,
    PING,
    SET,
    TTL,
    Operations,
)
from dflite.native.wire.reply cimport Reply

cdef enum:
    MOST_WORDS = 1024           # of a request that is answered here
    MOST_PAIRS = 64
    LONGEST_WAIT = 1000000000   # of EXPIRE, in seconds

cdef int64_t GREATEST = 0x7FFFFFFFFFFFFFFF
cdef int64_t LEAST = -<int64_t>0x7FFFFFFFFFFFFFFF - 1


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
        self.operations = Operations()
        self.calls = Calls()
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

    def reset_figures(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT); changes go on, for who saves after so many."""
        self.calls.reset()
        self.figures.hits = self.figures.misses = 0

    # -- what requests ask first -----------------------------------------------------------------------

    cdef bint has_room(self, Slice* args, size_t count) noexcept:
        """Is there room for this request, or can it be made? If not the handler decides what to do."""
        return self.has_room_for(args[count - 1].offset + args[count - 1].length - args[0].offset)

    cdef bint has_room_for(self, size_t size) noexcept:
        """As `has_room`, for a request of so many bytes."""
        return self.boundless or self.memory.has_room(size) or (
            self.evictor.policy and not self.backlog.journaling and size <= self.memory.bound
            and self.evictor.make_room())

    cdef bint may_write_unseen(self) noexcept nogil:
        """May somebody write who leaves nothing in the stream?"""
        return self.writes and not self.backlog.journaling

    # -- answering -------------------------------------------------------------------------------------

    cdef int answer(self, int code, const char* base, Slice* args, size_t count,
                    Reply reply, int database) except -1:
        """As `serve`, counted and measured; what it changed goes into the stream."""
        cdef bint measured = self.calls.begin(code)
        cdef int64_t before = self.figures.changes
        cdef size_t mark = reply.end - reply.start
        if not self.serve(code, base, args, count, reply, database):
            return 0
        if self.backlog.journaling and self.figures.changes != before:
            journal(self.backlog, self.clock.now_ms, code, base, args, count,
                    reply.buffer + reply.start + mark, database)
        self.calls.end(code, measured)
        return 1

    cdef int serve(self, int code, const char* base, Slice* args, size_t count,
                   Reply reply, int database) except -1:
        """Answer one request; 0 if that is for its handler, and then nothing has happened."""
        if code == GET:
            return self.reads and count == 2 and self.get_one(base, args, reply, database)
        if code == SET:
            return (self.writes and count == 3 and self.has_room(args, count)
                    and self.set_one(base, args, reply, database))
        if code == INCR or code == DECR:
            return (self.writes and count == 2 and self.has_room(args, count)
                    and self.step(1 if code == INCR else -1, base, args, reply, database))
        if code >= FIRST_READ:
            if count < 2 or not (self.reads if code < FIRST_WRITE else self.writes):
                return 0
            if code >= FIRST_WRITE and not self.has_room(args, count):
                return 0
            if code >= FIRST_WAKING and not self.wakes:
                return 0
            return serve_collection(code, self.table_for(database, base + args[1].offset, args[1].length),
                                    base, args, count, reply, &self.figures)
        if code == MGET:
            return self.reads and count >= 2 and self.get_many(base, args, count, reply, database)
        if code == MSET:
            return (self.writes and count >= 3 and count % 2 == 1 and self.has_room(args, count)
                    and self.set_many(base, args, count, reply, database))
        if code == EXISTS:
            return self.reads and count >= 2 and self.count_many(base, args, count, reply, database)
        if code == DEL:
            return self.writes and count >= 2 and self.delete_many(base, args, count, reply, database)
        if code == TTL:
            return self.reads and count == 2 and self.time_left(base, args, reply, database)
        if code == EXPIRE:
            return self.writes and count == 3 and self.expire(base, args, reply, database)
        if code == PING:
            if self.reads and count == 1:
                reply.put(b"+PONG\r\n", 7)
                return 1
        return 0

    cdef int get_one(self, const char* base, Slice* args, Reply reply, int database) except -1:
        """GET."""
        cdef const char* key = base + args[1].offset
        cdef size_t n = args[1].length
        cdef Table table = self.table_for(database, key, n)
        cdef Entry* e = table.find(key, n, hash_key(key, n))
        cdef char[24] text
        if e == NULL:
            self.figures.misses += 1
            reply.put_null()
            return 1
        if not is_usable(e, T_STRING, self.clock):
            return 0
        if (e.kind & 0xF0) == ENC_INT:
            reply.put_bulk(text, format_int64(integer_of(e), text))
        elif value_length_of(e) > LONG_VALUE:
            return 0
        else:
            reply.put_bulk(value_of(e), value_length_of(e))
        table.use(e)
        self.figures.hits += 1
        return 1

    cdef int set_one(self, const char* base, Slice* args, Reply reply, int database) except -1:
        """SET."""
        cdef const char* key = base + args[1].offset
        cdef size_t n = args[1].length
        cdef Table table = self.table_for(database, key, n)
        cdef uint64_t h = hash_key(key, n)
        cdef Entry* e = table.find(key, n, h)
        if e != NULL and not is_usable(e, T_STRING, self.clock):
            return 0
        table.put_string(key, n, h, base + args[2].offset, args[2].length, -1, 0)
        reply.put(b"+OK\r\n", 5)
        self.figures.changes += 1
        return 1

    cdef int step(self, int by, const char* base, Slice* args, Reply reply, int database) except -1:
        """INCR, DECR: one up or down."""
        cdef const char* key = base + args[1].offset
        cdef size_t n = args[1].length
        cdef Table table = self.table_for(database, key, n)
        cdef uint64_t h = hash_key(key, n)
        cdef Entry* e = table.find(key, n, h)
        cdef int64_t number = by
        if e == NULL:
            table.put(key, n, h, T_STRING | ENC_INT, <const char*>&number, 8, -1, 0)
        else:
            if e.kind != (T_STRING | ENC_INT) or is_due(e, self.clock):
                return 0
            number = integer_of(e)
            if number == (GREATEST if by > 0 else LEAST):
                return 0
            number += by
            if table.cut is not None:
                table.before_change(h)
            memcpy(value_of(e), &number, 8)
            table.use(e)
            renew_cas(e)
        reply.put_head(c':', number)
        self.figures.changes += 1
        return 1

    cdef int time_left(self, const char* base, Slice* args, Reply reply, int database) except -1:
        """TTL."""
        cdef const char* key = base + args[1].offset
        cdef size_t n = args[1].length
        cdef Entry* e = self.table_for(database, key, n).find(key, n, hash_key(key, n))
        cdef int64_t deadline
        if e == NULL:
            self.figures.misses += 1
            reply.put(b":-2\r\n", 5)
            return 1
        if is_due(e, self.clock):
            return 0
        self.figures.hits += 1
        deadline = deadline_of(e)
        reply.put_head(c':', -1 if deadline < 0 else (deadline - self.clock.now_ms + 500) // 1000)
        return 1

    cdef int expire(self, const char* base, Slice* args, Reply reply, int database) except -1:
        """EXPIRE."""
        cdef const char* key = base + args[1].offset
        cdef size_t n = args[1].length
        cdef Table table
        cdef uint64_t* slot
        cdef uint64_t h
        cdef int64_t seconds
        if (not parse_int64(base + args[2].offset, args[2].length, &seconds)
                or seconds <= 0 or seconds > LONGEST_WAIT):
            return 0
        table = self.table_for(database, key, n)
        h = hash_key(key, n)
        slot = table.find_slot(key, n, h)
        if slot == NULL:
            reply.put(b":0\r\n", 4)
            return 1
        if is_due(slot_entry(slot[0]), self.clock):
            return 0
        table.set_deadline_at(slot, h, self.clock.now_ms + seconds * 1000)
        table.use(slot_entry(slot[0]))
        reply.put(b":1\r\n", 4)
        self.figures.changes += 1
        return 1

    cdef int get_many(self, const char* base, Slice* args, size_t count, Reply reply, int database) except -1:
        """MGET."""
        cdef size_t i, mark = reply.pending()
        cdef int64_t found = 0
        cdef const char* key
        cdef Table table
        cdef Entry* e
        cdef char[24] text
        if count > MOST_WORDS:
            return 0
        reply.put_head(c'*', <int64_t>count - 1)
        for i in range(1, count):
            key = base + args[i].offset
            table = self.table_for(database, key, args[i].length)
            e = table.find(key, args[i].length, hash_key(key, args[i].length))
            if e == NULL:
                reply.put_null()
                continue
            if is_due(e, self.clock) or value_length_of(e) > LONG_VALUE:
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
        """MSET."""
        cdef size_t i
        cdef const char* key
        cdef uint64_t[MOST_PAIRS] hashes
        cdef Entry* e
        if count > 2 * MOST_PAIRS + 1:
            return 0
        for i in range(1, count, 2):
            key = base + args[i].offset
            hashes[i >> 1] = hash_key(key, args[i].length)
            e = self.table_for(database, key, args[i].length).find(key, args[i].length, hashes[i >> 1])
            if e != NULL and not is_usable(e, T_STRING, self.clock):
                return 0
        for i in range(1, count, 2):
            key = base + args[i].offset
            self.table_for(database, key, args[i].length).put_string(
                key, args[i].length, hashes[i >> 1],
                base + args[i + 1].offset, args[i + 1].length, -1, 0)
        reply.put(b"+OK\r\n", 5)
        self.figures.changes += <int64_t>count >> 1
        return 1

    cdef int count_many(self, const char* base, Slice* args, size_t count, Reply reply, int database) except -1:
        """EXISTS."""
        cdef size_t i
        cdef int64_t found = 0
        cdef const char* key
        cdef Entry* e
        if count > MOST_WORDS:
            return 0
        for i in range(1, count):
            key = base + args[i].offset
            e = self.table_for(database, key, args[i].length).find(
                key, args[i].length, hash_key(key, args[i].length))
            if e == NULL:
                continue
            if is_due(e, self.clock):
                return 0
            found += 1
        self.figures.hits += found
        self.figures.misses += <int64_t>count - 1 - found
        reply.put_head(c':', found)
        return 1

    cdef int delete_many(self, const char* base, Slice* args, size_t count, Reply reply,
                         int database) except -1:
        """DEL."""
        cdef size_t i
        cdef int64_t deleted = 0
        cdef const char* key
        cdef Entry* e
        if count > MOST_WORDS:
            return 0
        for i in range(1, count):
            key = base + args[i].offset
            e = self.table_for(database, key, args[i].length).find(
                key, args[i].length, hash_key(key, args[i].length))
            if e != NULL and (is_due(e, self.clock) or (e.kind & 0xF0) == ENC_OBJECT
                              or value_length_of(e) > LONG_VALUE):
                return 0
        for i in range(1, count):
            key = base + args[i].offset
            deleted += self.table_for(database, key, args[i].length).remove(
                key, args[i].length, hash_key(key, args[i].length))
        self.figures.changes += deleted
        reply.put_head(c':', deleted)
        return 1
