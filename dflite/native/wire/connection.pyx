# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A client's conversation: bytes in, requests taken and answered, bytes out.

This class has no socket and knows no protocol. A transport (the epoll reactor, or an asyncio protocol
for TLS) gives it bytes and sends what is in `reply`; it overrides `flush`, `schedule` and
`changed_interest`. Its `Parser`, one of RESP or of memcached's protocol, takes requests out of the bytes.

    input -> parser: several requests ahead -> for each: the hot lane answers, or the session -> reply

What bounds memory: input is kept only up to one incomplete request (and `limits.query_buffer`), a length
prefix allocates nothing, and while more than `limits.high_water` bytes of replies are unsent, no further
request is taken. What bounds the wait of others: after `limits.turn_us`, or `limits.turn_bytes` of replies, a
connection gives way to them. A connection that is held (it waits for a key, CLIENT PAUSE, back-pressure) keeps its
requests, in order, and takes them when it is released.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove

from dflite.native.base.clock cimport microseconds
from dflite.native.keyspace.memory cimport count_too, keep_apart
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply
from dflite.native.wire.requests cimport SLACK, Batch, Limits

HELD_BLOCKED = BLOCKED
HELD_PAUSED = PAUSED
HELD_OUTPUT = OUTPUT
HELD_OTHER = OTHER
HELD_ENDING = ENDING
HELD_TURN = TURN

cdef enum:
    ROOM_KEPT = 64 * 1024           # a buffer's bytes that stay allocated

cdef size_t input_bytes = 0
cdef size_t longest_input = 0
count_too(&input_bytes)


def input_memory() -> int:
    """Bytes held for requests that are not complete."""
    return input_bytes


def take_longest_input() -> int:
    """The most bytes that one connection held since the last call."""
    global longest_input
    longest, longest_input = longest_input, 0
    return longest


cdef void account_input(int64_t n) noexcept:
    """More bytes, or fewer, are held for requests that are not complete."""
    global input_bytes
    input_bytes += <size_t>n


cdef class Parser:
    """Takes requests of one protocol out of a connection's input, and has them answered.

    It keeps what it knows of the incomplete request; a connection has its own.
    """

    cdef size_t take(self, Connection conn, const char* base, size_t end) except? 0:
        """Take the complete requests of base[0:end], as far as the connection may go on.

        The number of bytes that are done with; the rest comes again, at the same or another place, with
        more behind it.
        """
        raise NotImplementedError

    cdef void forget(self) noexcept:
        """The incomplete request is not to be: no more input comes."""

    cdef size_t kept(self) noexcept:
        """Bytes kept of the incomplete request beside the input."""
        return 0

    cdef size_t needs(self) noexcept:
        """Bytes that the incomplete request will have at least, as far as it is known."""
        return 0


