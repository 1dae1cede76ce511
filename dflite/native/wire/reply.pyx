# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Replies: verbs that write RESP2 or RESP3 into one buffer, sent with one system call.

A handler says what it answers (`map`, `double`, `null_array`) and never which protocol the connection
speaks. `mark` and `rollback` make a reply atomic: what was written before an error is taken back.
Buffers of the usual size are pooled, so an idle connection holds none and a busy one a warm one.

RESP: https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove

cimport cython

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.floattext cimport format_double
from dflite.native.keyspace.memory cimport count_too

cdef size_t NO_LIMIT = <size_t>-1

cdef enum:
    USUAL = 16 * 1024       # bytes of a pooled buffer
    POOLED = 256            # buffers kept

cdef char* pool[POOLED]
cdef int pooled = 0
cdef size_t buffers_in_use = 0
cdef size_t longest_output = 0
count_too(&buffers_in_use)


def buffer_memory() -> int:
    """Bytes held by the reply buffers of all connections."""
    return buffers_in_use


def take_longest_output() -> int:
    """The biggest buffer since the last call; 0 if the usual one was enough for everybody."""
    global longest_output
    longest, longest_output = longest_output, 0
    return longest


@cython.final
cdef class Reply:
    """The replies that a connection has yet to send."""

    def __cinit__(self, bint resp3=False):
        self.resp3 = resp3

    def __dealloc__(self):
        self.release()

    # -- the buffer ----------------------------------------------------------------------------------

    cdef char* reserve(self, size_t n) except NULL:
        """Room for n more bytes at the returned place; the caller moves `end`."""
        global pooled, buffers_in_use, longest_output
        cdef size_t wanted
        cdef char* p
        if self.end + n <= self.capacity:
            return self.buffer + self.end
        if self.buffer == NULL and n <= USUAL:
            if pooled > 0:
                pooled -= 1
                self.buffer = pool[pooled]
            else:
                self.buffer = <char*>malloc(USUAL)
                if self.buffer == NULL:
                    raise MemoryError
            self.capacity = USUAL
            buffers_in_use += USUAL
            return self.buffer
        if self.start > 0 and self.start >= self.end - self.start:
            memmove(self.buffer, self.buffer + self.start, self.end - self.start)
            self.end -= self.start
            self.start = 0
            if self.end + n <= self.capacity:
                return self.buffer + self.end
        wanted = max(self.end + n, self.capacity + (self.capacity >> 1))
        p = <char*>realloc(self.buffer, wanted)
        if p == NULL:
            raise MemoryError
        buffers_in_use += wanted - self.capacity
        longest_output = max(longest_output, wanted)
        self.buffer = p
        self.capacity = wanted
        return p + self.end

    cdef void release(self) noexcept:
        """Give the buffer back, whatever it holds."""
        global pooled, buffers_in_use
        if self.buffer != NULL:
            buffers_in_use -= self.capacity
            if self.capacity == USUAL and pooled < POOLED:
                pool[pooled] = self.buffer
                pooled += 1
            else:
                free(self.buffer)
        self.buffer = NULL
        self.capacity = self.start = self.end = 0

    cdef size_t pending(self) noexcept nogil:
        return self.end - self.start

    cdef void sent(self, size_t n) noexcept:
        self.start += n
        if self.start == self.end:
            self.release()

    cdef int put(self, const char* data, size_t n) except -1:
        if n > 0:
            memcpy(self.reserve(n), data, n)
            self.end += n
        return 0

    cdef int put_head(self, char kind, int64_t n) except -1:
        """`kind`, the number, CRLF."""
        cdef char* p = self.reserve(24)
        cdef int length
        p[0] = kind
        if 0 <= n < 10:
            p[1] = <char>(48 + n)
            length = 1
        else:
            length = format_int64(n, p + 1)
        p[length + 1] = 13
        p[length + 2] = 10
        self.end += length + 3
        return 0

    cdef int put_bulk(self, const char* data, size_t n) except -1:
        cdef char* p = self.reserve(n + 32)
        cdef int length
        p[0] = 36  # $
        if n < 10:
            p[1] = <char>(48 + n)
            length = 1
        else:
            length = format_int64(<int64_t>n, p + 1)
        p[length + 1] = 13
        p[length + 2] = 10
        p += length + 3
        memcpy(p, data, n)
        p[n] = 13
        p[n + 1] = 10
        self.end += length + 5 + n
        return 0

    cdef int put_map(self, int64_t n) except -1:
        return self.put_head(37, n) if self.resp3 else self.put_head(42, 2 * n)

    cdef int put_null(self) except -1:
        return self.put(b"_\r\n", 3) if self.resp3 else self.put(b"$-1\r\n", 5)

    cdef int put_double(self, double x) except -1:
        cdef char[64] text
        cdef int n = format_double(x, text)
        cdef char* p
        if not self.resp3:
            return self.put_bulk(text, n)
        p = self.reserve(n + 3)
        p[0] = 44
        memcpy(p + 1, text, n)
        p[n + 1] = 13
        p[n + 2] = 10
        self.end += n + 3
        return 0

    # -- verbs -------------------------------------------------------------------------------------

    def ok(self) -> None:
        self.put(b"+OK\r\n", 5)

    def simple(self, bytes text not None) -> None:
        """A status line, such as QUEUED."""
        self.put_head_text(43, text)

    def error(self, bytes text not None) -> None:
        """An error line; its first word is the code. Line ends within it become spaces."""
        if b"\n" in text or b"\r" in text:
            text = text.replace(b"\r", b" ").replace(b"\n", b" ")
        self.put_head_text(45, text)

    cdef int put_head_text(self, char kind, bytes text) except -1:
        cdef size_t n = PyBytes_GET_SIZE(text)
        cdef char* p = self.reserve(n + 3)
        p[0] = kind
        memcpy(p + 1, PyBytes_AS_STRING(text), n)
        p[n + 1] = 13
        p[n + 2] = 10
        self.end += n + 3
        return 0

    def integer(self, int64_t n) -> None:
        self.put_head(58, n)

    def bulk(self, bytes data not None) -> None:
        self.put_bulk(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    def bulk_or_null(self, bytes data) -> None:
        """A bulk string, or null for None."""
        if data is None:
            self.put_null()
        else:
            self.put_bulk(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    def null(self) -> None:
        self.put_null()

    def null_array(self) -> None:
        """RESP2 tells an array that isn't there from a string that isn't; RESP3 does not."""
        if self.resp3:
            self.put(b"_\r\n", 3)
        else:
            self.put(b"*-1\r\n", 5)

    def array(self, int64_t n) -> None:
        """The head of n elements, which the next n verbs write."""
        self.put_head(42, n)

    def map(self, int64_t n) -> None:
        """The head of n pairs; in RESP2 an array of twice as many."""
        self.put_map(n)

    def set(self, int64_t n) -> None:
        """The head of n elements without an order; in RESP2 an array."""
        self.put_head(126 if self.resp3 else 42, n)

    def push(self, int64_t n) -> None:
        """The head of an out-of-band message of n elements; in RESP2 an array."""
        self.put_head(62 if self.resp3 else 42, n)

    def attribute(self, int64_t n) -> None:
        """The head of n attribute pairs; RESP3 only."""
        self.put_head(124, n)

    def boolean(self, bint truth) -> None:
        """In RESP2 the integers 1 and 0."""
        if self.resp3:
            self.put(b"#t\r\n" if truth else b"#f\r\n", 4)
        else:
            self.put(b":1\r\n" if truth else b":0\r\n", 4)

    def double(self, double x) -> None:
        """In RESP2 a bulk string."""
        self.put_double(x)

    def big_number(self, bytes digits not None) -> None:
        """In RESP2 a bulk string."""
        if self.resp3:
            self.put_head_text(40, digits)
        else:
            self.bulk(digits)

    def verbatim(self, bytes text not None, bytes kind not None=b"txt") -> None:
        """Text for people; `kind` is its three-letter format. In RESP2 a bulk string."""
        if PyBytes_GET_SIZE(kind) != 3:
            raise ValueError("a kind of text has three letters")
        if self.resp3:
            self.put_head(61, PyBytes_GET_SIZE(text) + 4)
            self.put(PyBytes_AS_STRING(kind), 3)
            self.put(b":", 1)
            self.put(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))
            self.put(b"\r\n", 2)
        else:
            self.bulk(text)

    def bulks(self, list items not None) -> None:
        """An array of bulk strings, None as null."""
        cdef bytes data
        self.put_head(42, len(items))
        for item in items:
            if item is None:
                self.put_null()
            else:
                data = <bytes?>item
                self.put_bulk(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    def integers(self, list items not None) -> None:
        """An array of integers."""
        self.put_head(42, len(items))
        for item in items:
            self.put_head(58, item)

    def raw(self, bytes data not None) -> None:
        """Bytes that are a reply, or part of one, already."""
        self.put(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))

    # -- taking back, reading, choosing the protocol -------------------------------------------------

    def mark(self) -> int:
        """Where the next reply begins, counted from the first unsent byte."""
        return self.end - self.start

    def rollback(self, size_t mark) -> None:
        """Take back what was written since `mark`; nothing, if what was before it has been sent."""
        if mark < self.end - self.start:
            self.end = self.start + mark
            if mark == 0:
                self.release()

    def since(self, size_t mark) -> bytes:
        """What was written since `mark`."""
        if mark >= self.end - self.start:
            return b""
        return PyBytes_FromStringAndSize(self.buffer + self.start + mark, self.end - self.start - mark)

    def take(self, size_t most=NO_LIMIT) -> bytes:
        """The unsent bytes, or the first of them; they count as sent afterwards."""
        cdef size_t n = min(most, self.end - self.start)
        cdef bytes data = PyBytes_FromStringAndSize(self.buffer + self.start, n)
        self.sent(n)
        return data

    def speak(self, bint resp3) -> None:
        """Write RESP3 from now on, or RESP2."""
        self.resp3 = resp3

    def __len__(self):
        return self.end - self.start

    @property
    def memory(self) -> int:
        """Bytes of the buffer."""
        return self.capacity
