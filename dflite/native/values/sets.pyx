# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sets: members of the one at a key looked for, added and removed, whatever its form.

Callers have made sure that key holds a set, or nothing, and is not due; a set that loses its last member is
removed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.keyspace.entry cimport (
    ENC_INTS,
    ENC_PACKED,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_bytes
from dflite.native.values cimport thresholds
from dflite.native.values.intset cimport add_integer, find_integer, integer_count, remove_integer_at
from dflite.native.values.members cimport Members, members_of
from dflite.native.values.packed cimport Encoded, after, encode, find_element, write_element
from dflite.native.values.set_forms cimport (
    create,
    enlarge_set,
    is_packable,
    leave_integers,
    new_empty,
    prepare,
)
from dflite.native.values.set_walks cimport living_members
from dflite.native.values.small cimport count_of, end_of, first_of, form_of, set_count, splice


# -- looking --------------------------------------------------------------------------------------


cdef bint has_member(Entry* e, const char* member, size_t length) noexcept:
    """Is the member in the set, and not due?"""
    cdef Encoded wanted
    cdef int64_t number, index
    if form_of(e) == ENC_INTS:
        return (parse_int64(member, length, &number)
                and find_integer(value_of(e), integer_count(e), number, &index))
    if form_of(e) == ENC_PACKED:
        encode(&wanted, member, length)
        return find_element(first_of(e), end_of(e), &wanted, 1) != NULL
    return members_of(e).has(member, length)


def contains(Table table not None, bytes key not None, bytes member not None) -> bool:
    """Is the member in the set?"""
    cdef Entry* e = table.entry_of(key)
    return e != NULL and has_member(e, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))


def count(Table table not None, bytes key not None) -> int:
    """How many members there are; 0 without such a key."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else living_members(e)


# -- adding ---------------------------------------------------------------------------------------


cdef bint add_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1:
    """Add a member to the set; False if it is there."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Encoded element
    cdef int64_t number
    if form_of(e) == ENC_INTS:
        if parse_int64(member, length, &number):
            if not add_integer(table, slot, h, number):
                return False
            if integer_count(slot_entry(slot[0])) > thresholds.set_max_intset_entries:
                enlarge_set(table, slot, h)
            return True
        leave_integers(table, slot, h, length)
        e = slot_entry(slot[0])
    if form_of(e) == ENC_PACKED:
        encode(&element, member, length)
        if find_element(first_of(e), end_of(e), &element, 1) != NULL:
            return False
        if is_packable(count_of(e), length):
            write_element(splice(table, slot, h, value_length_of(e), 0, element.total), &element)
            e = slot_entry(slot[0])
            set_count(e, count_of(e) + 1)
            return True
        enlarge_set(table, slot, h)
        e = slot_entry(slot[0])
    table.use(e)
    return members_of(e).add(member, length, -1)


def add(Table table not None, bytes key not None, list members not None, size_t start=0) -> int:
    """Add the members from index `start` of a list on; how many are new."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef int64_t added = 0
    cdef size_t i, n = len(members)
    cdef bytes member
    if slot != NULL:
        prepare(table, slot, h, n - start)
    for i in range(start, n):
        member = <bytes?>members[i]
        if slot == NULL:
            slot = create(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h,
                          PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), n - start)
            added += 1
        else:
            added += add_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
    return added


def put(Table table not None, bytes key not None, list members not None, int form,
        int64_t deadline=-1) -> None:
    """A set of these members in the place of what is at key, begun in the given form."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = new_empty(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, form, deadline)
    cdef bytes member
    for member in members:
        add_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))


# -- removing -------------------------------------------------------------------------------------


cdef int remove_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1:
    """Take a member that is not due out of the set: ABSENT, REMOVED or REMOVED_LAST."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Members members
    cdef Encoded element
    cdef int64_t number, index
    cdef const char* p
    if form_of(e) == ENC_INTS:
        if (not parse_int64(member, length, &number)
                or not find_integer(value_of(e), integer_count(e), number, &index)):
            return ABSENT
        return take_integer(table, slot, h, index)
    if form_of(e) == ENC_PACKED:
        encode(&element, member, length)
        p = find_element(first_of(e), end_of(e), &element, 1)
        return ABSENT if p == NULL else take_element(table, slot, h, p)
    members = members_of(e)
    if members.expiring_count and not members.has(member, length):
        return ABSENT
    if not members.drop(member, length):
        return ABSENT
    table.use(e)
    if members.count == 0:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    return REMOVED


cdef int take_integer(Table table, uint64_t* slot, uint64_t h, int64_t index) except -1:
    """Remove the integer of that index: REMOVED or REMOVED_LAST."""
    if integer_count(slot_entry(slot[0])) == 1:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    remove_integer_at(table, slot, h, index)
    return REMOVED


cdef int take_element(Table table, uint64_t* slot, uint64_t h, const char* p) except -1:
    """Remove the packed element at p: REMOVED or REMOVED_LAST."""
    cdef Entry* e = slot_entry(slot[0])
    if count_of(e) == 1:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    splice(table, slot, h, p - value_of(e), after(p) - p, 0)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) - 1)
    return REMOVED


def remove(Table table not None, bytes key not None, list members not None, size_t start=0) -> int:
    """Take out the members from index `start` of a list on; how many were there. Due ones stay."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef int64_t removed = 0
    cdef size_t i
    cdef int outcome
    cdef bytes member
    if slot == NULL:
        return 0
    for i in range(start, <size_t>len(members)):
        member = <bytes?>members[i]
        outcome = remove_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
        removed += outcome != ABSENT
        if outcome == REMOVED_LAST:
            return removed
    return removed
