from libc.stdint cimport int64_t

from dflite.native.clock cimport Clock
from dflite.native.lane cimport Lane
from dflite.native.reply cimport Reply
from dflite.native.slice cimport Slice
from dflite.native.requests cimport Batch, Limits, Request

cdef class Connection:
    cdef public object session
    cdef readonly Reply reply
    cdef readonly Lane lane
    cdef public Limits limits          # shared by all of a class
    cdef Batch batch
    # what the session decides
    cdef public bint plain
    cdef public bint trusted
    cdef public int database
    cdef public bint by_line        # all input is lines, to be handed over as they are: HTTP
    cdef readonly int held
    cdef readonly bint closing
    cdef readonly bint closed
    cdef readonly bint at_eof
    # input that is not a request yet, or not one that may run
    cdef char* buffer
    cdef size_t capacity
    cdef size_t length
    # the parser's state within the request that is incomplete
    cdef size_t position
    cdef size_t request_start
    cdef int64_t multibulk
    cdef int64_t bulk
    cdef size_t first
    cdef Slice* partial
    cdef size_t partial_count
    cdef size_t partial_capacity
    cdef bytes broken
    # figures
    cdef public int64_t last_active_ms
    cdef readonly int64_t bytes_in
    cdef public int64_t bytes_out
    cdef readonly int64_t requests
    cdef public int last_lane
    cdef bint running
    cdef bint dirty
    cdef bint ready

    cdef int ensure(self, size_t capacity) except -1
    cdef int keep(self, const char* data, size_t n) except -1
    cdef int parse(self, const char* base, size_t end) except -1
    cdef int run(self, const char* base, size_t end) except -1
    cdef int dispatch(self, const char* base, Request* request) except -1
    cdef int save_partial(self, size_t shift) except -1
    cdef int join_partial(self) except -1
    cdef void drop_partial(self) noexcept
    cdef void forget_request(self) noexcept
    cdef int after_input(self) except -1
    cdef void drop_buffer(self) noexcept
    cdef void trim_buffer(self) noexcept
    cdef void give_up_input(self) noexcept
    cdef int mind_limit(self) except -1
    cpdef flush(self)
    cpdef schedule(self)
    cpdef changed_interest(self)
    cpdef mark_dirty(self)
    cpdef abort(self)
