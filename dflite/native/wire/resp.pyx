# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""RESP: requests out of a connection's input, parsed ahead in batches.

    parse up to 32 requests -> ask for their buckets, then their entries -> for each:
    the hot lane answers, or session.request(argv) does

The rules and texts of protocol errors are Redis'.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memchr, memcpy, memmove

cimport cython

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.index cimport hash_key
from dflite.native.wire.connection cimport Connection, Parser, account_input, is_free
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport BATCH, Batch, Request

from dflite.native.wire.inline import split_inline

cdef enum:
    LIKELY_KEY = 512                # bytes of a second word that is worth a look ahead
    LINE_LIMIT = 64 * 1024          # an inline request, a length line
    MULTIBULK_LIMIT = 0x7FFFFFFF
    STRANGER_MULTIBULK = 10         # before authentication
    STRANGER_BULK = 16384


@cython.final
cdef class RespParser(Parser):
    """Requests of RESP, and lines. The session has `request(argv)`, `inline(argv)`, `line(text)` (while
    the connection is `by_line`) and `protocol_error(text)`."""

    cdef readonly size_t began      # where in the input the request stands that is handed over, or bad
    cdef public bint strict         # no empty lines, and an argument ends where it says: not as Redis
    cdef size_t position            # up to where the incomplete request is known
    cdef size_t request_start
    cdef int64_t multibulk          # arguments it still lacks
    cdef int64_t bulk               # bytes of the next one, -1 before they are known
    cdef size_t first               # of the batch's arguments
    cdef Slice* partial             # its arguments that came in earlier reads
    cdef size_t partial_count
    cdef size_t partial_capacity
    cdef bytes broken

    def __cinit__(self):
        self.bulk = -1

    def __dealloc__(self):
        self.drop_partial()

    cdef size_t kept(self) noexcept:
        return self.partial_count * sizeof(Slice)

    cdef size_t needs(self) noexcept:
        return self.position + <size_t>max(self.bulk, <int64_t>0) if self.multibulk > 0 else 0

    cdef void forget(self) noexcept:
        self.multibulk = 0
        self.bulk = -1
        self.position = self.request_start = 0
        self.drop_partial()

    cdef void drop_partial(self) noexcept:
        if self.partial != NULL:
            account_input(-<int64_t>(self.partial_capacity * sizeof(Slice)))
            free(self.partial)
            self.partial = NULL
        self.partial_count = self.partial_capacity = 0

    cdef int save_partial(self, Batch batch, size_t shift) except -1:
        """Keep the new arguments of the incomplete request, whose start moves to the buffer's.

        Only the new ones: an input of single bytes must not cost the square of its arguments.
        """
        cdef size_t n = batch.used - self.first, i, room
        cdef Slice* p
        if self.multibulk == 0 or n == 0:
            return 0
        if self.partial_count + n > self.partial_capacity:
            room = max(self.partial_count + n, self.partial_capacity * 2)
            p = <Slice*>realloc(self.partial, room * sizeof(Slice))
            if p == NULL:
                raise MemoryError
            account_input((room - self.partial_capacity) * sizeof(Slice))
            self.partial = p
            self.partial_capacity = room
        p = self.partial + self.partial_count
        for i in range(n):
            p[i].offset = batch.args[self.first + i].offset - shift
            p[i].length = batch.args[self.first + i].length
        self.partial_count += n
        return 0

    cdef int join_partial(self, Batch batch) except -1:
        """The batch's first request is complete: put the arguments kept before those just found."""
        cdef size_t n = self.partial_count, found = batch.used
        batch.reserve(found + n)
        memmove(batch.args + n, batch.args, found * sizeof(Slice))
        memcpy(batch.args, self.partial, n * sizeof(Slice))
        batch.used = found + n
        self.drop_partial()
        return 0

    cdef int parse(self, Connection conn, const char* base, size_t end) except -1:
        """Complete requests from `position` on, into the batch; `broken` gets a protocol error.

        1 if there may be more. A stranger's requests are parsed one by one, since each may be the AUTH
        that lets the next be longer.
        """
        cdef Batch batch = conn.batch
        cdef Request* request
        cdef const char* line
        cdef size_t at = self.position, stop
        cdef int64_t n
        cdef int most = BATCH if conn.trusted else 1
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
                if base[at] != c'*' or conn.by_line:
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
                    if n > STRANGER_MULTIBULK and not conn.trusted:
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
                                or n > conn.limits.bulk_length):
                            self.broken = b"invalid bulk length"
                            break
                        if n > STRANGER_BULK and not conn.trusted:
                            self.broken = b"unauthenticated bulk length"
                            break
                        at = stop + 2
                        self.bulk = n
                if at > end or end - at < <size_t>self.bulk + 2:
                    break
                if self.strict and (base[at + self.bulk] != c'\r'
                                    or base[at + self.bulk + 1] != c'\n'):
                    self.broken = b"an argument does not end where its length says"
                    break
                batch.add(at, self.bulk)
                at += self.bulk + 2
                self.bulk = -1
                self.multibulk -= 1
            if self.multibulk > 0:
                break
            if self.partial_count:
                self.join_partial(batch)
            request = &batch.requests[batch.count]
            request.start = self.request_start
            request.first = self.first
            request.count = batch.used - self.first
            batch.count += 1
        self.position = at
        return 0

    # -- running ------------------------------------------------------------------------------------

    cdef size_t take(self, Connection conn, const char* base, size_t end) except? 0:
        cdef Batch batch = conn.batch
        cdef Lane lane = conn.lane
        cdef Request* request
        cdef int i
        cdef const char* key
        cdef size_t n, taken
        cdef uint64_t[BATCH] hashes
        cdef uint8_t[BATCH] codes
        cdef bint stopped = False, more
        while True:
            batch.used = batch.count = 0
            self.first = 0
            more = self.parse(conn, base, end)
            if batch.count > 1 and (conn.plain or conn.gate is not None) and lane.reads:
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
                            lane.table_for(conn.database, key, n).prefetch_bucket(hashes[i])
                for i in range(batch.count):
                    if codes[i]:
                        request = &batch.requests[i]
                        lane.table_for(
                            conn.database, base + batch.args[request.first + 1].offset,
                            batch.args[request.first + 1].length).prefetch_entry(hashes[i])
            for i in range(batch.count):
                request = &batch.requests[i]
                if (not is_free(conn) and not conn.may_go_on()) or (
                        i and conn.last_lane == 0 and conn.is_turn_over()):
                    # this request and those behind it are for later
                    self.forget()
                    self.position = self.request_start = request.start
                    self.broken = None
                    stopped = True
                    break
                self.dispatch(conn, base, request)
            if stopped or conn.closing or conn.closed or not more or conn.is_turn_over():
                break
        if self.broken is not None and not conn.held and not conn.closing:
            self.began = self.request_start
            conn.session.protocol_error(self.broken)
            conn.closing = True
        taken = self.request_start
        if not conn.closing and not conn.closed:
            self.save_partial(batch, taken)
            self.position -= taken
            self.request_start = 0
        return taken

    cdef int dispatch(self, Connection conn, const char* base, Request* request) except -1:
        cdef Slice* args = conn.batch.args + request.first
        cdef size_t i
        cdef int code
        cdef int64_t offset
        cdef list argv
        cdef object words
        self.began = request.start
        if request.count == 0:
            words = PyBytes_FromStringAndSize(base + args[0].offset, args[0].length)
            if conn.by_line:
                conn.session.line(words)
                return 0
            words = split_inline(words)
            if words is None:
                conn.session.protocol_error(b"unbalanced quotes in request")
                conn.closing = True
            elif words:
                conn.requests += 1
                conn.last_lane = 0
                conn.session.inline(words)
            elif self.strict:
                conn.session.protocol_error(b"a line without words")
                conn.closing = True
            return 0
        conn.requests += 1
        if conn.plain or conn.gate is not None:
            offset = conn.lane.backlog.offset
            code = conn.lane.operations.code_of(base + args[0].offset, args[0].length)
            if (code and (conn.plain
                          or conn.gate.admits(code, base, args, request.count, conn.database))
                    and conn.lane.answer(code, base, args, request.count, conn.reply, conn.database)):
                conn.last_lane = code
                if conn.lane.backlog.offset != offset:
                    conn.write_offset = conn.lane.backlog.offset
                return 0
        conn.last_lane = 0
        argv = PyList_New(request.count)
        for i in range(request.count):
            words = PyBytes_FromStringAndSize(base + args[i].offset, args[i].length)
            Py_INCREF(words)
            PyList_SET_ITEM(argv, i, words)
        conn.session.request(argv)
        return 0
