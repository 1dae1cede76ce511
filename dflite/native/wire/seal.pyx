# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""TLS between a socket's bytes and a connection's: what arrives is opened, what leaves is sealed.

OpenSSL works on two buffers in memory and never sees the socket, so a wake-up costs one read and one
write, as without TLS, and the reactor decides how much is sealed before other clients have their turn.
"""

from cpython.buffer cimport PyBUF_READ
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory

cimport cython

import ssl

cdef object WANTS_MORE = (ssl.SSLWantReadError, ssl.SSLWantWriteError)

cdef enum:
    COPIED = 1024           # shorter bytes are copied: that is cheaper than to look at them


cdef object look_at(const char* data, size_t n):
    """The bytes as an object, for a call that does not keep it."""
    if n <= COPIED:
        return PyBytes_FromStringAndSize(data, n)
    return PyMemoryView_FromMemory(<char*>data, n, PyBUF_READ)


@cython.final
cdef class Seal:
    """One connection's TLS, on the server's side of an `ssl.SSLContext`."""

    def __init__(self, object context):
        cdef object made
        self.arrived = ssl.MemoryBIO()
        self.leaving = ssl.MemoryBIO()
        self.engine = made = context.wrap_bio(self.arrived, self.leaving, server_side=True)
        # what the wrapper in Python wraps, if it is where it has been for years
        made = getattr(made, "_sslobj", made)
        self.read_into = made.read
        self.write_from = made.write
        self.pending = made.pending
        self.handshake = made.do_handshake

    cdef int arrive(self, const char* data, size_t n) except -1:
        """These bytes came in."""
        self.arrived.write(look_at(data, n))
        return 0

    cdef Py_ssize_t open_into(self, object room, Py_ssize_t n) except -2:
        """The bytes of a record, written to `room`; 0 if none is complete, -1 at the end."""
        cdef Py_ssize_t got
        try:
            got = self.read_into(n, room)
        except WANTS_MORE:
            return 0
        except ssl.SSLZeroReturnError:
            return -1
        return got if got > 0 else -1

    cdef bint is_drained(self) except -1:
        """Was all that came in opened, or is a part of a record?"""
        return not <Py_ssize_t>self.arrived.pending and not <Py_ssize_t>self.pending()

    cdef bint shake(self) except -1:
        """Go on with the handshake, as far as the other side has; ssl.SSLError if it fails."""
        try:
            self.handshake()
        except WANTS_MORE:
            return False
        self.established = True
        return True

    cdef int put(self, const char* data, size_t n) except -1:
        """Seal bytes to be sent."""
        self.write_from(look_at(data, n))
        self.gather()
        return 0

    cdef int gather(self) except -1:
        """Have what OpenSSL wants to send be sent; only when nothing is left of before."""
        cdef bytes data = self.leaving.read()
        if self.left():
            data = self.sealed[self.at:] + data
        self.sealed = data
        self.at = 0
        return 0

    cdef int end(self) except -1:
        """Tell the other side that no more comes."""
        try:
            self.engine.unwrap()
        except ssl.SSLError:
            pass        # it has not said so itself yet, or never will
        self.gather()
        return 0

    cdef size_t left(self) noexcept:
        return <size_t>PyBytes_GET_SIZE(self.sealed) - self.at if self.sealed is not None else 0

    cdef const char* next_bytes(self) noexcept:
        return PyBytes_AS_STRING(self.sealed) + self.at

    cdef void sent(self, size_t n) noexcept:
        self.at += n
        if self.at == <size_t>PyBytes_GET_SIZE(self.sealed):
            self.sealed = None
            self.at = 0

    def version(self) -> str:
        """TLSv1.3, say."""
        return self.engine.version() or ""
