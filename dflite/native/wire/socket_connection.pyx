# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A connection on a socket: what is read, what is sent, and what epoll is to tell of it.

A wake-up costs one read. Whatever is short is read into the buffer that all share, and mostly needs no other
place; a long request is read to where it belongs. What is to be sent waits for the end of the round, so that
all its replies leave with one write.
"""

from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport int64_t, uint32_t

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport PyObject
from posix.unistd cimport close

from dflite.native.wire.connection cimport AWHILE, TURN, Connection, Parser
from dflite.native.wire.epoll cimport (
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLLET,
    EPOLLIN,
    EPOLLOUT,
    EPOLLRDHUP,
    epoll_ctl,
    epoll_event,
)
from dflite.native.wire.loop cimport SCRATCH, Loop

cdef extern from "<sys/socket.h>" nogil:
    ssize_t recv(int fd, void* buf, size_t n, int flags)
    ssize_t send(int fd, const void* buf, size_t n, int flags)
    int MSG_DONTWAIT, MSG_NOSIGNAL

cdef enum:
    LARGEST_READ = 1024 * 1024
    REFILLS = 2             # by a connection's source in a turn
    FIRST = 16              # bytes of who speaks something else, to tell what it is


cdef class SocketConnection(Connection):
    """A connection on a connected, non-blocking socket that it owns."""

    def __cinit__(self, *args):
        self.fd = -1

    def __dealloc__(self):
        if self.fd >= 0 and not self.closed:
            close(self.fd)

    def __init__(self, Loop loop, int fd, Parser parser):
        Connection.__init__(self, loop.lane, loop.limits, loop.batch, parser)
        self.loop = loop
        self.fd = fd

    # -- reading ---------------------------------------------------------------------------------------

    cdef int readable(self) except -1:
        """Read once, and take the requests that came."""
        cdef Loop loop = self.loop
        cdef ssize_t n
        cdef size_t room
        if self.held or self.closing:
            return 0
        if self.length < SCRATCH:       # what is short is copied: only what has come takes memory
            n = self.receive(loop.scratch, SCRATCH)
            if n <= 0:
                return 0
            if self.bytes_in == 0 and n > 2 and loop.scratch[0] == HANDSHAKE and loop.scratch[1] == 3:
                return self.turn_away(loop.on_tls_hello)
            self.take_in(n)
        else:
            room = min(max(<size_t>SCRATCH, self.length >> 1), <size_t>LARGEST_READ)
            self.ensure(self.length + room)
            n = self.receive(self.buffer + self.length, room)
            if n <= 0:
                return 0
            self.count_received(n)
            self.length += n
            self.run(self.buffer, self.length)
        if self.reply.end or self.closing:
            self.mark_dirty()
        return 0

    cdef ssize_t receive(self, char* room, size_t size) except -2:
        """Read what has come; 0 if that is nothing, or the end, which is dealt with here."""
        cdef ssize_t n = recv(self.fd, room, size, MSG_DONTWAIT)
        self.loop.reads += 1
        if n < 0:
            if errno == EINTR:
                self.rearm()
            elif errno != EAGAIN:
                self.abort()
            return 0
        if n == 0:
            self.at_eof = True
            self.after_input()
            self.mark_dirty()
        elif <size_t>n == size:
            self.rearm()        # there may be more
        return n

    cdef void count_received(self, size_t n) noexcept:
        self.loop.bytes_in += n
        self.bytes_in += n
        self.last_active_ms = self.loop.clock.now_ms

    cdef int take_in(self, size_t n) except -1:
        """Take the requests of so many bytes in the shared buffer, behind those that were kept."""
        self.count_received(n)
        if self.length == 0:
            return self.run(self.loop.scratch, n)
        self.keep(self.loop.scratch, n)
        return self.run(self.buffer, self.length)

    cdef int turn_away(self, object why) except -1:
        """It speaks what is not spoken here: send what `why(first bytes, fd)` answers, and close."""
        cdef bytes answer = None
        if why is not None:
            answer = why(PyBytes_FromStringAndSize(self.loop.scratch, FIRST), self.fd)
        if answer:
            send(self.fd, PyBytes_AS_STRING(answer), PyBytes_GET_SIZE(answer),
                 MSG_DONTWAIT | MSG_NOSIGNAL)
        self.abort()
        return 0

    # -- sending ---------------------------------------------------------------------------------------

    cdef size_t left(self) noexcept:
        """Bytes that wait to be sent."""
        return self.reply.pending()

    cdef int send_pending(self) except -1:
        """Send what is in `reply`, as far as the socket takes it."""
        cdef ssize_t n
        cdef int refills = 0
        while self.reply.pending() or (self.source is not None and self.refill(&refills)):
            if not self.reply.pending():
                return 0
            n = self.transmit(self.reply.buffer + self.reply.start, self.reply.pending())
            if n <= 0:
                return 0
            self.count_sent(n)
            self.reply.sent(n)
        self.all_is_sent()
        return 0

    cdef ssize_t transmit(self, const char* data, size_t size) except -2:
        """Send what the socket takes of it; 0 if that is nothing, or the other side is gone, which is dealt
        with here."""
        cdef ssize_t n
        while True:
            n = send(self.fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL)
            if n >= 0:
                self.loop.writes += 1
                return n
            if errno == EINTR:
                continue
            if errno == EAGAIN:
                self.wait_for_room()
            else:
                self.abort()
            return 0

    cdef void count_sent(self, size_t n) noexcept:
        self.loop.bytes_out += n
        self.bytes_out += n

    cdef bint refill(self, int* refills) except -1:
        """All is sent: is there more at the source, now or when others have had their turn?"""
        if refills[0] == REFILLS:
            self.sending = True
            self.rearm()
            return True
        refills[0] += 1
        return self.source()

    cdef int wait_for_room(self) except -1:
        """The socket takes no more now."""
        self.sending = True
        self.set_interest()
        if 0 < self.limits.output_buffer < <int64_t>self.reply.pending():
            self.session.output_too_long()
            self.abort()
        return 0

    cdef void all_is_sent(self) noexcept:
        if self.sending:
            self.sending = False
            self.set_interest()

    # -- what epoll tells ------------------------------------------------------------------------------

    cdef int register(self) except -1:
        """Have epoll tell of it from now on; the socket remains the caller's if that cannot be."""
        cdef epoll_event event
        self.interest = EPOLLIN | EPOLLRDHUP | EPOLLET
        event.events = self.interest
        event.data.ptr = <void*><PyObject*>self
        if epoll_ctl(self.loop.fd, EPOLL_CTL_ADD, self.fd, &event) != 0:
            self.fd = -1
            raise OSError(errno, "epoll_ctl")
        return 0

    cdef void set_interest(self) noexcept:
        cdef epoll_event event
        cdef uint32_t wanted = EPOLLRDHUP | EPOLLET
        if self.closed:
            return
        if not self.held and not self.closing and not self.at_eof:
            wanted |= EPOLLIN
        if self.at_eof or (self.half_closed and not self.held & ~AWHILE):
            wanted &= ~EPOLLRDHUP       # known, and no reason to close
        if self.sending:
            wanted |= EPOLLOUT
        if wanted != self.interest:
            event.events = wanted
            event.data.ptr = <void*><PyObject*>self
            epoll_ctl(self.loop.fd, EPOLL_CTL_MOD, self.fd, &event)
            self.interest = wanted

    cdef void rearm(self) noexcept:
        """Have epoll look again: what it has told once it does not repeat."""
        self.interest = 0
        self.set_interest()

    # -- what connections ask of transports ------------------------------------------------------------

    cpdef flush(self):
        """Send what the socket takes now."""
        if not self.closed:
            self.loop.prepare()
            self.send_pending()

    cpdef schedule(self):
        """Be looked at at the end of this round, or soon."""
        if not self.ready and not self.closed:
            self.ready = True
            self.loop.ready.append(self)
            self.loop.ask()

    cdef bint give_way(self) noexcept:
        self.held |= TURN
        self.loop.later.append(self)
        return True

    cpdef changed_interest(self):
        self.set_interest()

    cpdef mark_dirty(self):
        """There is something to send at the end of this round."""
        if not self.dirty and not self.closed:
            self.dirty = True
            self.loop.dirty.append(self)
            self.loop.ask()

    # -- the end ---------------------------------------------------------------------------------------

    cpdef abort(self):
        """Close at once, whatever is unsent."""
        if not self.closed:
            self.closing = True
            self.drop()

    cdef int leave(self) except -1:
        """Everything is sent: close."""
        self.drop()
        return 0

    cdef void drop(self) noexcept:
        cdef Loop loop = self.loop
        if self.closed:
            return
        if loop.polling:
            loop.closed_now.append(self)        # events of this round may still name it
        epoll_ctl(loop.fd, EPOLL_CTL_DEL, self.fd, NULL)
        close(self.fd)
        loop.connections.pop(self.fd, None)
        self.mark_closed()
        session = self.session
        self.session = None         # the two would keep each other alive
        try:
            session.closed()
        except Exception as error:
            loop.report(error)
