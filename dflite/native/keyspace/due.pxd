from libc.stdint cimport int64_t

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport F_DEADLINE, Entry, deadline_of
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.segment cimport Segment

cdef int64_t count_living(Index index) noexcept nogil
cdef tuple due_keys(Index index, size_t limit, size_t segments)
cdef tuple expire_due(Index index, size_t limit, int64_t budget_us, bint seen)
cdef int64_t expire_in(Index index, Segment* s, size_t limit, size_t* gone, list keys) except -2


cdef inline bint is_due(Entry* e, Clock clock) noexcept nogil:
    return e.flags & F_DEADLINE and deadline_of(e) <= clock.due_ms


cdef inline bint is_usable(Entry* e, int kind, Clock clock) noexcept nogil:
    """Is it of this type and not due?"""
    return (e.kind & 0x0F) == kind and not is_due(e, clock)
