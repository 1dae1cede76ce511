"""Sorted sets at keys, in whatever form. The callers see to types and deadlines.

An entry that is NULL is a key that is not there. Where `slot` may be NULL the key is made, and afterwards
its slot is another. What takes the last member away takes the key away, and then there is no slot.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.ordered cimport Leaf
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.wire.reply cimport Reply

cdef enum:
    # how a score is set
    NX = 1              # only of a member that is not there
    XX = 2              # only of one that is
    GT = 4              # only to a greater one
    LT = 8              # only to a lesser one
    INCR = 16           # add to it
    # what came of it
    ADDED = 1
    UPDATED = 2
    REFUSED = 4         # a condition did not hold
    NO_NUMBER = 8       # infinities that cancel each other
    # how members are answered
    MEMBERS = 0
    WITH_SCORES = 1     # flat in RESP2, pairs in RESP3
    FLAT = 2            # member, score, whatever the protocol
    PAIRS = 3           # [member, score], whatever the protocol
    BARE = 4            # as FLAT without the array's head

cdef struct Place:
    # A member while one goes through a sorted set, which must not change meanwhile.
    const char* p
    Leaf* leaf
    int at
    bint backwards
    const char* member
    size_t length
    double score
    char[64] room

cdef bint is_packed(Entry* e) noexcept nogil
cdef SortedSet large(Entry* e)
cdef int64_t size_of(Entry* e) noexcept
cdef bint get_score(Entry* e, const char* member, size_t n, double* score) noexcept
cdef int64_t get_rank(Entry* e, const char* member, size_t n, bint reverse, double* score) noexcept
cdef void go_to(Place* place, Entry* e, int64_t rank, bint backwards) noexcept
cdef void read_place(Place* place) noexcept nogil
cdef int add_one(Table table, const char* key, size_t key_length, uint64_t h, uint64_t* slot,
                 const char* member, size_t n, double* score, int how) except -1
cdef int remove_one(Table table, uint64_t h, uint64_t* slot, const char* member, size_t n) except -1
cdef int remove_range(Table table, uint64_t h, uint64_t* slot, int64_t first, int64_t count) except -1
cdef int reply_range(Entry* e, Reply reply, int64_t first, int64_t count, bint reverse,
                     int shape) except -1
cdef int reply_slice(Entry* e, Reply reply, int64_t start, int64_t stop, bint reverse,
                     int shape) except -1
cdef int pop_into(Table table, uint64_t h, uint64_t* slot, int64_t count, bint highest, Reply reply,
                  int shape) except -1
