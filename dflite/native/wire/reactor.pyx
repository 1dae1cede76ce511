# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sockets on epoll: one read and one write a wake-up and connection, with nothing of Python between.

The epoll set is itself a file descriptor that the program's event loop watches: whenever any client has
something, it calls `poll` once, which serves every ready client and then sends all replies. The event loop
stays in charge of everything else (timers, HTTP, replication links).

TLS handshakes are what costs most here. If there is somebody to `shake_elsewhere`, it has
`connection.shake()` done in another thread, in which OpenSSL runs without the interpreter's lock, and then
calls `shaken(connection)` in the event loop; meanwhile nobody here touches that connection. Without,
`handshakes_a_turn` steps are made before everybody else has a turn again.

Before any reply leaves, at the end of a round or in the middle of a long one, `before_flush` is called:
what has to be durable or settled first goes there. `after_reading` is called in each round, if it is set.
"""

from libc.errno cimport errno
from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

cimport cython
from posix.unistd cimport close

from dflite.native.base.clock cimport microseconds
from dflite.native.wire.connection cimport AWHILE, OUTPUT, TURN, Parser
from dflite.native.wire.epoll cimport (
    EPOLL_CLOEXEC,
    EPOLLERR,
    EPOLLHUP,
    EPOLLIN,
    EPOLLOUT,
    EPOLLRDHUP,
    epoll_create1,
    epoll_event,
    epoll_wait,
)
from dflite.native.wire.loop cimport SCRATCH, Loop
from dflite.native.wire.requests cimport SLACK, Batch
from dflite.native.wire.socket_connection cimport SocketConnection
from dflite.native.wire.tls_connection cimport TlsConnection

cdef enum:
    TURNS_US = 1000         # of those who have given way, before it is others' turn again
    EVENTS = 256            # a round
    ROUNDS = 8              # before the event loop gets its turn
    LOOKS = 16              # at those who are ready, in a round


@cython.final
cdef class Reactor(Loop):
    """All connections of one engine. The event loop watches `fd` and calls `poll`."""

    def __cinit__(self, *args):
        self.put_off = []
        self.handshakes_a_turn = 1
        self.fd = epoll_create1(EPOLL_CLOEXEC)
        if self.fd < 0:
            raise OSError(errno, "epoll_create1")

    def __dealloc__(self):
        if self.fd >= 0:
            close(self.fd)

    def attach(self, int fd, object session, Parser parser not None, object context=None) -> SocketConnection:
        """Serve the connected, non-blocking socket `fd`, which is the reactor's to close from now on.

        With an `ssl.SSLContext` it speaks TLS.
        """
        cdef SocketConnection connection
        if context is None:
            connection = SocketConnection(self, fd, parser)
        else:
            connection = TlsConnection(self, fd, parser, context)
        connection.session = session
        connection.register()
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

    # -- rounds ----------------------------------------------------------------------------------------

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
                    connection.leave()
                    return 0
            if events & EPOLLIN and not connection.held:
                connection.readable()
                if connection.reply.pending() > <size_t>self.limits.turn_bytes:
                    self.was_long = True
                if (events & EPOLLRDHUP or connection.half_closed) and not connection.at_eof:
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
        self.report(error)

    # -- the end of a round ----------------------------------------------------------------------------

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

    cdef int settle(self) except -1:
        """Take the requests of released connections, then send everything."""
        cdef SocketConnection connection
        cdef list batch
        cdef int turns = 0
        if self.after_reading is not None:
            self.after_reading()
        if self.later:
            self.take_turns()
        while self.ready and turns < LOOKS:
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
                        connection.leave()
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

    # -- handshakes ------------------------------------------------------------------------------------

    cdef int shake_some(self) except -1:
        """Make a few steps of the handshakes that wait longest for one."""
        cdef TlsConnection connection
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

    cdef int go_on(self, TlsConnection connection) except -1:
        try:
            connection.after_shaking()
        except Exception as error:
            self.failed(connection, error)
        return 0

    def shaken(self, TlsConnection connection not None) -> None:
        """What `shake_elsewhere` was asked for is done."""
        connection.away = False
        if connection.closed:
            return
        self.clock.read()
        connection.rearm()      # what came meanwhile was not looked at
        self.go_on(connection)
        self.call_wanted()
