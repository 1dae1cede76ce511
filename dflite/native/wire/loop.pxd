from libc.stdint cimport int64_t

from dflite.native.base.clock cimport Clock
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport Batch, Limits

cdef enum:
    SCRATCH = 64 * 1024

cdef class Loop:
    cdef readonly int fd                # of the epoll set
    cdef readonly Clock clock
    cdef readonly Lane lane
    cdef readonly Limits limits
    cdef readonly Batch batch
    cdef char* scratch                  # SCRATCH bytes, and SLACK
    cdef object view                    # of scratch

    cdef dict connections               # by descriptor
    cdef object ready                   # deque of those to be looked at again
    cdef object later                   # deque of those that have given way
    cdef list dirty                     # those with something to send
    cdef list shaking                   # those with bytes of a handshake, the first come first
    cdef list closed_now                # those that events of this round may still name

    cdef bint polling                   # a round goes on: at its end everybody is looked at
    cdef bint preparing
    cdef public object before_flush
    cdef public object wanted           # called when pending work waits for run_pending()
    cdef public object on_error
    cdef public object on_tls_hello     # what to answer who speaks TLS where it is not spoken

    cdef readonly int64_t reads
    cdef readonly int64_t writes
    cdef readonly int64_t bytes_in
    cdef readonly int64_t bytes_out

    cdef int prepare(self) except -1
    cdef void ask(self) noexcept
    cdef void call_wanted(self) noexcept
    cdef int report(self, object error) except -1
