# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The three forms of a set: integers or packed elements in the keyspace's entry, or `Members` beside it.

A set begins as integers in order if its first member is one, else as packed elements in order of arrival.
Too many members, or too long a one, make it a `Members`; it never goes back, but for what is left of a
large one after most was popped.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport format_int64, parse_int64
from dflite.native.keyspace.entry cimport (
    ENC_INTS,
    ENC_OBJECT,
    ENC_PACKED,
    T_SET,
    Entry,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.values.intset cimport (
    WIDTH_BYTES,
    integer_at,
    integer_count,
    width_for,
    write_integer,
)
from dflite.native.values.members cimport members_of
from dflite.native.values.packed cimport Encoded, encode, encode_integer, write_element
from dflite.native.values.set_walks cimport SetWalk, begin_set_walk, next_member
from dflite.native.values.small cimport (
    COUNT_BYTES,
    become_object,
    check_packed,
    first_of,
    form_of,
    new_object,
    new_small,
    set_count,
    splice,
)

INTEGERS = ENC_INTS
PACKED = ENC_PACKED
LARGE = ENC_OBJECT


def form(Table table not None, bytes key not None) -> int:
    """INTEGERS, PACKED or LARGE; 0 without such a key."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else form_of(e)


# -- creating -------------------------------------------------------------------------------------


cdef uint64_t* new_empty(Table table, const char* key, size_t n, uint64_t h, int form,
                         int64_t deadline) except NULL:
    """A set without members in the place of what is at key; some are added at once."""
    cdef uint64_t* slot
    if form == ENC_INTS:
        slot = new_small(table, key, n, h, T_SET | ENC_INTS, WIDTH_BYTES, deadline)
        value_of(slot_entry(slot[0]))[0] = 2
    elif form == ENC_PACKED:
        slot = new_small(table, key, n, h, T_SET | ENC_PACKED, COUNT_BYTES, deadline)
        set_count(slot_entry(slot[0]), 0)
    else:
        slot = new_object(table, key, n, h, T_SET, Members(table.clock), deadline)
    return slot


cdef uint64_t* create(Table table, const char* key, size_t n, uint64_t h, const char* member,
                      size_t length, int64_t hint) except NULL:
    """A set with this member at key, where nothing is; `hint` members are about to be added."""
    cdef uint64_t* slot
    cdef Encoded element
    cdef int64_t number
    cdef char* p
    if hint <= thresholds.set_max_intset_entries and parse_int64(member, length, &number):
        slot = new_small(table, key, n, h, T_SET | ENC_INTS, WIDTH_BYTES + width_for(number), -1)
        p = value_of(slot_entry(slot[0]))
        p[0] = <char>width_for(number)
        write_integer(p, 0, number)
    elif is_packable(hint - 1, length):
        encode(&element, member, length)
        slot = new_small(table, key, n, h, T_SET | ENC_PACKED, COUNT_BYTES + element.total, -1)
        set_count(slot_entry(slot[0]), 1)
        write_element(<char*>first_of(slot_entry(slot[0])), &element)
    else:
        slot = new_empty(table, key, n, h, ENC_OBJECT, -1)
        members_of(slot_entry(slot[0])).add(member, length, -1)
    return slot


# -- from one form to another ---------------------------------------------------------------------


cdef int prepare(Table table, uint64_t* slot, uint64_t h, int64_t hint) except -1:
    """`hint` members are about to be added to a set: if they are too many for it, it becomes large."""
    cdef int form = form_of(slot_entry(slot[0]))
    if ((form == ENC_INTS and hint > thresholds.set_max_intset_entries)
            or (form == ENC_PACKED and hint > thresholds.set_max_listpack_entries)):
        enlarge_set(table, slot, h)
    return 0


cdef int leave_integers(Table table, uint64_t* slot, uint64_t h, size_t length) except -1:
    """A member of this length that is none is about to be added to integers: they are packed, if they may be."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t count = integer_count(e)
    cdef size_t longest = length
    cdef char[24] text
    if count:
        longest = max(longest, format_int64(integer_at(value_of(e), 0), text))
        longest = max(longest, format_int64(integer_at(value_of(e), count - 1), text))
    if is_packable(count, longest):
        pack_integers(table, slot, h)
    else:
        enlarge_set(table, slot, h)
    return 0


cdef int pack_integers(Table table, uint64_t* slot, uint64_t h) except -1:
    """Let the integers become packed elements."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t i, count = integer_count(e)
    cdef Encoded element
    cdef char* blob = <char*>malloc(max(count * 10, 1))
    cdef char* p = blob
    cdef char* room
    if blob == NULL:
        raise MemoryError
    try:
        for i in range(count):
            encode_integer(&element, integer_at(value_of(e), i))
            p = write_element(p, &element)
        room = splice(table, slot, h, 0, value_length_of(e), COUNT_BYTES + (p - blob))
        memcpy(room + COUNT_BYTES, blob, p - blob)
    finally:
        free(blob)
    e = slot_entry(slot[0])
    e.kind = T_SET | ENC_PACKED
    set_count(e, count)
    return 0


cdef Members enlarge_set(Table table, uint64_t* slot, uint64_t h):
    """Let the small set become a large one."""
    cdef Members members = Members(table.clock)
    cdef SetWalk walk
    begin_set_walk(&walk, slot_entry(slot[0]))
    while next_member(&walk):
        members.add(walk.data, walk.length, -1)
    become_object(table, slot, h, members)
    return members


# -- for tests ------------------------------------------------------------------------------------


def check(Table table not None, bytes key not None) -> None:
    """Assert the invariants of the set at key. O(n)."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t i
    if form_of(e) == ENC_OBJECT:
        members_of(e).check()
        assert members_of(e).count > 0, "an empty set"
    elif form_of(e) == ENC_INTS:
        assert (value_length_of(e) - WIDTH_BYTES) % <size_t>value_of(e)[0] == 0, "half an integer"
        assert 0 < integer_count(e) <= thresholds.set_max_intset_entries, "integers too many or none"
        for i in range(1, integer_count(e)):
            assert integer_at(value_of(e), i - 1) < integer_at(value_of(e), i), "integers out of order"
    else:
        assert check_packed(e) > 0, "an empty set"
