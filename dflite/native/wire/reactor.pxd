from libc.stdint cimport int64_t, uint32_t

cimport cython

from dflite.native.wire.loop cimport Loop
from dflite.native.wire.socket_connection cimport SocketConnection
from dflite.native.wire.tls_connection cimport TlsConnection

@cython.final
cdef class Reactor(Loop):
    cdef list put_off               # connections whose events came in the middle of their own request
    cdef void* unserved             # epoll's events of this round, behind the one that is served
    cdef int unserved_count
    cdef bint was_long              # somebody was answered much: look at the clock
    cdef public object after_reading
    cdef public int handshakes_a_turn
    cdef public object shake_elsewhere  # called with a connection whose `shake` is to be called
    cdef readonly int64_t wakeups

    cdef void ask_again(self) noexcept
    cdef int serve(self, SocketConnection connection, uint32_t events) except -1
    cpdef failed(self, SocketConnection connection, object error)
    cdef int settle(self) except -1
    cdef int resume(self, SocketConnection connection) except -1
    cdef int take_turns(self) except -1
    cdef int shake_some(self) except -1
    cdef int go_on(self, TlsConnection connection) except -1
