# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ranges of sorted sets: which ranks a range by score or by member has, and what to do with those ranks."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.math cimport isinf, isnan
from libc.stdint cimport int64_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport strtod

cimport cython

from dflite.native.base.bytesops cimport glob_match
from dflite.native.base.floattext cimport DOUBLE_CHARS, format_double
from dflite.native.keyspace.entry cimport Entry, key_length_of, key_of, slot_entry
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport Visitor, random_below, scan_entries
from dflite.native.sorted_sets.packed_zset cimport pair_of_rank, pairs_before
from dflite.native.sorted_sets.scored cimport BY_MEMBER, BY_SCORE, Bound, score_of
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.sorted_sets.zsets cimport (
    FLAT,
    MEMBERS,
    PAIRS,
    WITH_SCORES,
    Place,
    go_to,
    is_packed,
    large,
    read_place,
    remove_range,
    reply_range,
    size_of,
)
from dflite.native.values.packed cimport before
from dflite.native.values.small cimport end_of, first_of
from dflite.native.wire.reply cimport Reply


# -- which ranks -----------------------------------------------------------------------------------


def read_bound(bytes text not None):
    """The score that is an end of a range, as C reads one: blanks before it, nothing (0), too large.

    None if it is none.
    """
    cdef char* end
    cdef double score = strtod(PyBytes_AS_STRING(text), &end)
    return None if end[0] != 0 or isnan(score) else score


cdef int64_t rank_at(Entry* e, Bound* bound) noexcept:
    """How many members stand before the bound."""
    if is_packed(e):
        return pairs_before(first_of(e), end_of(e), bound)
    return <int64_t>large(e).rank_at(bound)


def by_score(Table table not None, bytes key not None, double low, bint low_open, double high,
             bint high_open):
    """(first rank, count) of the members with scores from low to high; an open end is left out."""
    cdef Entry* e = table.entry_of(key)
    cdef Bound bound
    cdef int64_t first, end
    if e == NULL:
        return 0, 0
    bound.by = BY_SCORE
    bound.score = low
    bound.behind = low_open
    first = rank_at(e, &bound)
    bound.score = high
    bound.behind = not high_open
    if is_packed(e):
        return first, pairs_before(pair_of_rank(e, first), end_of(e), &bound)
    end = rank_at(e, &bound)
    return first, max(end - first, <int64_t>0)


def by_member(Table table not None, bytes key not None, bytes low, bint low_open, bytes high,
              bint high_open, bint reverse=False):
    """(first rank, count) of the members from low to high, None for no limit.

    That makes sense where all scores are equal. Where they are not, a packed set answers as Redis' does,
    which goes through it from one end.
    """
    cdef Entry* e = table.entry_of(key)
    cdef Bound bottom, top
    cdef int64_t first = 0, end
    if e == NULL:
        return 0, 0
    bottom.by = top.by = BY_MEMBER
    bottom.behind = low_open
    top.behind = not high_open
    if low is not None:
        bottom.member = PyBytes_AS_STRING(low)
        bottom.length = PyBytes_GET_SIZE(low)
    if high is not None:
        top.member = PyBytes_AS_STRING(high)
        top.length = PyBytes_GET_SIZE(high)
    end = size_of(e)
    if is_packed(e):
        return packed_by_member(e, NULL if low is None else &bottom, NULL if high is None else &top,
                                reverse)
    if low is not None:
        first = rank_at(e, &bottom)
    if high is not None:
        end = rank_at(e, &top)
    return first, max(end - first, <int64_t>0)


cdef inline bint pair_before(const char* p, Bound* bound) noexcept nogil:
    return pairs_before(p, p + 1, bound) > 0


cdef tuple packed_by_member(Entry* e, Bound* low, Bound* high, bint reverse):
    cdef const char* start = first_of(e)
    cdef const char* end = end_of(e)
    cdef const char* last = before(before(end))
    cdef int64_t first, behind
    if (low != NULL and pair_before(last, low)) or (high != NULL and not pair_before(start, high)):
        return 0, 0
    if not reverse:
        first = 0 if low == NULL else pairs_before(start, end, low)
        if high == NULL:
            return first, size_of(e) - first
        return first, pairs_before(pair_of_rank(e, first), end, high)
    behind = size_of(e)
    while behind > 0 and high != NULL and not pair_before(last, high):
        behind -= 1
        if behind > 0:
            last = before(before(last))
    first = behind
    while first > 0 and (low == NULL or not pair_before(last, low)):
        first -= 1
        if first > 0:
            last = before(before(last))
    return first, behind - first


# -- what to do with them --------------------------------------------------------------------------


def reply_ranks(Table table not None, bytes key not None, Reply reply not None, int64_t first,
                int64_t count, bint reverse, int shape) -> None:
    """Answer `count` members from rank `first` on, or down, which must be there."""
    cdef Entry* e = table.entry_of(key)
    check_ranks(e, first, count, reverse)
    reply_range(e, reply, first, count, reverse, shape)


