# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What the connections of one reactor share: the buffer that all read into, queues of those that something is
to be done for, figures, and whom to call.

A connection enters itself into a queue and asks for a look at it, the reactor (which is a loop) empties the
queues at the end of each round. So connections know the loop, and the reactor knows the connections.
"""

from libc.stdlib cimport free, malloc

from cpython.buffer cimport PyBUF_WRITE
from cpython.memoryview cimport PyMemoryView_FromMemory

from dflite.native.base.clock cimport Clock
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.requests cimport SLACK, Batch, Limits

from collections import deque


cdef class Loop:
    """What a connection sees of its reactor."""

    def __cinit__(self, Clock clock, Lane lane, Limits limits):
        self.fd = -1
        self.clock = clock
        self.lane = lane
        self.limits = limits
        self.batch = Batch()
        self.connections = {}
        self.ready = deque()
        self.later = deque()
        self.dirty = []
        self.shaking = []
        self.closed_now = []
        self.scratch = <char*>malloc(SCRATCH + SLACK)
        if self.scratch == NULL:
            raise MemoryError
        self.view = PyMemoryView_FromMemory(self.scratch, SCRATCH, PyBUF_WRITE)

    def __dealloc__(self):
        free(self.scratch)

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
        """Somebody is in a queue: outside of `poll`, `run_pending` has to be called."""
        if not self.polling:
            self.call_wanted()

    cdef void call_wanted(self) noexcept:
        if self.wanted is not None:
            try:
                self.wanted()
            except Exception as error:
                self.report(error)

    cdef int report(self, object error) except -1:
        """Something was raised that nobody here can answer for."""
        if self.on_error is not None:
            self.on_error(error)
        return 0
