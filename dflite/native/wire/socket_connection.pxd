from libc.stdint cimport uint32_t

from dflite.native.wire.connection cimport Connection
from dflite.native.wire.loop cimport Loop

cdef enum:
    HANDSHAKE = 0x16        # the first byte of who speaks TLS

cdef class SocketConnection(Connection):
    cdef readonly int fd
    cdef Loop loop
    cdef uint32_t interest
    cdef bint sending       # the kernel took only a part: wait until it takes more
    cdef bint half_closed   # the peer sends no more; there may be something to read all the same
    cdef bint away          # another thread has it: nobody else touches it

    cdef int register(self) except -1
    cdef int readable(self) except -1
    cdef ssize_t receive(self, char* room, size_t size) except -2
    cdef void count_received(self, size_t n) noexcept
    cdef int take_in(self, size_t n) except -1
    cdef int turn_away(self, object why) except -1
    cdef size_t left(self) noexcept
    cdef int send_pending(self) except -1
    cdef ssize_t transmit(self, const char* data, size_t size) except -2
    cdef void count_sent(self, size_t n) noexcept
    cdef bint refill(self, int* refills) except -1
    cdef int wait_for_room(self) except -1
    cdef void all_is_sent(self) noexcept
    cdef void set_interest(self) noexcept
    cdef void rearm(self) noexcept
    cdef int leave(self) except -1
    cdef void drop(self) noexcept
