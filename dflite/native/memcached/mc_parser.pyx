# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Memcached's protocol: requests out of a connection's input, lines with and without a block of data.

    parse up to 32 requests -> ask for their buckets, then their entries -> for each:
    the hot lane answers, or a method of the session does

The keys of get and its like are taken one by one, each a request of its own: however many there are, no
more than the high-water mark of values waits to be sent, and the line is taken up again where it was left.
What bounds memory beside: a line that is not one of gets may have 2,048 bytes, a block no more than the
longest item; what is longer is skipped as it comes, and never kept.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memchr, memcmp

cimport cython

from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.index cimport hash_key
from dflite.native.memcached.mc_figures cimport McFigures
from dflite.native.memcached.mc_journal cimport journal_item
from dflite.native.memcached.mc_lane cimport change, fetch, store
from dflite.native.memcached.mc_meta_lane cimport meta_delete, meta_get, meta_set
from dflite.native.memcached.mc_text cimport LONGEST_KEY, read_int32, read_unsigned
from dflite.native.memcached.mc_verbs cimport (
    CAS,
    DELETE,
    GAT,
    GATS,
    GET,
    MD,
    MG,
    MN,
    MS,
    OTHER,
    REPLACE,
    SET,
    TOUCH,
    verb_of,
)
from dflite.native.wire.connection cimport Connection, Parser, is_free
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport BATCH, Batch

cdef enum:
    LONGEST_LINE = 2048                 # before its end is seen
    LONGEST_GET = 8 * 1024 * 1024
    MOST_SPACES = 100                   # before a long line's `get`
    MOST_WORDS = 24                     # that matter: more are an error of any request
    MOST_META_WORDS = 18                # ... of a meta request, without the end

# what a request is
cdef enum:
    PLAIN = 0           # a line
    FETCH = 1           # a line of keys
    BLOCK = 2           # a line and its block
    BROKEN_BLOCK = 3    # ... which does not end where it should
    TOO_LARGE = 4       # a line whose block is skipped

cdef struct McRequest:
    size_t start
    size_t stop         # of the line
    size_t first        # its words in the batch
    size_t count
    size_t block
    size_t length
    uint64_t hash
    int verb
    int kind
    bint has_key        # `hash` is known
    bint alone          # a line of one key, which is `key`
    Slice key
    int64_t flags       # of a line with a block
    int64_t exptime


# Requests parsed ahead, of the connection that has the thread's batch: there is one of these too.
cdef McRequest[BATCH] ahead


cdef inline bint next_word(const char* base, size_t* at, size_t stop, Slice* word) noexcept nogil:
    """The next word of a line from `at` on. A zero byte ends the line, for memcached."""
    cdef size_t i = at[0]
    while i < stop and base[i] == c' ':
        i += 1
    word.offset = i
    while i < stop:
        if <uint8_t>base[i] <= 32:
            if base[i] == c' ':
                break
            if base[i] == 0:
                at[0] = stop
                word.length = i - word.offset
                return word.length > 0
        i += 1
    word.length = i - word.offset
    at[0] = i
    return word.length > 0


