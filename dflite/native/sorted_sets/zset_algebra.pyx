# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Unions, intersections and differences of sorted sets and sets, and putting what comes of them at a key.

The members of a set count with the score 1.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.math cimport isnan
from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.base.clock cimport Clock
from dflite.native.keyspace.entry cimport ENC_PACKED, T_SET, T_ZSET, Entry, key_length_of, key_of, slot_entry
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.ordered cimport Leaf
from dflite.native.sorted_sets.scored cimport score_of
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.sorted_sets.zsets cimport Place, get_score, go_to, read_place, size_of
from dflite.native.values.packed cimport Encoded, encode, encode_double, write_element
from dflite.native.values.set_walks cimport SetWalk, begin_set_walk, living_members, next_member
from dflite.native.values.sets cimport has_member
from dflite.native.values.small cimport COUNT_BYTES, first_of, new_small, set_count
from dflite.native.values.thresholds cimport zset_max_listpack_entries, zset_max_listpack_value
from dflite.native.wire.reply cimport Reply

cdef enum:
    SUM = 0
    MIN = 1
    MAX = 2

AGGREGATE_SUM = SUM
AGGREGATE_MIN = MIN
AGGREGATE_MAX = MAX


@cython.final
cdef class Source:
    """What is at a key, as members with weighted scores; a key that is not there has none."""

    cdef Table table
    cdef readonly bytes key
    cdef Entry* e
    cdef readonly int64_t size
    cdef double weight
    cdef bint is_set
    cdef int64_t left
    cdef Place place
    cdef SetWalk walk
    # the member that was read
    cdef const char* member
    cdef size_t length
    cdef double score

    def __cinit__(self, Table table not None, bytes key not None, double weight=1.0):
        self.table = table
        self.key = key
        self.weight = weight
        self.e = table.entry_of(key)
        if self.e == NULL:
            return
        self.is_set = (self.e.kind & 0x0F) == T_SET
        if not self.is_set and (self.e.kind & 0x0F) != T_ZSET:
            raise TypeError("neither a sorted set nor a set")
        self.size = living_members(self.e) if self.is_set else size_of(self.e)

    cdef void begin(self) noexcept:
        """Stand before the first member. Nothing may change from here on."""
        self.left = self.size
        if self.size > 0 and self.is_set:
            begin_set_walk(&self.walk, self.e)
        elif self.size > 0:
            go_to(&self.place, self.e, 0, False)

    cdef bint read(self) noexcept:
        """The next member; False behind the last."""
        if self.is_set:
            if self.size == 0 or not next_member(&self.walk):
                return False
            self.member = self.walk.data
            self.length = self.walk.length
            self.score = self.weight
            return True
        if self.left == 0:
            return False
        self.left -= 1
        read_place(&self.place)
        self.member = self.place.member
        self.length = self.place.length
        self.score = self.weight * self.place.score
        return True

    cdef bint find(self, const char* member, size_t n, double* score) noexcept:
        """A member's weighted score; False if it is not there."""
        if self.e == NULL:
            return False
        if self.is_set:
            score[0] = self.weight
            return has_member(self.e, member, n)
        if not get_score(self.e, member, n, score):
            return False
        score[0] *= self.weight
        return True


cdef inline double number_of(double score) noexcept nogil:
    """Infinity times 0 is 0 here."""
    return 0.0 if isnan(score) else score


cdef double joined(double one, double other, int aggregate) noexcept nogil:
    if aggregate == SUM:
        return number_of(one + other)
    if aggregate == MIN:
        return other if other < one else one
    return other if other > one else one


def by_size(Source source) -> int:
    return source.size


def union(Clock clock not None, list sources not None, int aggregate) -> SortedSet:
    """Every member of any source, its scores made one."""
    cdef SortedSet result = SortedSet(clock)
    cdef Source source
    cdef uint64_t h
    cdef uint64_t* slot
    cdef double score
    for source in sorted(sources, key=by_size):
        source.begin()
        while source.read():
            h = hash_key(source.member, source.length)
            slot = result.find_slot(source.member, source.length, h)
            score = number_of(source.score)
            if slot == NULL:
                result.collect(source.member, source.length, h, score)
            else:
                result.rewrite(slot, h, joined(score_of(slot_entry(slot[0])), score, aggregate))
    result.order()
    return result


