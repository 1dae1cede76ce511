"""Ways through a hash at a key: every field that is not due, in turn. hash_walks.pyx has more."""

from libc.stdint cimport int64_t

from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport (
    F_DEADLINE,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry
from dflite.native.values.fields cimport Fields, fields_of
from dflite.native.values.packed cimport after, text_of
from dflite.native.values.small cimport count_of, end_of, first_of, is_packed
from dflite.native.wire.reply cimport Reply

cdef struct Text:
    # A field or its value as text; `data` may lead to `room`, so it must not be moved.
    const char* data
    size_t length
    char[64] room

cdef struct HashWalk:
    # All fields of a hash, one after the other; it must not change meanwhile.
    const char* field           # packed: the element, and that of its value
    const char* value
    const char* next            # NULL if large
    const char* end
    Entry* entry                # large: field and value
    Walk walk
    int64_t now

cdef inline void begin_hash_walk(HashWalk* walk, Entry* e) noexcept:
    """Stand before the first field."""
    cdef Fields fields
    if is_packed(e):
        walk.next = first_of(e)
        walk.end = end_of(e)
    else:
        fields = fields_of(e)
        walk.next = NULL
        walk.now = fields.clock.due_ms
        begin_walk(&walk.walk, fields)

cdef inline bint next_field(HashWalk* walk) noexcept nogil:
    """Go to the next field that is not due; False behind the last."""
    if walk.next != NULL:
        if walk.next == walk.end:
            return False
        walk.field = walk.next
        walk.value = after(walk.field)
        walk.next = after(walk.value)
        return True
    while True:
        walk.entry = next_entry(&walk.walk)
        if walk.entry == NULL:
            return False
        if not walk.entry.flags & F_DEADLINE or deadline_of(walk.entry) > walk.now:
            return True

cdef inline void read_field(HashWalk* walk, Text* text) noexcept nogil:
    if walk.next != NULL:
        text.length = text_of(walk.field, text.room, &text.data)
    else:
        text.data = key_of(walk.entry)
        text.length = key_length_of(walk.entry)

cdef inline void read_value(HashWalk* walk, Text* text) noexcept nogil:
    if walk.next != NULL:
        text.length = text_of(walk.value, text.room, &text.data)
    else:
        text.data = value_of(walk.entry)
        text.length = value_length_of(walk.entry)

cdef inline int64_t hash_length(Entry* e) noexcept:
    """Fields, those counted that are due."""
    return count_of(e) >> 1 if is_packed(e) else <int64_t>fields_of(e).count

cdef inline int64_t living_fields(Entry* e) noexcept:
    """Fields that are not due."""
    return count_of(e) >> 1 if is_packed(e) else due.count_living(fields_of(e))

cdef int reply_fields(Entry* e, Reply reply, bint fields, bint values) except -1
