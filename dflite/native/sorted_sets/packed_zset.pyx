# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A small sorted set: member, score, member, score ... packed in the keyspace's entry, in order."""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry, slot_entry, value_of
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.scored cimport BY_BOTH, BY_SCORE, Bound, stands_before
from dflite.native.values.packed cimport (
    Element,
    Encoded,
    after,
    before,
    element_at,
    encode,
    encode_double,
    find_element,
    read_element,
    text_of,
    write_element,
)
from dflite.native.values.small cimport count_of, end_of, first_of, set_count, splice


cdef double score_at(const char* p) noexcept nogil:
    """The score of the member at p."""
    cdef Element score
    read_element(after(p), &score)
    return score.value


cdef const char* find_pair(Entry* e, const char* member, size_t n) noexcept nogil:
    """Where the member is; NULL if it is not."""
    cdef Encoded wanted
    encode(&wanted, member, n)
    return find_element(first_of(e), end_of(e), &wanted, 2)


cdef const char* pair_of_rank(Entry* e, int64_t rank) noexcept nogil:
    """Where the member of that rank is; the end for one behind the last."""
    return element_at(first_of(e), end_of(e), 2 * count_of(e), 2 * rank)


cdef bint is_before(const char* p, Bound* bound) noexcept nogil:
    """Is the pair at p before the bound?"""
    cdef char[64] room
    cdef const char* text = NULL
    cdef size_t n = 0
    cdef double score = 0
    if bound.by == BY_BOTH or bound.by == BY_SCORE:
        score = score_at(p)
        if score != bound.score:
            return score < bound.score
    if bound.by != BY_SCORE:
        n = text_of(p, room, &text)
    return stands_before(score, text, n, bound)


cdef int64_t pairs_before(const char* p, const char* end, Bound* bound) noexcept nogil:
    """How many pairs there are from p on until one does not stand before the bound."""
    cdef int64_t pairs = 0
    while p < end and is_before(p, bound):
        p = after(after(p))
        pairs += 1
    return pairs


cdef int put_pair(Table table, uint64_t* slot, uint64_t h, const char* member, size_t n,
                  double score) except -1:
    """Put a member, which must not be there, in its place."""
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p = first_of(e)
    cdef const char* end = end_of(e)
    cdef Encoded name, number
    cdef Bound bound
    cdef char* room
    bound.by = BY_BOTH
    bound.behind = False
    bound.score = score
    bound.member = member
    bound.length = n
    if p < end and is_before(before(before(end)), &bound):
        p = end         # what comes in order is quickly done
    else:
        while p < end and is_before(p, &bound):
            p = after(after(p))
    encode(&name, member, n)
    encode_double(&number, score + 0.0)     # no -0 in here, as in Redis
    room = splice(table, slot, h, p - value_of(e), 0, name.total + number.total)
    write_element(write_element(room, &name), &number)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) + 1)
    return 0


cdef int set_pair(Table table, uint64_t* slot, uint64_t h, size_t at, double score) except -1:
    """Give the member at that offset of the value another score."""
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p = value_of(e) + at
    cdef const char* next = after(after(p))
    cdef const char* behind
    cdef char[64] room
    cdef bytes member
    cdef Encoded number
    cdef Bound bound
    cdef bint stays
    bound.by = BY_BOTH
    bound.behind = False
    bound.score = score
    bound.length = text_of(p, room, &bound.member)
    stays = ((p == first_of(e) or is_before(before(before(p)), &bound))
             and (next == end_of(e) or not is_before(next, &bound)))
    if stays:
        behind = after(p)
        encode_double(&number, score + 0.0)
        write_element(splice(table, slot, h, behind - value_of(e), next - behind, number.total),
                      &number)
        return 0
    member = bound.member[:bound.length]
    drop_pairs(table, slot, h, at, 1)
    return put_pair(table, slot, h, member, len(member), score)


cdef int drop_pairs(Table table, uint64_t* slot, uint64_t h, size_t at, int64_t pairs) except -1:
    """Take out some members from that offset of the value on."""
    cdef Entry* e = slot_entry(slot[0])
    cdef const char* p = value_of(e) + at
    cdef const char* end = p
    cdef int64_t i
    for i in range(2 * pairs):
        end = after(end)
    splice(table, slot, h, at, end - p, 0)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) - pairs)
    return 0