cdef class Connection:
    """One client. `session` answers what the hot lane does not: it has `request(argv)`,
    `inline(argv)`, `line(text)` (an inline request, while `by_line`), `protocol_error(text)`,
    `input_too_long()`, `output_too_long()`, `resume_postponed()` and `closed()`."""

    def __init__(self, Lane lane, Limits limits, Batch batch, Parser parser not None):
        self.parser = parser
        self.lane = lane
        self.limits = limits
        self.batch = batch
        self.reply = Reply()
        self.last_active_ms = lane.clock.now_ms

    def __dealloc__(self):
        self.drop_buffer()

    # -- what transports override ----------------------------------------------------------------------

    cpdef flush(self):
        """Send what is in `reply`, as far as the peer takes it."""

    cpdef schedule(self):
        """Have `resume` called soon: there may be requests to take again."""

    cdef bint give_way(self) noexcept:
        """Let others have their turn, with HELD_TURN meanwhile; False where nobody else waits."""
        return False

    cpdef changed_interest(self):
        """Reading is wanted, or no longer."""

    cpdef mark_dirty(self):
        """There is something to send; somebody other than this connection's requests wrote it."""

    cpdef abort(self):
        """Close at once, whatever is unsent."""
        self.closing = True

    # -- input -------------------------------------------------------------------------------------

    cdef int ensure(self, size_t capacity) except -1:
        global input_bytes, longest_input
        cdef char* p
        if capacity + SLACK > self.capacity:
            p = <char*>realloc(self.buffer, capacity + SLACK)
            if p == NULL:
                raise MemoryError
            input_bytes += capacity + SLACK - self.capacity
            longest_input = max(longest_input, capacity + SLACK)
            self.buffer = p
            self.capacity = capacity + SLACK
            if self.apart:
                self.set_apart(self.capacity)
        return 0

    cdef int keep(self, const char* data, size_t n) except -1:
        """Append to the kept input."""
        if self.length + n + SLACK > self.capacity:
            self.ensure(max(self.length + n, self.length + (self.length >> 1)))
        memcpy(self.buffer + self.length, data, n)
        self.length += n
        return 0

    def feed(self, bytes data not None) -> None:
        """Bytes from the client, for transports that have them as Python objects."""
        if self.running:
            raise RuntimeError("input for a connection in the middle of a request")
        if self.closing or self.closed:
            return
        self.bytes_in += PyBytes_GET_SIZE(data)
        self.last_active_ms = self.lane.clock.now_ms
        self.keep(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))
        self.run(self.buffer, self.length)
        self.after_input()

    def feed_eof(self) -> None:
        """The client sends no more; it still gets what it has asked for."""
        self.at_eof = True
        self.after_input()

    def resume(self) -> None:
        """Take the postponed request, then kept ones, if the connection is free to."""
        if self.running:
            return
        if self.batch.busy:
            self.schedule()     # called from within another connection's request
            return
        if not self.held and not self.closing:
            self.session.resume_postponed()
        if not self.held and not self.closing and self.length:
            self.run(self.buffer, self.length)
        self.after_input()

    cdef int after_input(self) except -1:
        """Close after the last reply when nothing more can come of the input."""
        if self.at_eof and not self.held and not self.running:
            self.closing = True
        return 0

    # -- the session's say ---------------------------------------------------------------------------

    def hold(self, int reason) -> None:
        """Take no further requests until every reason is released."""
        self.held |= reason
        self.changed_interest()

    def release(self, int reason) -> None:
        """One reason less to wait; kept requests are taken soon."""
        if self.held & reason:
            self.held &= ~reason
            self.changed_interest()
            if not self.held:
                self.schedule()

    def close_after_reply(self) -> None:
        """Take no further requests, send what is written, then close."""
        self.closing = True
        self.schedule()

    def mark_closed(self) -> None:
        """The transport is gone: whatever is kept or unsent is given up."""
        self.closed = self.closing = True
        self.source = None
        self.reply.release()
        if not self.running:    # else its input is being read, and given up at the end
            self.give_up_input()

    @property
    def input_length(self) -> int:
        """Bytes of kept input."""
        return self.length

    @property
    def input_capacity(self) -> int:
        """Bytes allocated for kept input."""
        return self.capacity

    @property
    def unsent(self) -> int:
        """Bytes of replies not sent yet."""
        return self.reply.pending()

    # -- running -----------------------------------------------------------------------------------

    cdef int run(self, const char* base, size_t end) except -1:
        """Take every complete request of base[0:end] and keep the rest.

        `base` is either the connection's own buffer or a transport's, which has SLACK bytes behind.
        """
        cdef Batch batch = self.batch
        cdef size_t taken, left
        if self.running or self.closed or self.closing:
            return 0
        if self.held or batch.busy:
            if base != self.buffer:
                self.keep(base, end)
            if not self.held:
                self.schedule()     # called from within another connection's request
            self.mind_limit()
            return 0
        self.running = batch.busy = True
        self.begin_turn()
        try:
            taken = self.parser.take(self, base, end)
            if self.closing or self.closed:
                self.give_up_input()
                return 0
            left = end - taken
            if base == self.buffer:
                if left and taken:
                    memmove(self.buffer, self.buffer + taken, left)
                self.length = left
                self.trim_buffer()
            elif left:
                self.keep(base + taken, left)
            self.mind_limit()
        except:
            self.closing = True
            self.give_up_input()
            raise
        finally:
            self.running = batch.busy = False
            batch.shrink()
        return 0

    cdef bint may_go_on(self) except -1:
        """Is the next request to be taken now?

        Not with too many replies unsent, when others have waited long enough, or while it is held.
        """
        if self.reply.pending() > self.water:
            if self.reply.pending() > <size_t>self.limits.high_water:
                self.flush()
                if self.reply.pending() > <size_t>self.limits.high_water and not self.closed:
                    self.hold(OUTPUT)
            if not (self.held or self.closed or self.give_way()):
                self.begin_turn()
        return not (self.held or self.closing or self.closed)

    cdef void begin_turn(self) noexcept:
        self.water = min(self.reply.pending() + <size_t>self.limits.turn_bytes,
                         <size_t>self.limits.high_water)
        self.turn_us = 0

    cdef bint is_turn_over(self) noexcept:
        """To be asked between requests that may have taken long: has it given way to others?"""
        cdef int64_t now = microseconds()
        if self.turn_us == 0:
            self.turn_us = now
            return False
        return now - self.turn_us >= self.limits.turn_us and not self.held and self.give_way()

    cdef int mind_limit(self) except -1:
        """No client may make us keep more than `limits.query_buffer`, or evict for what is refused."""
        cdef size_t bound = self.lane.memory.bound
        if self.length:
            self.set_apart(self.capacity if 0 < bound < self.parser.needs() else 0)
        if (self.length + self.parser.kept() > <size_t>self.limits.query_buffer
                and not self.closing):
            self.session.input_too_long()
            self.closing = True
            self.give_up_input()
        return 0

    cdef void set_apart(self, size_t n) noexcept:
        if n != self.apart:
            keep_apart(<int64_t>n - <int64_t>self.apart)
            self.apart = n

    cdef void give_up_input(self) noexcept:
        """No request will be taken any more."""
        self.length = 0
        self.parser.forget()
        self.drop_buffer()

    cdef void trim_buffer(self) noexcept:
        """Give back the room that a long request has left."""
        global input_bytes
        cdef char* p
        if self.length == 0:
            self.drop_buffer()
        elif self.capacity > ROOM_KEPT and self.length < self.capacity >> 2:
            p = <char*>realloc(self.buffer, self.length + SLACK)
            if p != NULL:
                input_bytes -= self.capacity - (self.length + SLACK)
                self.buffer = p
                self.capacity = self.length + SLACK
                self.set_apart(0)

    cdef void drop_buffer(self) noexcept:
        global input_bytes
        if self.buffer != NULL:
            input_bytes -= self.capacity
            free(self.buffer)
            self.buffer = NULL
            self.capacity = 0
            self.set_apart(0)