@cython.final
cdef class McParser(Parser):
    """Requests of memcached's text protocol. The session has `fetch(argv)` (one key), `request(argv)` (a
    line), `store(argv)` (with the block as the last word), `broken_block(argv)`, `too_large(argv)` and
    `bad_keys()`."""

    cdef McFigures figures
    cdef size_t searched        # bytes of the incomplete line that have no end
    cdef size_t wanted          # bytes that there must be before it is worth a look
    cdef uint64_t skipping      # bytes of a refused block that are still to come
    cdef size_t left_at         # where a line of keys was left, from its start

    def __init__(self, McFigures figures not None):
        self.figures = figures

    cdef size_t needs(self) noexcept:
        return self.wanted

    cdef void forget(self) noexcept:
        self.searched = self.wanted = self.left_at = 0
        self.skipping = 0

    # -- parsing -----------------------------------------------------------------------------------

    cdef int parse(self, Connection conn, const char* base, size_t end, size_t* position) except -1:
        """Complete requests from `position` on; how many. It is moved behind them."""
        cdef Batch batch = conn.batch
        cdef McRequest* request
        cdef const char* newline
        cdef size_t at = position[0], stop, i, need
        cdef Slice word
        cdef int count = 0
        batch.used = 0
        batch.reserve(BATCH * (MOST_WORDS + 2))
        while count < BATCH:
            if self.skipping:
                need = end - at if self.skipping > end - at else <size_t>self.skipping
                self.skipping -= need
                at += need
                if self.skipping:
                    break
            if at >= end:
                break
            i = at + self.searched
            newline = <const char*>memchr(base + i, c'\n', end - i) if i < end else NULL
            if newline == NULL:
                if end - at > LONGEST_LINE and not self.may_be_longer(base + at, end - at):
                    conn.closing = count == 0
                    break
                self.searched = end - at
                break
            request = &ahead[count]
            request.start = at
            stop = newline - base
            request.stop = stop - (1 if stop > at + 1 and base[stop - 1] == c'\r' else 0)
            request.first = batch.used
            request.kind = PLAIN
            request.verb = OTHER
            request.has_key = request.alone = False
            request.block = stop + 1
            self.searched = 0
            i = at
            if next_word(base, &i, request.stop, &word):
                request.verb = verb_of(base + word.offset, word.length)
                batch.args[batch.used] = word
                batch.used += 1
                if GET <= request.verb <= GATS:
                    self.parse_keys(base, i, request, batch)
                else:
                    while batch.used - request.first < MOST_WORDS and next_word(base, &i, request.stop, &word):
                        batch.args[batch.used] = word
                        batch.used += 1
                    request.count = batch.used - request.first
                    if request.count > 1:
                        word = batch.args[request.first + 1]
                        if word.length <= LONGEST_KEY:
                            request.has_key = request.verb != OTHER
                            request.hash = hash_key(base + word.offset, word.length)
            request.count = batch.used - request.first
            at = stop + 1
            if (SET <= request.verb <= CAS or request.verb == MS) and self.announces(base, request, batch):
                if <int64_t>request.length > self.figures.max_item_size:
                    request.kind = TOO_LARGE
                    self.skipping = request.length + 2
                elif end - at < request.length + 2:
                    self.wanted = at - request.start + request.length + 2
                    at = request.start
                    batch.used = request.first
                    break
                else:
                    request.kind = BLOCK
                    at += request.length + 2
                    if base[at - 2] != c'\r' or base[at - 1] != c'\n':
                        request.kind = BROKEN_BLOCK
            count += 1
        position[0] = at
        return count

    cdef bint may_be_longer(self, const char* line, size_t n) noexcept:
        """Is it a line of keys, of which there may be many?"""
        cdef size_t i = 0
        while i < n and line[i] == c' ':
            i += 1
        return i <= MOST_SPACES and n <= LONGEST_GET and n >= i + 5 and (
            memcmp(line + i, b"get ", 4) == 0 or memcmp(line + i, b"gets ", 5) == 0)

    cdef int parse_keys(self, const char* base, size_t at, McRequest* request, Batch batch) except -1:
        """The verb is in; of the rest only what stands before the keys is, and the first key's hash."""
        cdef Slice word
        cdef size_t rest
        request.kind = FETCH
        if request.verb >= GAT:
            if not next_word(base, &at, request.stop, &word):
                request.kind = PLAIN        # an error
                return 0
            batch.args[batch.used] = word
            batch.used += 1
        rest = at
        if not next_word(base, &at, request.stop, &word):
            request.kind = PLAIN
            return 0
        request.length = rest               # where the keys begin
        if word.length <= LONGEST_KEY:
            request.key = word
            request.alone = at == request.stop
            request.has_key = True
            request.hash = hash_key(base + word.offset, word.length)
        return 0

    cdef bint announces(self, const char* base, McRequest* request, Batch batch) noexcept:
        """Does a block follow? Not if the line is wrong. `length` gets the block's."""
        cdef Slice* words = batch.args + request.first
        cdef size_t n = request.count
        cdef int64_t length = 0
        cdef uint64_t number
        if n < 3 or words[1].length > LONGEST_KEY:
            return False
        if request.verb == MS:
            if n > MOST_META_WORDS or not read_int32(base + words[2].offset, words[2].length, &length):
                return False
        else:
            if (n != 5 and n != 6) if request.verb != CAS else (n != 6 and n != 7):
                return False
            if (not read_unsigned(base + words[2].offset, words[2].length, 0xFFFFFFFFULL, &number)
                    or not read_int32(base + words[3].offset, words[3].length, &request.exptime)
                    or not read_int32(base + words[4].offset, words[4].length, &length)):
                return False
            request.flags = <int64_t>number
            if request.verb == CAS and not read_unsigned(
                    base + words[5].offset, words[5].length, 0xFFFFFFFFFFFFFFFFULL, &number):
                return False
        request.length = <size_t>length
        return 0 <= length <= 0x7FFFFFFD

    # -- running -----------------------------------------------------------------------------------

    cdef size_t take(self, Connection conn, const char* base, size_t end) except? 0:
        cdef Lane lane = conn.lane
        cdef McRequest* request
        cdef size_t at = 0
        cdef const char* key
        cdef int count, i
        if end < self.wanted:
            return 0
        self.wanted = 0
        while True:
            count = self.parse(conn, base, end, &at)
            if count > 1 and conn.plain and lane.reads and lane.shard_count == 1:
                for i in range(count):
                    request = &ahead[i]
                    if request.has_key:
                        lane.table_for(0, base, 0).prefetch_bucket(request.hash)
                for i in range(count):
                    request = &ahead[i]
                    if request.has_key:
                        lane.table_for(0, base, 0).prefetch_entry(request.hash)
            for i in range(count):
                request = &ahead[i]
                if (not is_free(conn) and not conn.may_go_on()) or (
                        i and conn.last_lane == 0 and conn.is_turn_over()) or (
                        not self.dispatch(conn, base, request)):
                    # this request and those behind it are for later
                    self.searched = self.wanted = 0
                    self.skipping = 0
                    return request.start
                self.left_at = 0
            if count < BATCH or conn.closing or conn.closed or conn.is_turn_over():
                return at

    cdef list argv_of(self, const char* base, Slice* words, size_t count):
        cdef list argv = []
        cdef size_t i
        for i in range(count):
            argv.append(PyBytes_FromStringAndSize(base + words[i].offset, words[i].length))
        return argv

    cdef int dispatch(self, Connection conn, const char* base, McRequest* request) except -1:
        """Answer one request; 0 if a part of it is for later."""
        cdef Lane lane = conn.lane
        cdef Slice* words = conn.batch.args + request.first
        cdef int verb = request.verb
        cdef bint measured, done
        cdef int64_t changes
        cdef list argv
        if request.kind == FETCH:
            return self.answer_keys(conn, base, request)
        conn.requests += 1
        if request.kind <= BLOCK and conn.plain and verb != OTHER:
            measured = lane.calls.begin(verb)
            changes = lane.figures.changes
            if verb <= REPLACE and request.kind == BLOCK:
                done = lane.writes and store(
                    lane, self.figures, verb, base, words, request.count, request.hash, request.block,
                    request.length, <uint32_t>request.flags, request.exptime, conn.reply)
            else:
                done = self.answer(conn, base, request, words)
            if done:
                if lane.backlog.journaling and lane.figures.changes != changes:
                    journal_item(lane, base + words[1].offset, words[1].length, request.hash)
                lane.calls.end(verb, measured)
                conn.last_lane = verb
                return 1
        conn.last_lane = 0
        argv = self.argv_of(base, words, request.count)
        if request.kind == PLAIN:
            conn.session.request(argv)
        elif request.kind == TOO_LARGE:
            conn.session.too_large(argv)
        elif request.kind == BROKEN_BLOCK:
            conn.session.broken_block(argv)
        else:
            argv.append(PyBytes_FromStringAndSize(base + request.block, request.length))
            conn.session.store(argv)
        return 1

    cdef int answer(self, Connection conn, const char* base, McRequest* request, Slice* words) except -1:
        """Let the hot lane answer; 0 if it does not."""
        cdef Lane lane = conn.lane
        cdef int verb = request.verb
        cdef size_t count = request.count
        if verb == MN:
            if lane.reads:
                conn.reply.put(b"MN\r\n", 4)
            return lane.reads
        if not request.has_key:
            return 0
        if verb == MG:
            return lane.reads and meta_get(lane, self.figures, base, words, count, request.hash, conn.reply)
        if not lane.writes or (verb == TOUCH and lane.backlog.journaling):
            return 0            # a deadline can be told without the value
        if request.kind == BLOCK:
            if verb == MS:
                return meta_set(lane, self.figures, base, words, count, request.hash, request.block,
                                request.length, conn.reply)
            return 0
        if verb == MD:
            return meta_delete(lane, self.figures, base, words, count, request.hash, conn.reply)
        return DELETE <= verb <= TOUCH and change(lane, self.figures, verb, base, words, count,
                                                  request.hash, conn.reply)

    cdef int answer_keys(self, Connection conn, const char* base, McRequest* request) except -1:
        """get, gets, gat, gats, key by key; 0 if the rest of the keys is for later."""
        cdef Lane lane = conn.lane
        cdef size_t at = request.length
        cdef int verb = request.verb
        cdef Slice word, first = conn.batch.args[request.first], second = first
        cdef bint quick = conn.plain, measured
        cdef bint begun = self.left_at > 0
        cdef int64_t exptime = 0
        cdef uint64_t h
        cdef list argv
        if request.alone and quick and verb < GAT and lane.reads:
            measured = lane.calls.begin(verb)
            if fetch(lane, self.figures, verb, base + request.key.offset, request.key.length, request.hash, 0,
                     conn.reply):
                lane.calls.end(verb, measured)
                conn.last_lane = verb
                conn.requests += 1
                conn.reply.put(b"END\r\n", 5)
                return 1
        if verb >= GAT:
            second = conn.batch.args[request.first + 1]
            quick = quick and read_int32(base + second.offset, second.length, &exptime)
        if begun:
            at = request.start + self.left_at
        else:
            conn.requests += 1
            if request.stop - request.start > LONGEST_KEY and self.has_long_key(base, at, request.stop):
                conn.session.bad_keys(self.argv_of(base, conn.batch.args + request.first, request.count))
                return 1
        while next_word(base, &at, request.stop, &word):
            if begun:
                if not is_free(conn) and not conn.may_go_on():
                    self.left_at = word.offset - request.start
                    return 0
                h = hash_key(base + word.offset, word.length)
            else:
                h = request.hash
                begun = True
            if quick and (lane.reads if verb < GAT else lane.reads and lane.may_write_unseen()):
                measured = lane.calls.begin(verb)
                if fetch(lane, self.figures, verb, base + word.offset, word.length, h, exptime, conn.reply):
                    lane.calls.end(verb, measured)
                    conn.last_lane = verb
                    continue
            conn.last_lane = 0
            argv = [PyBytes_FromStringAndSize(base + first.offset, first.length)]
            if verb >= GAT:
                argv.append(PyBytes_FromStringAndSize(base + second.offset, second.length))
            argv.append(PyBytes_FromStringAndSize(base + word.offset, word.length))
            if not conn.session.fetch(argv):
                return 1            # an error was answered, which ends it
        if not is_free(conn) and not conn.may_go_on():
            self.left_at = request.stop - request.start     # the last key, or its reply, is for later
            return 0
        conn.reply.put(b"END\r\n", 5)
        return 1

    cdef bint has_long_key(self, const char* base, size_t at, size_t stop) noexcept:
        cdef Slice word
        while next_word(base, &at, stop, &word):
            if word.length > LONGEST_KEY:
                return True
        return False
