from libc.stdint cimport int32_t, int64_t

cimport cython

from dflite.native.wire.operations cimport CODES

cdef enum:
    SPANS = 256         # buckets of durations

@cython.final
cdef class Calls:
    cdef int64_t[CODES] counts
    # a sample of the calls is measured, and each stands for those since the one before
    cdef int32_t[CODES] unmeasured      # calls until the next measured one
    cdef int64_t[CODES] covered         # calls that the measured ones stand for
    cdef int64_t[CODES] nanoseconds
    cdef int64_t[SPANS][CODES] times    # calls by duration
    cdef int64_t started                # the measured one, in nanoseconds

    cdef bint start(self) noexcept nogil
    cdef void measure(self, int code) noexcept nogil

    cdef inline bint begin(self, int code) noexcept nogil:
        """A request begins; is it one that is measured, once it is answered?"""
        if self.unmeasured[code] > 0:
            self.unmeasured[code] -= 1
            return False
        return self.start()

    cdef inline void end(self, int code, bint measured) noexcept nogil:
        """The request that began last is answered."""
        self.counts[code] += 1
        if measured:
            self.measure(code)
