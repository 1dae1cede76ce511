from libc.stdint cimport int64_t

from dflite.native.wire.gate cimport Gate
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply
from dflite.native.wire.requests cimport Batch, Limits

# why a connection is held
cdef enum:
    BLOCKED = 1             # waits for a key, or for replicas
    PAUSED = 2              # CLIENT PAUSE
    OUTPUT = 4              # its replies are not being read
    OTHER = 8               # whatever its session waits for outside of the engine
    ENDING = 16             # the node ends: nobody is answered any more
    TURN = 32               # it is others' turn
    AWHILE = OUTPUT | TURN  # what ends by itself

cdef void account_input(int64_t n) noexcept

cdef class Parser:
    cdef size_t take(self, Connection conn, const char* base, size_t end) except? 0
    cdef void forget(self) noexcept
    cdef size_t kept(self) noexcept
    cdef size_t needs(self) noexcept

cdef class Connection:
    cdef Parser parser
    cdef public object session
    cdef readonly Reply reply
    cdef readonly Lane lane
    cdef public Limits limits          # shared by all of a class
    cdef Batch batch
    # what the session decides
    cdef public bint plain
    cdef public Gate gate           # where it is not plain for its user's rules alone
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
    cdef size_t apart           # bytes of the buffer that do not count towards the memory limit
    # figures
    cdef public int64_t last_active_ms
    cdef readonly int64_t bytes_in
    cdef public int64_t bytes_out
    cdef readonly int64_t requests
    cdef public int last_lane
    cdef public int64_t write_offset   # of the stream, behind the last thing it changed
    # what is sent when all else is: called with nothing unsent, True if it wrote something
    cdef public object source
    cdef bint running
    cdef size_t water           # bytes of unsent replies from which on it is others' turn
    cdef int64_t turn_us        # when its turn was first looked at, 0: not yet
    cdef bint dirty
    cdef bint ready

    cdef int ensure(self, size_t capacity) except -1
    cdef int keep(self, const char* data, size_t n) except -1
    cdef int run(self, const char* base, size_t end) except -1
    cdef bint may_go_on(self) except -1
    cdef bint give_way(self) noexcept
    cdef void begin_turn(self) noexcept
    cdef bint is_turn_over(self) noexcept
    cdef int after_input(self) except -1
    cdef void drop_buffer(self) noexcept
    cdef void trim_buffer(self) noexcept
    cdef void give_up_input(self) noexcept
    cdef int mind_limit(self) except -1
    cdef void set_apart(self, size_t n) noexcept
    cpdef flush(self)
    cpdef schedule(self)
    cpdef changed_interest(self)
    cpdef mark_dirty(self)
    cpdef abort(self)

cdef inline bint is_free(Connection conn) noexcept:
    """May the next request be taken, without a further look? Else `may_go_on` decides."""
    return not (conn.held or conn.closing or conn.closed) and (
        conn.reply.end - conn.reply.start <= conn.water)
