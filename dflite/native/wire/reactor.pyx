# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sockets on epoll: one read and one write a wake-up and connection, with nothing of Python between.

The epoll set is itself a file descriptor that the event loop watches: whenever any client has something,
the loop calls `poll` once, which serves every ready client and then sends all replies. The loop stays in
charge of everything else (timers, HTTP, replication links).

A connection with a seal speaks TLS. Until the handshake is through, its session is one that is told how it
ends: `secured(connection)`, which gives it the session to come, `insecure(error)`, or `plaintext(first)`,
which answers who speaks no TLS. Handshakes are what costs most here. If there is somebody to
`shake_elsewhere`, it has `connection.shake()` done in another thread, in which OpenSSL runs without the
interpreter's lock, and then calls `shaken(connection)` in the loop; meanwhile nobody here touches that
connection's seal. Without, `handshakes_a_turn` steps are made before everybody else has a turn again.

Before any reply leaves, at the end of a round or in the middle of a long one, `before_flush` is called:
what has to be durable or settled first goes there. `after_reading` is called in each round, if it is set.
"""

from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cimport cython
from cpython.buffer cimport PyBUF_WRITE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.memoryview cimport PyMemoryView_FromMemory
from cpython.ref cimport PyObject
from posix.unistd cimport close

from dflite.native.base.clock cimport microseconds
from dflite.native.wire.connection cimport Connection, Parser
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport SLACK, Batch, Limits
from dflite.native.wire.seal cimport RECORDS, Seal

import ssl
from collections import deque

cdef extern from "<sys/epoll.h>" nogil:
    ctypedef union epoll_data_t:
        void* ptr
    cdef struct epoll_event:
        uint32_t events
        epoll_data_t data
    int epoll_create1(int flags)
    int epoll_ctl(int epfd, int op, int fd, epoll_event* event)
    int epoll_wait(int epfd, epoll_event* events, int maxevents, int timeout)
    int EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, EPOLL_CLOEXEC
    uint32_t EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP, EPOLLET

cdef extern from "<sys/socket.h>" nogil:
    ssize_t recv(int fd, void* buf, size_t n, int flags)
    ssize_t send(int fd, const void* buf, size_t n, int flags)
    int MSG_DONTWAIT, MSG_NOSIGNAL

cdef enum:
    OUTPUT = 4              # HELD_OUTPUT
    TURN = 32               # HELD_TURN
    AWHILE = OUTPUT | TURN  # what ends by itself
    TURNS_US = 1000         # of those who have given way, before it is others' turn again
    SCRATCH = 64 * 1024
    EVENTS = 256            # a round
    ROUNDS = 8              # before the event loop gets its turn
    LARGEST_READ = 1024 * 1024
    REFILLS = 2             # by a connection's source in a turn
    PIECES = 16             # of RECORDS bytes that are sealed in a turn of one connection
    LONGEST_HELLO = 256 * 1024
    HANDSHAKE = 0x16        # the first byte of who speaks TLS
    FIRST = 16              # bytes of who does not, to tell what it speaks


@cython.final
cdef class SocketConnection(Connection):
    """A connection on a connected, non-blocking socket that it owns."""

    def __cinit__(self, *args):
        self.fd = -1

    def __dealloc__(self):
        if self.fd >= 0 and not self.closed:
            close(self.fd)

    def __init__(self, Reactor reactor, int fd, Parser parser):
        Connection.__init__(self, reactor.lane, reactor.limits, reactor.batch, parser)
        self.reactor = reactor
        self.fd = fd

    cdef int readable(self) except -1:
        cdef Reactor reactor = self.reactor
        cdef ssize_t n
        cdef size_t room = SCRATCH
        cdef bint direct = self.length >= SCRATCH and self.seal is None
        if self.held or self.closing:
            return 0
        if not direct:      # what is short is copied: only what has come takes memory
            n = recv(self.fd, reactor.scratch, SCRATCH, MSG_DONTWAIT)
        else:
            room = min(max(<size_t>SCRATCH, self.length >> 1), <size_t>LARGEST_READ)
            self.ensure(self.length + room)
            n = recv(self.fd, self.buffer + self.length, room, MSG_DONTWAIT)
        reactor.reads += 1
        if n <= 0:
            if n < 0 and errno == EAGAIN:
                return 0
            if n < 0 and errno == EINTR:
                self.rearm()
                return 0
            if n < 0:
                self.abort()
                return 0
            self.at_eof = True
            self.after_input()
            self.mark_dirty()
            return 0
        if <size_t>n == room:
            self.rearm()        # there may be more
        if self.seal is not None:
            return self.unseal(n)
        if self.bytes_in == 0 and n > 2 and reactor.scratch[0] == HANDSHAKE and reactor.scratch[1] == 3:
            self.turn_away(reactor.on_tls_hello)
            return 0
        reactor.bytes_in += n
        self.bytes_in += n
        self.last_active_ms = reactor.clock.now_ms
        if self.length == 0:
            self.run(reactor.scratch, n)
        else:
            if direct:
                self.length += n
            else:
                self.keep(reactor.scratch, n)
            self.run(self.buffer, self.length)
        if self.reply.end or self.closing:
            self.mark_dirty()
        return 0

    cdef int unseal(self, size_t n) except -1:
        """So many bytes came in that are, or are to be, TLS."""
        cdef Reactor reactor = self.reactor
        if self.seal.established:
            self.seal.arrive(reactor.scratch, n)
            return self.open_all()
        if self.arrived == 0 and reactor.scratch[0] != HANDSHAKE:
            self.turn_away(self.session.plaintext)
            return 0
        self.arrived += n
        if self.arrived > LONGEST_HELLO:
            self.abort()
            return 0
        self.seal.arrive(reactor.scratch, n)
        if not self.shaking:
            self.shaking = True
            reactor.shaking.append(self)
        return 0

    cdef int turn_away(self, object why) except -1:
        """It speaks what is not spoken here: send what `why(first bytes, fd)` answers, and close."""
        cdef bytes answer = None
        if why is not None:
            answer = why(PyBytes_FromStringAndSize(self.reactor.scratch, FIRST), self.fd)
        if answer:
            send(self.fd, PyBytes_AS_STRING(answer), PyBytes_GET_SIZE(answer),
                 MSG_DONTWAIT | MSG_NOSIGNAL)
        self.abort()
        return 0

    cdef int open_all(self) except -1:
        """Take the requests in the records that came in."""
        cdef Reactor reactor = self.reactor
        cdef Py_ssize_t got
        while True:
            try:
                got = self.seal.open_into(reactor.view, SCRATCH)
            except ssl.SSLError:
                self.abort()        # no record of the other side's, or not as it was sent
                return 0
            if got <= 0:
                break
            reactor.bytes_in += got
            self.bytes_in += got
            self.last_active_ms = reactor.clock.now_ms
            if self.length == 0:
                self.run(reactor.scratch, got)
            else:
                self.keep(reactor.scratch, got)
                self.run(self.buffer, self.length)
            if self.closed or self.seal.is_drained():
                break
        if got < 0:
            self.at_eof = True
            self.after_input()
        if self.reply.end or self.closing or self.seal.left():
            self.mark_dirty()
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
        self.send_sealed()
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

    cdef int send_sealed(self) except -1:
        """Seal what is in `reply`, and send it, as far as the socket takes it and others can wait."""
        cdef Seal seal = self.seal
        cdef ssize_t n
        cdef size_t piece
        cdef int pieces = 0, refills = 0
        while True:
            if seal.left():
                n = send(self.fd, seal.next_bytes(), seal.left(), MSG_DONTWAIT | MSG_NOSIGNAL)
                if n < 0:
                    if errno == EINTR:
                        continue
                    if errno == EAGAIN:
                        return self.wait_for_room()
                    self.abort()
                    return 0
                self.reactor.writes += 1
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
            self.reactor.bytes_out += piece
            self.bytes_out += piece
            self.reply.sent(piece)
        if self.sending:
            self.sending = False
            self.set_interest()
        return 0

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

    cdef size_t left(self) noexcept:
        """Bytes that wait to be sent."""
        return self.reply.pending() + (self.seal.left() if self.seal is not None else 0)

    cdef int send_pending(self) except -1:
        cdef ssize_t n
        cdef int refills = 0
        if self.seal is not None:
            return self.send_sealed()
        while self.reply.pending() or (self.source is not None and self.refill(&refills)):
            if not self.reply.pending():
                return 0
            n = send(self.fd, self.reply.buffer + self.reply.start, self.reply.pending(),
                     MSG_DONTWAIT | MSG_NOSIGNAL)
            if n < 0:
                if errno == EINTR:
                    continue
                if errno == EAGAIN:
                    return self.wait_for_room()
                self.abort()
                return 0
            self.reactor.writes += 1
            self.reactor.bytes_out += n
            self.bytes_out += n
            self.reply.sent(n)
        if self.sending:
            self.sending = False
            self.set_interest()
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
            epoll_ctl(self.reactor.fd, EPOLL_CTL_MOD, self.fd, &event)
            self.interest = wanted

    cdef void rearm(self) noexcept:
        """Have epoll look again: what it has told once it does not repeat."""
        self.interest = 0
        self.set_interest()

    cpdef flush(self):
        """Send what the socket takes now."""
        if not self.closed:
            self.reactor.prepare()
            self.send_pending()

    cpdef schedule(self):
        """Be looked at at the end of this round, or soon."""
        if not self.ready and not self.closed:
            self.ready = True
            self.reactor.ready.append(self)
            self.reactor.ask()

    cdef bint give_way(self) noexcept:
        self.held |= TURN
        self.reactor.later.append(self)
        return True

    cpdef changed_interest(self):
        self.set_interest()

    cpdef mark_dirty(self):
        """There is something to send at the end of this round."""
        if not self.dirty and not self.closed:
            self.dirty = True
            self.reactor.dirty.append(self)
            self.reactor.ask()

    cpdef abort(self):
        """Close at once, whatever is unsent."""
        if not self.closed:
            self.closing = True
            self.reactor.drop(self)


@cython.final
cdef class Reactor:
    """All connections of one engine. The event loop watches `fd` and calls `poll`."""

    def __cinit__(self, Clock clock, Lane lane, Limits limits):
        self.clock = clock
        self.lane = lane
        self.limits = limits
        self.batch = Batch()
        self.connections = {}
        self.dirty = []
        self.ready = deque()
        self.closed_now = []
        self.put_off = []
        self.shaking = []
        self.later = deque()
        self.handshakes_a_turn = 1
        self.fd = epoll_create1(EPOLL_CLOEXEC)
        if self.fd < 0:
            raise OSError(errno, "epoll_create1")
        self.scratch = <char*>malloc(SCRATCH + SLACK)
        if self.scratch == NULL:
            raise MemoryError
        self.view = PyMemoryView_FromMemory(self.scratch, SCRATCH, PyBUF_WRITE)

    def __dealloc__(self):
        free(self.scratch)
        if self.fd >= 0:
            close(self.fd)

    def attach(self, int fd, object session, Parser parser not None, object context=None) -> SocketConnection:
        """Serve the connected, non-blocking socket `fd`, which is the reactor's to close from now on.

        With an `ssl.SSLContext` it speaks TLS.
        """
        cdef SocketConnection connection = SocketConnection(self, fd, parser)
        if context is not None:
            connection.seal = Seal(context)
        cdef epoll_event event
        connection.session = session
        connection.interest = EPOLLIN | EPOLLRDHUP | EPOLLET
        event.events = connection.interest
        event.data.ptr = <void*><PyObject*>connection
        if epoll_ctl(self.fd, EPOLL_CTL_ADD, fd, &event) != 0:
            connection.fd = -1      # it remains the caller's
            raise OSError(errno, "epoll_ctl")
        self.connections[fd] = connection
        return connection

    def hold_all(self, int reason) -> None:
        """Let every connection that there is take no further requests."""
        cdef SocketConnection connection
        for connection in list(self.connections.values()):
            connection.hold(reason)

    def release_all(self, int reason) -> None:
        """That is no reason to wait any more."""
        cdef SocketConnection connection
        for connection in list(self.connections.values()):
            connection.release(reason)

    def poll(self) -> None:
        """Serve every client that has something to say."""
        cdef epoll_event[EVENTS] events
        cdef int n, i, rounds
        cdef int64_t end
        if self.polling:
            return
        self.polling = True
        self.wakeups += 1
        try:
            for rounds in range(ROUNDS):
                n = epoll_wait(self.fd, events, EVENTS, 0)
                if n <= 0 and not self.later:
                    break
                self.clock.read()
                end = microseconds() + self.limits.round_us if n > 1 else 0
                for i in range(n):
                    self.unserved = &events[i + 1]
                    self.unserved_count = n - i - 1
                    if events[i].data.ptr != NULL:
                        self.serve(<SocketConnection>events[i].data.ptr, events[i].events)
                    if (i & 3 == 3 or self.was_long) and microseconds() >= end:
                        self.was_long = False
                        self.ask_again()
                        break
                self.settle()
                if n < 4 and not self.later:
                    break
        finally:
            self.polling = False

    def poll_others(self) -> None:
        """In the middle of a request that takes long, serve everybody but who sent it.

        The input that is being read, the requests parsed ahead of it and what was to be sent to that
        client are put aside meanwhile.
        """
        cdef Batch parsed = Batch()
        cdef char* read = <char*>malloc(SCRATCH + SLACK)
        cdef bint polling = self.polling
        cdef list closed = self.closed_now
        cdef list unsent = [each for each in self.dirty if (<SocketConnection>each).running]
        cdef SocketConnection connection
        if read == NULL:
            raise MemoryError
        memcpy(read, self.scratch, SCRATCH + SLACK)
        self.ask_again()        # they may be gone when this round goes on
        self.batch.swap(parsed)
        self.closed_now = []
        self.dirty = [each for each in self.dirty if not (<SocketConnection>each).running]
        self.polling = False
        try:
            self.poll()
            self.run_pending()
        finally:
            self.polling = polling
            self.dirty += unsent
            self.closed_now = closed + self.closed_now
            self.batch.swap(parsed)
            memcpy(self.scratch, read, SCRATCH + SLACK)
            free(read)
            for connection in self.put_off:
                connection.rearm()
            self.put_off.clear()
            if not polling:
                self.ask()

    cdef void ask_again(self) noexcept:
        """What epoll has told of those not served yet it shall tell again: behind what came meanwhile."""
        cdef epoll_event* event
        cdef int i
        for i in range(self.unserved_count):
            event = <epoll_event*>self.unserved + i
            if event.data.ptr != NULL:
                (<SocketConnection>event.data.ptr).rearm()
                event.data.ptr = NULL
        self.unserved_count = 0

    cdef int serve(self, SocketConnection connection, uint32_t events) except -1:
        if connection.closed:
            return 0
        if connection.away:
            if events & (EPOLLHUP | EPOLLERR):
                connection.abort()
            return 0
        if connection.running:
            self.put_off.append(connection)     # see poll_others
            return 0
        try:
            if events & EPOLLOUT:
                connection.flush()
                if (connection.held & OUTPUT
                        and connection.reply.pending() <= <size_t>self.limits.high_water // 2):
                    connection.release(OUTPUT)
                if connection.closing and not connection.left():
                    self.leave(connection)
                    return 0
            if events & EPOLLIN and not connection.held:
                connection.readable()
                if connection.reply.pending() > <size_t>self.limits.turn_bytes:
                    self.was_long = True
                if events & EPOLLRDHUP and not connection.at_eof:
                    connection.rearm()      # the end is still behind what was read
            elif events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR):
                if events & (EPOLLHUP | EPOLLERR) or connection.held & ~AWHILE:
                    # nobody is left to wait for an answer
                    connection.abort()
                else:
                    # it still may read what it has asked for; what it sent before is read later
                    connection.half_closed = True
                    connection.set_interest()
        except Exception as error:
            self.failed(connection, error)
        return 0

    cpdef failed(self, SocketConnection connection, object error):
        """A session raised what it must not: that client goes, the others stay."""
        connection.abort()
        if self.on_error is not None:
            self.on_error(error)

    cdef int settle(self) except -1:
        """Take the requests of released connections, then send everything."""
        cdef SocketConnection connection
        cdef list batch
        cdef int turns = 0
        if self.after_reading is not None:
            self.after_reading()
        if self.later:
            self.take_turns()
        while self.ready and turns < 16:
            turns += 1
            for _ in range(len(self.ready)):
                if not self.ready:
                    break           # see poll_others
                connection = self.ready.popleft()
                connection.ready = False
                self.resume(connection)
        self.prepare()
        while self.dirty:
            batch = self.dirty
            self.dirty = []
            for connection in batch:
                connection.dirty = False
                if connection.closed:
                    continue
                if not connection.sending:
                    connection.send_pending()
                if connection.closing and not connection.closed:
                    if connection.left():
                        connection.set_interest()
                    else:
                        self.leave(connection)
                elif connection.held & OUTPUT and not connection.sending:
                    connection.release(OUTPUT)
        self.shake_some()
        self.closed_now.clear()
        if self.ready or self.dirty or self.shaking or self.later:
            self.call_wanted()
        return 0

    cdef int resume(self, SocketConnection connection) except -1:
        if connection.closed:
            return 0
        try:
            connection.resume()
        except Exception as error:
            self.failed(connection, error)
        connection.mark_dirty()
        return 0

    cdef int take_turns(self) except -1:
        """Let those who have given way go on, the first come first, as far as others can wait."""
        cdef SocketConnection connection
        cdef int64_t end = microseconds() + TURNS_US
        for _ in range(len(self.later)):
            if not self.later:
                break               # see poll_others
            connection = self.later.popleft()
            connection.held &= ~TURN
            self.resume(connection)
            if not connection.held & TURN:
                connection.rearm()  # what came meanwhile was not looked at
            if microseconds() >= end:
                break
        return 0

    cdef int shake_some(self) except -1:
        """Make a few steps of the handshakes that wait longest for one."""
        cdef SocketConnection connection
        cdef int steps = 0
        cdef list waiting
        while self.shaking and steps < self.handshakes_a_turn:
            waiting = self.shaking
            connection = waiting.pop(0)
            connection.shaking = False
            if connection.closed:
                continue
            steps += 1
            if self.shake_elsewhere is not None:
                connection.away = True
                self.shake_elsewhere(connection)
                continue
            connection.shake()
            self.go_on(connection)
        return 0

    cdef int go_on(self, SocketConnection connection) except -1:
        try:
            connection.after_shaking()
        except Exception as error:
            self.failed(connection, error)
        return 0

    def shaken(self, SocketConnection connection not None) -> None:
        """What `shake_elsewhere` was asked for is done."""
        connection.away = False
        if connection.closed:
            return
        self.clock.read()
        connection.rearm()      # what came meanwhile was not looked at
        self.go_on(connection)
        self.call_wanted()

    cdef int prepare(self) except -1:
        """A reply is about to leave."""
        if self.before_flush is not None and not self.preparing:
            self.preparing = True
            try:
                self.before_flush()
            finally:
                self.preparing = False
        return 0

    cdef void ask(self) noexcept:
        """Outside of `poll`, somebody has to call `run_pending`."""
        if not self.polling:
            self.call_wanted()

    cdef void call_wanted(self) noexcept:
        if self.wanted is not None:
            try:
                self.wanted()
            except Exception as error:
                if self.on_error is not None:
                    self.on_error(error)

    def run_pending(self) -> None:
        """Finish what was begun outside of `poll`: released connections, unsent replies."""
        if self.polling:
            return              # it ends in the same way
        self.polling = True
        try:
            self.clock.read()
            self.settle()
        finally:
            self.polling = False

    cdef int leave(self, SocketConnection connection) except -1:
        """Everything is sent: close."""
        if connection.seal is not None and connection.seal.established:
            connection.seal.end()
            if connection.seal.left():
                send(connection.fd, connection.seal.next_bytes(), connection.seal.left(),
                     MSG_DONTWAIT | MSG_NOSIGNAL)
        self.drop(connection)
        return 0

    cdef void drop(self, SocketConnection connection) noexcept:
        if connection.closed:
            return
        if self.polling:
            self.closed_now.append(connection)      # events of this round may still name it
        epoll_ctl(self.fd, EPOLL_CTL_DEL, connection.fd, NULL)
        close(connection.fd)
        self.connections.pop(connection.fd, None)
        connection.mark_closed()
        session = connection.session
        connection.session = None       # the two would keep each other alive
        try:
            session.closed()
        except Exception as error:
            if self.on_error is not None:
                self.on_error(error)
