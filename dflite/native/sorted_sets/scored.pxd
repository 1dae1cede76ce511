"""A member of a large sorted set: an entry whose key is the member, with its score.

A score that is a whole number of at most 44 bits stands in the header, in the place of what only the
keyspace's entries need (type, stamp, length of the value); any other is the eight bytes of the value.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint64_t
from libc.string cimport memcmp, memcpy

from dflite.native.keyspace.entry cimport Entry, key_length_of, key_of, value_of

cdef enum:
    SCORE_BEHIND = 1 << 4       # in `kind`: the score is the value
    BY_SCORE = 0
    BY_MEMBER = 1               # whatever the scores
    BY_BOTH = 2

cdef struct Bound:
    # A place in the order: before what is not below, or (`behind`) behind what is not above.
    int by
    bint behind
    double score
    const char* member
    size_t length

cdef inline bint fits_head(double score) noexcept nogil:
    """May the score stand in the header?"""
    cdef double zero = 0.0
    if not -8796093022208.0 <= score < 8796093022208.0 or <double><int64_t>score != score:
        return False
    return score != 0 or memcmp(&score, &zero, 8) == 0      # -0 is no integer

cdef inline double score_of(Entry* e) noexcept nogil:
    cdef double score
    cdef uint64_t bits
    if e.kind & SCORE_BEHIND:
        memcpy(&score, value_of(e), 8)
        return score
    bits = (<uint64_t>(e.kind & 0x0F) << 40 | <uint64_t>e.stamp_high << 32
            | <uint64_t>e.stamp_low << 16 | e.value_length)
    return <double>(<int64_t>(bits << 20) >> 20)

cdef inline void write_score(Entry* e, double score) noexcept nogil:
    """Put the score where the entry has room for it, which must be enough."""
    cdef uint64_t bits
    if e.kind & SCORE_BEHIND:
        memcpy(value_of(e), &score, 8)
        return
    bits = <uint64_t><int64_t>score
    e.kind = <uint8_t>((bits >> 40) & 0x0F)
    e.stamp_high = <uint8_t>(bits >> 32)
    e.stamp_low = <uint16_t>(bits >> 16)
    e.value_length = <uint16_t>bits

cdef inline int compare_members(const char* a, size_t na, const char* b, size_t nb) noexcept nogil:
    """Below, at or above 0 as a stands before, at or behind b."""
    cdef int c = memcmp(a, b, na if na < nb else nb)
    if c != 0:
        return c
    return -1 if na < nb else 1 if na > nb else 0

cdef inline int compare_entries(Entry* a, Entry* b) noexcept nogil:
    """The same for two entries, by score, then by member."""
    cdef double x = score_of(a), y = score_of(b)
    if x != y:
        return -1 if x < y else 1
    return compare_members(key_of(a), key_length_of(a), key_of(b), key_length_of(b))

cdef inline bint stands_before(double score, const char* member, size_t n, Bound* bound) noexcept nogil:
    """Is a member before the bound?"""
    cdef int c
    if bound.by != BY_MEMBER:
        if score != bound.score:
            return score < bound.score
        if bound.by == BY_SCORE:
            return bound.behind
    c = compare_members(member, n, bound.member, bound.length)
    return c < 0 or (c == 0 and bound.behind)