cdef int check_ranks(Entry* e, int64_t first, int64_t count, bint reverse) except -1:
    cdef int64_t size = size_of(e)
    if count < 0 or (count > 0 and (not 0 <= first < size
                                    or count > (first + 1 if reverse else size - first))):
        raise IndexError("no such ranks")
    return 0


def pairs(Table table not None, bytes key not None, int64_t first, int64_t count,
          bint reverse=False) -> list:
    """`count` members with scores from rank `first` on, or down, which must be there."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef Place place
    cdef int64_t i
    check_ranks(e, first, count, reverse)
    if count > 0:
        go_to(&place, e, first, reverse)
    for i in range(count):
        read_place(&place)
        found.append((PyBytes_FromStringAndSize(place.member, place.length), place.score))
    return found


def remove_ranks(Table table not None, bytes key not None, int64_t first, int64_t count) -> None:
    """Remove `count` members from that rank on, which must be there."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key)
    cdef uint64_t h = hash_key(name, n)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    if slot == NULL or first < 0 or count <= 0 or first + count > size_of(slot_entry(slot[0])):
        raise IndexError("no such ranks")
    remove_range(table, h, slot, first, count)


def copy_ranks(Table table not None, bytes key not None, int64_t first, int64_t count,
               bint reverse=False) -> SortedSet:
    """A sorted set of `count` members from rank `first` on, or down, which must be there."""
    cdef Entry* e = table.entry_of(key)
    cdef SortedSet zset = SortedSet(table.clock)
    cdef Place place
    cdef int64_t i
    check_ranks(e, first, count, reverse)
    if count > 0:
        go_to(&place, e, first - count + 1 if reverse else first, False)
    for i in range(count):
        read_place(&place)
        zset.add_last(place.member, place.length, hash_key(place.member, place.length), place.score)
    return zset


# -- by chance and by cursor -----------------------------------------------------------------------


def reply_chosen(Table table not None, bytes key not None, Reply reply not None, list ranks not None,
                 int shape) -> None:
    """Answer the members of these ranks, which must be there."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t rank
    shape = reply_head(reply, len(ranks), shape)
    for rank in ranks:
        check_ranks(e, rank, 1, False)
        reply_member(e, reply, rank, shape)


def reply_drawn(Table table not None, bytes key not None, Reply reply not None, int64_t count,
                int shape) -> None:
    """Answer `count` members, each drawn from all, without an array's head; the key must be there."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t i, size = size_of(e)
    check_ranks(e, 0, 1, False)
    if shape == WITH_SCORES:
        shape = PAIRS if reply.resp3 else FLAT
    for i in range(count):
        reply_member(e, reply, <int64_t>random_below(<uint64_t>size), shape)


cdef int reply_head(Reply reply, int64_t count, int shape) except -1:
    """The head of an array of so many members; the shape of each."""
    if shape == WITH_SCORES:
        shape = PAIRS if reply.resp3 else FLAT
    reply.put_head(42, 2 * count if shape == FLAT else count)
    return shape


cdef int reply_member(Entry* e, Reply reply, int64_t rank, int shape) except -1:
    cdef Place place
    go_to(&place, e, rank, False)
    read_place(&place)
    if shape == PAIRS:
        reply.put(b"*2\r\n", 4)
    reply.put_bulk(place.member, place.length)
    if shape != MEMBERS:
        reply.put_double(place.score)
    return 0


@cython.final
cdef class Listing(Visitor):
    """Lists the members that match, with their scores or without."""

    cdef list found
    cdef bytes pattern
    cdef bint scores

    cdef int visit(self, Entry* e) except -1:
        if is_match(self.pattern, key_of(e), key_length_of(e)):
            self.found.append(PyBytes_FromStringAndSize(key_of(e), key_length_of(e)))
            if self.scores:
                self.found.append(long_text(score_of(e)))
        return 0


cdef bint is_match(bytes pattern, const char* member, size_t n):
    return pattern is None or glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                                         member, n, False)


cdef bytes long_text(double score):
    """A score as Redis' ZSCAN writes those of large sets: 17 digits, needed or not."""
    cdef char[64] text
    if isinf(score):
        return b"inf" if score > 0 else b"-inf"
    return PyBytes_FromStringAndSize(text, snprintf(text, 64, b"%.17g", score))


def scan(Table table not None, bytes key not None, uint64_t cursor, size_t count, bytes pattern,
         bint scores):
    """(next cursor, members, or members and scores in turns) as `Table.scan`; a packed one at once."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef char[DOUBLE_CHARS] text
    cdef Listing visitor
    cdef Place place
    cdef int64_t i
    if e == NULL:
        return 0, found
    if is_packed(e):
        go_to(&place, e, 0, False)
        for i in range(size_of(e)):
            read_place(&place)
            if is_match(pattern, place.member, place.length):
                found.append(PyBytes_FromStringAndSize(place.member, place.length))
                if scores:
                    found.append(PyBytes_FromStringAndSize(text, format_double(place.score, text)))
        return 0, found
    visitor = Listing.__new__(Listing)
    visitor.found = found
    visitor.pattern = pattern
    visitor.scores = scores
    return scan_entries(large(e), cursor, count, visitor), found
