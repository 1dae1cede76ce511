from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport Walk
from dflite.native.wire.reply cimport Reply

cdef enum:
    ABSENT = 0
    REMOVED = 1
    REMOVED_LAST = 2            # and the key with it

cdef struct Tour:
    # All members of a set, one after the other; the set must not change meanwhile.
    int form
    int64_t count               # of integers
    int64_t at
    const char* p               # integers with their width, or the next packed element
    const char* end
    int64_t now
    Walk walk
    const char* data            # the member as text, perhaps in `room`: a Tour must not be moved
    size_t length
    char[64] room

cdef void begin_tour(Tour* tour, Table table, Entry* e) noexcept
cdef bint next_member(Tour* tour) noexcept nogil

cdef uint64_t* new_empty(Table table, const char* key, size_t n, uint64_t h, int form,
                         int64_t deadline) except NULL
cdef uint64_t* create(Table table, const char* key, size_t n, uint64_t h, const char* member,
                      size_t length, int64_t hint) except NULL
cdef int prepare(Table table, uint64_t* slot, uint64_t h, int64_t hint) except -1
cdef bint add_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1
cdef int remove_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1
cdef bint has_member(Entry* e, const char* member, size_t length) noexcept
cdef int64_t count_of_set(Entry* e) noexcept
cdef int64_t living_of_set(Entry* e) noexcept
cdef int pop_member(Table table, uint64_t* slot, uint64_t h, Reply reply) except -1
cdef int reply_members(Table table, Entry* e, Reply reply) except -1
