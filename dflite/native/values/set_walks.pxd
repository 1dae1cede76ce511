"""Ways through a set at a key: every member that is not due, in turn. set_walks.pyx has more."""

from libc.stdint cimport int64_t

from dflite.native.base.bytesops cimport format_int64
from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport (
    ENC_INTS,
    ENC_OBJECT,
    ENC_PACKED,
    F_DEADLINE,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    value_of,
)
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry
from dflite.native.values.intset cimport integer_at, integer_count
from dflite.native.values.members cimport Members, members_of
from dflite.native.values.packed cimport after, text_of
from dflite.native.values.small cimport count_of, end_of, first_of, form_of
from dflite.native.wire.reply cimport Reply

cdef struct SetWalk:
    # All members of a set, one after the other; it must not change meanwhile.
    int form
    int64_t count               # of integers
    int64_t at
    const char* p               # integers with their width, or the next packed element
    const char* end
    int64_t now
    Walk walk
    const char* data            # the member as text, perhaps in `room`: a SetWalk must not be moved
    size_t length
    char[64] room

cdef inline void begin_set_walk(SetWalk* walk, Entry* e) noexcept:
    """Stand before the first member."""
    cdef Members members
    walk.form = form_of(e)
    if walk.form == ENC_INTS:
        walk.p = value_of(e)
        walk.at = 0
        walk.count = integer_count(e)
    elif walk.form == ENC_PACKED:
        walk.p = first_of(e)
        walk.end = end_of(e)
    else:
        members = members_of(e)
        walk.now = members.clock.due_ms
        begin_walk(&walk.walk, members)

cdef inline bint next_member(SetWalk* walk) noexcept nogil:
    """Go to the next member, which `data` and `length` then lead to; False behind the last."""
    cdef Entry* e
    if walk.form == ENC_INTS:
        if walk.at == walk.count:
            return False
        walk.length = format_int64(integer_at(walk.p, walk.at), walk.room)
        walk.data = walk.room
        walk.at += 1
        return True
    if walk.form == ENC_PACKED:
        if walk.p == walk.end:
            return False
        walk.length = text_of(walk.p, walk.room, &walk.data)
        walk.p = after(walk.p)
        return True
    while True:
        e = next_entry(&walk.walk)
        if e == NULL:
            return False
        if not e.flags & F_DEADLINE or deadline_of(e) > walk.now:
            walk.data = key_of(e)
            walk.length = key_length_of(e)
            return True

cdef inline int64_t set_length(Entry* e) noexcept:
    """Members, those counted that are due. O(1)."""
    if form_of(e) == ENC_INTS:
        return integer_count(e)
    if form_of(e) == ENC_PACKED:
        return count_of(e)
    return <int64_t>members_of(e).count

cdef inline int64_t living_members(Entry* e) noexcept:
    """Members that are not due."""
    return due.count_living(members_of(e)) if form_of(e) == ENC_OBJECT else set_length(e)

cdef int reply_members(Entry* e, Reply reply) except -1
