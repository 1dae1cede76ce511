cimport cython

from dflite.native.wire.seal cimport Seal
from dflite.native.wire.socket_connection cimport SocketConnection

@cython.final
cdef class TlsConnection(SocketConnection):
    cdef readonly Seal seal
    cdef size_t arrived     # bytes of the handshake
    cdef bint shaking       # waits for a step of it
    cdef object failure     # of the last step

    cdef int begin(self, size_t n) except -1
    cdef int open_all(self) except -1
    cdef int after_shaking(self) except -1
