# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The stream of what changed: requests in RESP, numbered by bytes, for replicas and the append-only log.

It lies in blocks of one size, so that an offset leads to its place at once and nothing is ever moved.
Readers have cursors. A block is freed when it is older than the history that is to be kept (what replicas
that come back go on from) and no cursor has still to pass it: however many replicas read, each byte is
there once.

    base                start            cursor         offset
     |  block  |  block  |  block  |  block  |  block ... |

Offsets are those of Redis' replication (PSYNC): the first byte ever written has offset 1 there, and
`offset` here is that of the last one, which is the number of bytes before the next.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove

cimport cython

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.memory cimport Memory
from dflite.native.wire.reply cimport Reply

from dflite.native.keyspace.memory import BACKLOG, REPLICAS

cdef enum:
    BLOCK = 64 * 1024
    COUNT = 42      # *
    LENGTH = 36     # $

cdef int OF_BACKLOG = BACKLOG
cdef int OF_REPLICAS = REPLICAS


@cython.final
cdef class Backlog:
    """One node's stream."""

    def __cinit__(self, Memory memory not None):
        self.memory_of_node = memory
        self.selected = -1
        self.cursors = []

    def __dealloc__(self):
        cdef size_t i
        for i in range(self.count):
            free(self.blocks[self.first + i])
        free(self.blocks)
        free(self.spare)

    # -- blocks ------------------------------------------------------------------------------------

    cdef int add_block(self) except -1:
        cdef char** places
        cdef char* block
        cdef size_t room
        if self.first + self.count == self.room:
            if self.first > self.room >> 1:
                memmove(self.blocks, self.blocks + self.first, self.count * sizeof(char*))
                self.first = 0
            else:
                room = max(self.room * 2, <size_t>16)
                places = <char**>realloc(self.blocks, room * sizeof(char*))
                if places == NULL:
                    raise MemoryError
                self.blocks = places
                self.room = room
        block = self.spare
        self.spare = NULL
        if block == NULL:
            block = <char*>malloc(BLOCK)
            if block == NULL:
                raise MemoryError
        self.blocks[self.first + self.count] = block
        self.count += 1
        self.trim()
        self.tell()
        return 0

    cdef void drop_blocks(self, size_t n) noexcept:
        """Free the n oldest."""
        cdef size_t i
        for i in range(n):
            if self.spare == NULL:
                self.spare = self.blocks[self.first]
            else:
                free(self.blocks[self.first])
            self.first += 1
            self.count -= 1
            self.base += BLOCK
        if self.start < self.base:
            self.start = self.base

    cdef void tell(self) noexcept:
        """History counts as the backlog's memory, what is there for slow readers as the replicas'."""
        cdef int64_t total = <int64_t>self.count * BLOCK
        cdef int64_t history = min(total, self.history + BLOCK)
        self.memory_of_node.put_down(OF_BACKLOG, history)
        self.memory_of_node.put_down(OF_REPLICAS, total - history)

    cdef void trim(self) noexcept:
        """Free the blocks that nobody needs."""
        cdef int64_t needed = self.offset - self.history
        cdef Cursor cursor
        cdef int64_t n
        for cursor in self.cursors:
            needed = min(needed, cursor.position)
        n = (needed - self.base) // BLOCK
        if n > 0:
            self.drop_blocks(min(<size_t>n, self.count))
            self.tell()

    # -- writing -----------------------------------------------------------------------------------

    cdef int put(self, const char* data, size_t n) except -1:
        cdef size_t at, piece
        while n > 0:
            at = <size_t>(self.offset - self.base)
            if at == self.count * BLOCK:
                self.add_block()
                at = <size_t>(self.offset - self.base)
            piece = min(n, self.count * BLOCK - at)
            memcpy(self.blocks[self.first + at // BLOCK] + at % BLOCK, data, piece)
            self.offset += piece
            data += piece
            n -= piece
        return 0

    cdef int put_head(self, char kind, int64_t n) except -1:
        cdef char[32] text
        cdef int length
        text[0] = kind
        if 0 <= n < 10:
            text[1] = <char>(48 + n)
            length = 1
        else:
            length = format_int64(n, text + 1)
        text[length + 1] = 13
        text[length + 2] = 10
        return self.put(text, length + 3)

    cdef int put_bulk(self, const char* data, size_t n) except -1:
        self.put_head(LENGTH, <int64_t>n)
        self.put(data, n)
        return self.put(b"\r\n", 2)

    cdef int put_number(self, int64_t n) except -1:
        cdef char[24] text
        return self.put_bulk(text, format_int64(n, text))

    cdef int select(self, int database) except -1:
        """Let what follows be for that database."""
        if database != self.selected:
            self.put_head(COUNT, 2)
            self.put_bulk(b"SELECT", 6)
            self.put_number(database)
            self.selected = database
        return 0

    cdef int put_request(self, int database, const char* base, Slice* args, size_t count) except -1:
        """A request as it came."""
        cdef size_t i
        self.select(database)
        self.put_head(COUNT, <int64_t>count)
        for i in range(count):
            self.put_bulk(base + args[i].offset, args[i].length)
        return 0

    def request(self, int database, list argv not None) -> None:
        """Append a request for a database; -1 where that does not matter."""
        cdef bytes word
        if database >= 0:
            self.select(database)
        self.put_head(COUNT, len(argv))
        for word in argv:
            self.put_bulk(PyBytes_AS_STRING(word), PyBytes_GET_SIZE(word))

    def raw(self, bytes data not None) -> None:
        """Append bytes of another node's stream."""
        self.put(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    # -- history -----------------------------------------------------------------------------------

    def activate(self, bint active) -> None:
        """Begin to write, or stop; what was not written meanwhile is not in the history."""
        if active != self.active:
            self.active = active
            self.restart(self.offset)

    def restart(self, int64_t offset) -> None:
        """Forget what was, and go on with that offset. Cursors stand there, too."""
        cdef Cursor cursor
        self.drop_blocks(self.count)
        free(self.spare)
        self.spare = NULL
        self.offset = self.start = self.base = offset
        self.selected = -1
        for cursor in self.cursors:
            cursor.position = offset
        self.tell()

    @property
    def keep(self) -> int:
        """Bytes of history to keep at least."""
        return self.history

    @keep.setter
    def keep(self, int64_t size):
        self.history = size
        self.trim()
        self.tell()

    @property
    def memory(self) -> int:
        """Bytes of all blocks."""
        return self.count * BLOCK

    def holds(self, int64_t offset) -> bool:
        """Can a reader go on with the byte behind that offset?"""
        return self.active and self.start <= offset <= self.offset

    def cursor(self, int64_t offset) -> Cursor:
        """A new reader, from that offset on, which must be held."""
        if not self.start <= offset <= self.offset:
            raise ValueError("the stream does not reach that far")
        cdef Cursor cursor = Cursor.__new__(Cursor)
        cursor.backlog = self
        cursor.position = offset
        self.cursors.append(cursor)
        return cursor

    def check(self) -> None:
        """Raise AssertionError if it is not as it should be."""
        cdef Cursor cursor
        assert self.base <= self.start <= self.offset, "the history is out of order"
        assert self.offset - self.base <= <int64_t>(self.count * BLOCK), "bytes without a block"
        assert self.first + self.count <= self.room or self.room == 0, "blocks without a place"
        for cursor in self.cursors:
            assert self.start <= cursor.position <= self.offset, "a cursor has lost its place"


@cython.final
cdef class Cursor:
    """A reader's place in the stream. What is behind it is kept until it goes on or is closed."""

    def lag(self) -> int:
        """Bytes that it has still to read."""
        return self.backlog.offset - self.position

    def take(self, int64_t most) -> bytes:
        """Read on, at most so many bytes."""
        cdef int64_t n = min(most, self.backlog.offset - self.position)
        cdef bytes data = PyBytes_FromStringAndSize(NULL, max(n, <int64_t>0))
        cdef char* p = PyBytes_AS_STRING(data)
        cdef size_t at, piece
        while n > 0:
            at = <size_t>(self.position - self.backlog.base)
            piece = min(<size_t>n, BLOCK - at % BLOCK)
            memcpy(p, self.backlog.blocks[self.backlog.first + at // BLOCK] + at % BLOCK, piece)
            p += piece
            n -= piece
            self.position += piece
        self.backlog.trim()
        return data

    def fill(self, Reply reply not None, int64_t most) -> int:
        """Read on into what a connection sends, at most so many bytes; how many that were."""
        cdef int64_t n = min(most, self.backlog.offset - self.position), total = n
        cdef size_t at, piece
        while n > 0:
            at = <size_t>(self.position - self.backlog.base)
            piece = min(<size_t>n, BLOCK - at % BLOCK)
            reply.put(self.backlog.blocks[self.backlog.first + at // BLOCK] + at % BLOCK, piece)
            n -= piece
            self.position += piece
        self.backlog.trim()
        return max(total, 0)

    def skip_to(self, int64_t offset) -> None:
        """Go on to that offset without reading."""
        if not self.position <= offset <= self.backlog.offset:
            raise ValueError("a cursor goes on, within the stream")
        self.position = offset
        self.backlog.trim()

    def close(self) -> None:
        """Nobody reads here any more."""
        if self in self.backlog.cursors:
            self.backlog.cursors.remove(self)
            self.backlog.trim()
