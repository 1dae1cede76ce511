# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A client's conversation: bytes in, requests parsed ahead in batches, each answered, bytes out.

This class has no socket. A transport (the epoll reactor, or an asyncio protocol for TLS) gives it bytes
and sends what is in `reply`; it overrides `flush`, `schedule` and `changed_interest`.

    input -> parse up to 32 requests -> ask for their buckets, then their entries -> for each:
             the hot lane answers, or session.request(argv) does -> reply

What bounds memory: input is kept only up to one incomplete request (and `limits.query_buffer`), a length
prefix allocates nothing, and while more than `limits.high_water` bytes of replies are unsent, no further
request is taken. A connection that is held (it waits for a key, CLIENT PAUSE, back-pressure) keeps its
requests, in order, and takes them when it is released.

The rules and texts of protocol errors are Redis'.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memchr, memcpy, memmove

cimport cython

from dflite.native.bytesops cimport parse_int64
from dflite.native.clock cimport Clock
from dflite.native.index cimport hash_key
from dflite.native.lane cimport Lane
from dflite.native.memory cimport count_too
from dflite.native.reply cimport Reply
from dflite.native.requests cimport BATCH, SLACK, Batch, Limits, Request
from dflite.native.slice cimport Slice

from dflite.native.inline import split_inline

HELD_BLOCKED = 1        # waits for a key, or for replicas
HELD_PAUSED = 2         # CLIENT PAUSE
HELD_OUTPUT = 4         # its replies are not being read
HELD_OTHER = 8          # whatever its session waits for outside of the engine

cdef enum:
    OUTPUT = 4
    LIKELY_KEY = 512                # bytes of a second word that is worth a look ahead
    LINE_LIMIT = 64 * 1024          # an inline request, a length line
    MULTIBULK_LIMIT = 0x7FFFFFFF
    STRANGER_MULTIBULK = 10         # before authentication
    STRANGER_BULK = 16384
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


