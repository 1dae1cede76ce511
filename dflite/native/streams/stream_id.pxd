"""IDs of stream entries: milliseconds and a sequence number, 128 bits in order.

To Python an ID is one whole number, `ms << 64 | seq`.
"""

from libc.stdint cimport uint64_t

cdef enum:
    ID_CHARS = 41               # the room format_id needs

cdef struct StreamId:
    uint64_t ms
    uint64_t seq

cdef inline bint is_less(StreamId a, StreamId b) noexcept nogil:
    return a.ms < b.ms or (a.ms == b.ms and a.seq < b.seq)

cdef inline bint is_equal(StreamId a, StreamId b) noexcept nogil:
    return a.ms == b.ms and a.seq == b.seq

cdef inline bint is_zero(StreamId a) noexcept nogil:
    return (a.ms | a.seq) == 0

cdef inline StreamId make_id(uint64_t ms, uint64_t seq) noexcept nogil:
    cdef StreamId made
    made.ms = ms
    made.seq = seq
    return made

cdef int format_id(StreamId id, char* out) noexcept nogil
cdef bytes id_bytes(StreamId id)
cdef StreamId id_of(object number) except *
cdef object number_of(StreamId id)
