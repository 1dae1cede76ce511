# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A connection on a socket that speaks TLS: its handshake, and then requests and replies in records.

Until the handshake is through, its session is one that is told how it ends: `secured(connection)`, which gives
it the session to come, `insecure(error)`, or `plaintext(first bytes, fd)`, which answers who speaks no TLS. A
step of the handshake may be made in another thread (`shake`), and the connection is `away` meanwhile.
"""

cimport cython

from dflite.native.wire.connection cimport Parser
from dflite.native.wire.loop cimport SCRATCH, Loop
from dflite.native.wire.seal cimport RECORDS, Seal
from dflite.native.wire.socket_connection cimport HANDSHAKE, SocketConnection

import ssl

cdef enum:
    PIECES = 16             # of RECORDS bytes that are sealed in a turn of one connection
    LONGEST_HELLO = 256 * 1024


@cython.final
cdef class TlsConnection(SocketConnection):
    """A connection with a seal, made from an `ssl.SSLContext`."""

    def __init__(self, Loop loop, int fd, Parser parser, object context):
        SocketConnection.__init__(self, loop, fd, parser)
        self.seal = Seal(context)

    # -- the handshake ---------------------------------------------------------------------------------

    cdef int begin(self, size_t n) except -1:
        """So many bytes came of a handshake, if it is one: it waits for its turn."""
        cdef Loop loop = self.loop
        if self.arrived == 0 and loop.scratch[0] != HANDSHAKE:
            return self.turn_away(self.session.plaintext)
        self.arrived += n
        if self.arrived > LONGEST_HELLO:
            self.abort()
            return 0
        self.seal.arrive(loop.scratch, n)
        if not self.shaking:
            self.shaking = True
            loop.shaking.append(self)
        return 0

    def shake(self) -> None:
        """Go on with the handshake, and keep how that went: all that is done away from the loop."""
        self.failure = None
        try:
            self.seal.shake()
        except OSError as error:
            self.failure = error

    cdef int after_shaking(self) except -1:
        """A step of the handshake is made: tell the other side, and perhaps begin."""
        self.seal.gather()
        self.send_pending()
        if self.closed:
            return 0
        if self.failure is not None:
            self.session.insecure(self.failure)
            self.abort()
        elif self.seal.established:
            self.session.secured(self)
            if not self.closed:
                self.open_all()
        return 0

    # -- records ---------------------------------------------------------------------------------------

    cdef int readable(self) except -1:
        cdef ssize_t n
        if self.held or self.closing:
            return 0
        n = self.receive(self.loop.scratch, SCRATCH)
        if n <= 0:
            return 0
        if not self.seal.established:
            return self.begin(n)
        self.seal.arrive(self.loop.scratch, n)
        return self.open_all()

    cdef int open_all(self) except -1:
        """Take the requests in the records that came in."""
        cdef Py_ssize_t n
        while True:
            try:
                n = self.seal.open_into(self.loop.view, SCRATCH)
            except ssl.SSLError:
                self.abort()        # no record of the other side's, or not as it was sent
                return 0
            if n <= 0:
                break
            self.take_in(n)
            if self.closed or self.seal.is_drained():
                break
        if n < 0:
            self.at_eof = True
            self.after_input()
        if self.reply.end or self.closing or self.seal.left():
            self.mark_dirty()
        return 0

    cdef size_t left(self) noexcept:
        return self.reply.pending() + self.seal.left()

    cdef int send_pending(self) except -1:
        """Seal what is in `reply`, and send it, as far as the socket takes it and others can wait."""
        cdef Seal seal = self.seal
        cdef ssize_t n
        cdef size_t piece
        cdef int pieces = 0, refills = 0
        while True:
            if seal.left():
                n = self.transmit(seal.next_bytes(), seal.left())
                if n <= 0:
                    return 0
                seal.sent(n)
                continue
            if not seal.established:
                break
            if not self.reply.pending() and (self.source is None or not self.refill(&refills)):
                break
            if not self.reply.pending():
                return 0
            if pieces == PIECES:
                self.sending = True
                self.rearm()
                return 0
            pieces += 1
            piece = min(self.reply.pending(), <size_t>RECORDS)
            try:
                seal.put(self.reply.buffer + self.reply.start, piece)
            except ssl.SSLError:
                self.abort()
                return 0
            self.count_sent(piece)
            self.reply.sent(piece)
        self.all_is_sent()
        return 0

    cdef int leave(self) except -1:
        """Everything is sent: say so, and close."""
        if self.seal.established:
            self.seal.end()
            if self.seal.left():
                self.transmit(self.seal.next_bytes(), self.seal.left())
        self.drop()
        return 0