cdef class Connection:
    """One client. `session` answers what the hot lane does not: it has `request(argv)`,
    `inline(argv)`, `line(text)` (an inline request, while `by_line`), `protocol_error(text)`,
    `input_too_long()`, `output_too_long()`, `resume_postponed()` and `closed()`."""

    def __cinit__(self, *args, **kwargs):
        self.bulk = -1
        self.database = 0

    def __init__(self, Lane lane, Limits limits, Batch batch):
        self.lane = lane
        self.limits = limits
        self.batch = batch
        self.reply = Reply()
        self.last_active_ms = lane.clock.now_ms

    def __dealloc__(self):
        self.drop_buffer()
        self.drop_partial()

    # -- what transports override ----------------------------------------------------------------------

    cpdef flush(self):
        """Send what is in `reply`, as far as the peer takes it."""

    cpdef schedule(self):
        """Have `resume` called soon: there may be requests to take again."""

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

    # -- parsing -----------------------------------------------------------------------------------

    cdef void forget_request(self) noexcept:
        self.multibulk = 0
        self.bulk = -1
        self.position = self.request_start = 0
        self.drop_partial()

    cdef void drop_partial(self) noexcept:
        global input_bytes
        if self.partial != NULL:
            input_bytes -= self.partial_capacity * sizeof(Slice)
            free(self.partial)
            self.partial = NULL
        self.partial_count = self.partial_capacity = 0

    cdef int save_partial(self, size_t shift) except -1:
        """Keep the new arguments of the incomplete request, whose start moves to the buffer's.

        Only the new ones: an input of single bytes must not cost the square of its arguments.
        """
        global input_bytes
        cdef size_t n = self.batch.used - self.first, i, room
        cdef Slice* p
        if self.multibulk == 0 or n == 0:
            return 0
        if self.partial_count + n > self.partial_capacity:
            room = max(self.partial_count + n, self.partial_capacity * 2)
            p = <Slice*>realloc(self.partial, room * sizeof(Slice))
            if p == NULL:
                raise MemoryError
            input_bytes += (room - self.partial_capacity) * sizeof(Slice)
            self.partial = p
            self.partial_capacity = room
        p = self.partial + self.partial_count
        for i in range(n):
            p[i].offset = self.batch.args[self.first + i].offset - shift
            p[i].length = self.batch.args[self.first + i].length
        self.partial_count += n
        return 0

    cdef int join_partial(self) except -1:
        """The batch's first request is complete: put the arguments kept before those just found."""
        cdef Batch batch = self.batch
        cdef size_t n = self.partial_count, found = batch.used
        batch.reserve(found + n)
        memmove(batch.args + n, batch.args, found * sizeof(Slice))
        memcpy(batch.args, self.partial, n * sizeof(Slice))
        batch.used = found + n
        self.drop_partial()
        return 0

    cdef int parse(self, const char* base, size_t end) except -1:
        """Complete requests from `position` on, into the batch; `broken` gets a protocol error.

        1 if there may be more. A stranger's requests are parsed one by one, since each may be the AUTH
        that lets the next be longer.
        """
        cdef Batch batch = self.batch
        cdef Request* request
        cdef const char* line
        cdef size_t at = self.position, stop
        cdef int64_t n
        cdef int most = BATCH if self.trusted else 1
        self.broken = None
        while True:
            if self.multibulk == 0:
                self.request_start = at
                self.first = batch.used
                if at >= end:
                    break
                if batch.count == most:
                    self.position = at
                    return 1
                if base[at] != c'*' or self.by_line:
                    line = <const char*>memchr(base + at, c'\n', end - at)
                    if line == NULL:
                        if end - at > LINE_LIMIT:
                            self.broken = b"too big inline request"
                        break
                    stop = line - base
                    request = &batch.requests[batch.count]
                    request.start = at
                    request.first = batch.used
                    request.count = 0
                    batch.add(at, stop - at - (1 if stop > at and base[stop - 1] == c'\r' else 0))
                    batch.count += 1
                    at = stop + 1
                    continue
                if at + 3 < end and base[at + 2] == c'\r' and c'1' <= base[at + 1] <= c'9':
                    n = base[at + 1] - c'0'
                    at += 4
                else:
                    line = <const char*>memchr(base + at, c'\r', end - at)
                    if line == NULL:
                        if end - at > LINE_LIMIT:
                            self.broken = b"too big mbulk count string"
                        break
                    stop = line - base
                    if stop + 2 > end:
                        break
                    if (not parse_int64(base + at + 1, stop - at - 1, &n)
                            or n > MULTIBULK_LIMIT):
                        self.broken = b"invalid multibulk length"
                        break
                    if n > STRANGER_MULTIBULK and not self.trusted:
                        self.broken = b"unauthenticated multibulk length"
                        break
                    at = stop + 2
                    if n <= 0:
                        continue
                self.multibulk = n
                self.bulk = -1
            while self.multibulk > 0:
                if self.bulk < 0:
                    if at + 3 < end and base[at] == c'$' and base[at + 2] == c'\r' \
                            and c'0' <= base[at + 1] <= c'9':
                        self.bulk = base[at + 1] - c'0'
                        at += 4
                    else:
                        line = <const char*>memchr(base + at, c'\r', end - at) if at < end else NULL
                        if line == NULL:
                            if end > at + LINE_LIMIT:
                                self.broken = b"too big bulk count string"
                            break
                        stop = line - base
                        if stop + 2 > end:
                            break
                        if base[at] != c'$':
                            self.broken = b"expected '$', got '" + base[at:at + 1] + b"'"
                            break
                        if (not parse_int64(base + at + 1, stop - at - 1, &n) or n < 0
                                or n > self.limits.bulk_length):
                            self.broken = b"invalid bulk length"
                            break
                        if n > STRANGER_BULK and not self.trusted:
                            self.broken = b"unauthenticated bulk length"
                            break
                        at = stop + 2
                        self.bulk = n
                if at > end or end - at < <size_t>self.bulk + 2:
                    break
                batch.add(at, self.bulk)
                at += self.bulk + 2
                self.bulk = -1
                self.multibulk -= 1
            if self.multibulk > 0:
                break
            if self.partial_count:
                self.join_partial()
            request = &batch.requests[batch.count]
            request.start = self.request_start
            request.first = self.first
            request.count = batch.used - self.first
            batch.count += 1
        self.position = at
        return 0

    # -- running -----------------------------------------------------------------------------------

    cdef int run(self, const char* base, size_t end) except -1:
        """Take every complete request of base[0:end] and keep the rest.

        `base` is either the connection's own buffer or a transport's, which has SLACK bytes behind.
        """
        cdef Batch batch = self.batch
        cdef Lane lane = self.lane
        cdef Request* request
        cdef int i
        cdef const char* key
        cdef size_t n
        cdef uint64_t[BATCH] hashes
        cdef uint8_t[BATCH] codes
        cdef size_t taken, left
        cdef bint stopped = False, more
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
        try:
            while True:
                batch.used = batch.count = 0
                self.first = 0
                more = self.parse(base, end)
                if batch.count > 1 and self.plain and lane.reads:
                    for i in range(batch.count):
                        request = &batch.requests[i]
                        codes[i] = 0
                        if request.count > 1:
                            # mostly the key; if it is another word, nothing is lost
                            n = batch.args[request.first + 1].length
                            if n <= LIKELY_KEY:
                                codes[i] = 1
                                key = base + batch.args[request.first + 1].offset
                                hashes[i] = hash_key(key, n)
                                lane.table_for(self.database, key, n).prefetch_bucket(hashes[i])
                    for i in range(batch.count):
                        if codes[i]:
                            request = &batch.requests[i]
                            lane.table_for(
                                self.database, base + batch.args[request.first + 1].offset,
                                batch.args[request.first + 1].length).prefetch_entry(hashes[i])
                for i in range(batch.count):
                    request = &batch.requests[i]
                    if self.reply.pending() > <size_t>self.limits.high_water:
                        self.flush()
                        if self.reply.pending() > <size_t>self.limits.high_water and not self.closed:
                            self.hold(OUTPUT)
                    if self.held or self.closing or self.closed:
                        # this request and those behind it are for later
                        self.forget_request()
                        self.position = self.request_start = request.start
                        self.broken = None
                        stopped = True
                        break
                    self.dispatch(base, request)
                if stopped or self.closing or self.closed or not more:
                    break
            if self.broken is not None and not self.held and not self.closing:
                self.session.protocol_error(self.broken)
                self.closing = True
            if self.closing or self.closed:
                self.give_up_input()
                return 0
            taken = self.request_start
            self.save_partial(taken)
            self.position -= taken
            self.request_start = 0
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

    cdef int mind_limit(self) except -1:
        """No client may make us keep more than `limits.query_buffer`."""
        if (self.length + self.partial_count * sizeof(Slice) > <size_t>self.limits.query_buffer
                and not self.closing):
            self.session.input_too_long()
            self.closing = True
            self.give_up_input()
        return 0

    cdef void give_up_input(self) noexcept:
        """No request will be taken any more."""
        self.length = 0
        self.forget_request()
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

    cdef void drop_buffer(self) noexcept:
        global input_bytes
        if self.buffer != NULL:
            input_bytes -= self.capacity
            free(self.buffer)
            self.buffer = NULL
            self.capacity = 0

    cdef int dispatch(self, const char* base, Request* request) except -1:
        cdef Slice* args = self.batch.args + request.first
        cdef size_t i
        cdef int code
        cdef list argv
        cdef object words
        if request.count == 0:
            words = PyBytes_FromStringAndSize(base + args[0].offset, args[0].length)
            if self.by_line:
                self.session.line(words)
                return 0
            words = split_inline(words)
            if words is None:
                self.session.protocol_error(b"unbalanced quotes in request")
                self.closing = True
            elif words:
                self.requests += 1
                self.last_lane = 0
                self.session.inline(words)
            return 0
        self.requests += 1
        if self.plain:
            code = self.lane.code_of(base + args[0].offset, args[0].length)
            if code and self.lane.answer(code, base, args, request.count, self.reply, self.database):
                self.last_lane = code
                return 0
        self.last_lane = 0
        argv = PyList_New(request.count)
        for i in range(request.count):
            words = PyBytes_FromStringAndSize(base + args[i].offset, args[i].length)
            Py_INCREF(words)
            PyList_SET_ITEM(argv, i, words)
        self.session.request(argv)
        return 0
