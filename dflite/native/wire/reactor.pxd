from libc.stdint cimport int64_t, uint32_t

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.wire.connection cimport Connection
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport Batch, Limits
from dflite.native.wire.seal cimport Seal

@cython.final
cdef class SocketConnection(Connection):
    cdef readonly int fd
    cdef Reactor reactor
    cdef uint32_t interest
    cdef bint sending       # the kernel took only a part: wait until it takes more
    cdef bint half_closed   # the peer sends no more; there may be something to read all the same

    cdef readonly Seal seal
    cdef size_t arrived     # bytes of the handshake
    cdef bint shaking       # waits for a step of it
    cdef bint away          # another thread makes a step of it
    cdef object failure     # of the last step

    cdef int readable(self) except -1
    cdef int unseal(self, size_t n) except -1
    cdef int turn_away(self, object why) except -1
    cdef int open_all(self) except -1
    cdef int after_shaking(self) except -1
    cdef int send_sealed(self) except -1
    cdef bint refill(self, int* refills) except -1
    cdef int wait_for_room(self) except -1
    cdef size_t left(self) noexcept
    cdef int send_pending(self) except -1
    cdef void set_interest(self) noexcept
    cdef void rearm(self) noexcept

@cython.final
cdef class Reactor:
    cdef readonly int fd
    cdef readonly Clock clock
    cdef readonly Lane lane
    cdef readonly Limits limits
    cdef readonly Batch batch
    cdef char* scratch
    cdef object view            # of scratch
    cdef dict connections
    cdef list dirty
    cdef object ready           # deque
    cdef list closed_now
    cdef list put_off           # connections whose events came in the middle of their own request
    cdef object later           # deque of connections that have given way
    cdef list shaking           # connections with bytes of a handshake, the first come first
    cdef public int handshakes_a_turn
    cdef public object shake_elsewhere  # called with a connection whose `shake` is to be called
    cdef bint polling
    cdef void* unserved             # epoll's events of this round, behind the one that is served
    cdef int unserved_count
    cdef bint was_long              # somebody was answered much: look at the clock
    cdef bint preparing
    cdef public object before_flush
    cdef public object after_reading
    cdef public object wanted           # called when pending work waits for run_pending()
    cdef public object on_error
    cdef public object on_tls_hello     # what to answer who speaks TLS where it is not spoken
    cdef readonly int64_t wakeups
    cdef readonly int64_t reads
    cdef readonly int64_t writes
    cdef readonly int64_t bytes_in
    cdef readonly int64_t bytes_out

    cdef int settle(self) except -1
    cdef int resume(self, SocketConnection connection) except -1
    cdef int take_turns(self) except -1
    cdef int serve(self, SocketConnection connection, uint32_t events) except -1
    cpdef failed(self, SocketConnection connection, object error)
    cdef int shake_some(self) except -1
    cdef int go_on(self, SocketConnection connection) except -1
    cdef int leave(self, SocketConnection connection) except -1
    cdef void drop(self, SocketConnection connection) noexcept
    cdef int prepare(self) except -1
    cdef void ask(self) noexcept
    cdef void call_wanted(self) noexcept
    cdef void ask_again(self) noexcept