def intersection(Clock clock not None, list sources not None, int aggregate) -> SortedSet:
    """The members that all sources have, their scores made one."""
    cdef SortedSet result = SortedSet(clock)
    cdef list ordered = sorted(sources, key=by_size)
    cdef Source first = <Source>ordered[0]
    cdef Source other
    cdef double score, another
    cdef Py_ssize_t i
    first.begin()
    while first.read():
        score = number_of(first.score)
        for i in range(1, len(ordered)):
            other = <Source>ordered[i]
            if not other.find(first.member, first.length, &another):
                break
            score = joined(score, another, aggregate)
        else:
            result.collect(first.member, first.length, hash_key(first.member, first.length), score)
    result.order()
    return result


def difference(Clock clock not None, list sources not None) -> SortedSet:
    """The members of the first source that no other has."""
    cdef SortedSet result = SortedSet(clock)
    cdef Source first = <Source>sources[0]
    cdef double score
    cdef Py_ssize_t i
    first.begin()
    while first.read():
        for i in range(1, len(sources)):
            if (<Source>sources[i]).find(first.member, first.length, &score):
                break
        else:
            result.collect(first.member, first.length, hash_key(first.member, first.length), first.score)
    result.order()
    return result


def count_common(list sources not None, int64_t limit) -> int:
    """How many members all sources have; it need not count beyond `limit` if that is not 0."""
    cdef list ordered = sorted(sources, key=by_size)
    cdef Source first = <Source>ordered[0]
    cdef double score
    cdef int64_t found = 0
    cdef Py_ssize_t i
    first.begin()
    while first.read():
        for i in range(1, len(ordered)):
            if not (<Source>ordered[i]).find(first.member, first.length, &score):
                break
        else:
            found += 1
            if found == limit:
                break
    return found


def answer(SortedSet zset not None, Reply reply not None, bint scores) -> None:
    """Answer all members in order, with their scores or without."""
    cdef Leaf* leaf = zset.tree.first
    cdef Entry* e
    cdef int i
    reply.put_head(42, 2 * zset.count if scores and not reply.resp3 else zset.count)
    while leaf != NULL:
        for i in range(leaf.count):
            e = leaf.entries[i]
            if scores and reply.resp3:
                reply.put(b"*2\r\n", 4)
            reply.put_bulk(key_of(e), key_length_of(e))
            if scores:
                reply.put_double(score_of(e))
        leaf = leaf.next


# -- putting ---------------------------------------------------------------------------------------


def put(Table table not None, bytes key not None, SortedSet zset not None) -> None:
    """Put what is in `zset`, which has to have members, at key, in the place of what is there."""
    if zset.count == 0:
        raise ValueError("a sorted set without members")
    put_zset(table, key, zset)


cdef int put_zset(Table table, bytes key, SortedSet zset) except -1:
    """Put what is in `zset` at key, in the place of what is there, packed if it is small."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key), total = COUNT_BYTES
    cdef uint64_t h
    cdef uint64_t* slot
    cdef Encoded member, number
    cdef Leaf* leaf
    cdef Entry* e
    cdef char* room = NULL
    cdef int i, step
    if <int64_t>zset.count > zset_max_listpack_entries or not is_short(zset):
        zset.account()
        table.set_object(key, T_ZSET, zset)
        return 0
    for step in range(2):
        if step == 1:
            h = hash_key(name, n)
            slot = new_small(table, name, n, h, T_ZSET | ENC_PACKED, total, -1)
            set_count(slot_entry(slot[0]), zset.count)
            room = <char*>first_of(slot_entry(slot[0]))
        leaf = zset.tree.first
        while leaf != NULL:
            for i in range(leaf.count):
                e = leaf.entries[i]
                encode(&member, key_of(e), key_length_of(e))
                encode_double(&number, score_of(e) + 0.0)
                if step == 0:
                    total += member.total + number.total
                else:
                    room = write_element(write_element(room, &member), &number)
            leaf = leaf.next
    return 0


cdef bint is_short(SortedSet zset) noexcept:
    """Is no member too long to be packed?"""
    cdef Leaf* leaf = zset.tree.first
    cdef int i
    while leaf != NULL:
        for i in range(leaf.count):
            if <int64_t>key_length_of(leaf.entries[i]) > zset_max_listpack_value:
                return False
        leaf = leaf.next
    return True
