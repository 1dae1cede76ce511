# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Deadlines of elements: of a hash's fields, of a set's members. Only a large one has elements with any.

An element whose deadline has passed is not seen, but stays until the expiry cycle takes it out, who has to
announce that. Key holds a hash or a set, or nothing, and is not due.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport ENC_OBJECT, Entry, deadline_of, slot_entry
from dflite.native.keyspace.index cimport Index, hash_bytes
from dflite.native.keyspace.table cimport Table
from dflite.native.values.fields cimport Fields, fields_of
from dflite.native.values.hashed cimport HashedValue
from dflite.native.values.hashes cimport deadline_of_field, enlarge_hash
from dflite.native.values.members cimport Members, members_of
from dflite.native.values.set_forms cimport enlarge_set, new_empty
from dflite.native.values.sets cimport has_member
from dflite.native.values.small cimport form_of, is_packed, object_of

cdef enum:
    NO_ELEMENT = -2
    NO_DEADLINE = -1


# -- of fields ------------------------------------------------------------------------------------


def field_deadline(Table table not None, bytes key not None, bytes field not None) -> int:
    """Unix ms of a field that is not due; -1 without a deadline, -2 without such a field."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL:
        return NO_ELEMENT
    return deadline_of_field(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))


def set_field_deadline(Table table not None, bytes key not None, bytes field not None,
                       int64_t deadline) -> None:
    """Give a field, which is there, a deadline in Unix ms, or none with -1."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Fields large
    cdef uint64_t* place
    if slot == NULL:
        return
    if not is_packed(slot_entry(slot[0])):
        large = fields_of(slot_entry(slot[0]))
    elif deadline < 0:
        return
    else:
        large = enlarge_hash(table, slot, h)
    place = large.slot_of(field)
    if place != NULL:
        large.set_deadline_at(place, hash_bytes(field), deadline)
        large.account()


# -- of members -----------------------------------------------------------------------------------


def member_deadline(Table table not None, bytes key not None, bytes member not None) -> int:
    """Unix ms of a member that is not due; -1 without a deadline, -2 without such a member."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or not has_member(e, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member)):
        return NO_ELEMENT
    if form_of(e) != ENC_OBJECT:
        return NO_DEADLINE
    return deadline_of(members_of(e).entry_of(member))


def add_expiring(Table table not None, bytes key not None, list members not None, int64_t deadline,
                 bint keep) -> int:
    """Add members with a deadline in Unix ms; how many are new.

    Those that are there get it too, unless they are to keep what they have.
    """
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Members large
    cdef bytes member
    cdef int64_t added = 0
    if not members:
        return 0
    if slot == NULL:
        slot = new_empty(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, ENC_OBJECT, -1)
    elif form_of(slot_entry(slot[0])) != ENC_OBJECT:
        enlarge_set(table, slot, h)
    table.use(slot_entry(slot[0]))
    large = members_of(slot_entry(slot[0]))
    for member in members:
        if large.add(PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), deadline):
            added += 1
        elif not keep:
            large.set_deadline_at(large.slot_of(member), hash_bytes(member), deadline)
    large.account()
    return added


# -- of either, for the expiry cycle --------------------------------------------------------------


def due_elements(Table table not None, bytes key not None, size_t limit, size_t segments):
    """(elements, more) as `due.due_keys`; for the caller to expire."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or form_of(e) != ENC_OBJECT:
        return [], False
    return due.due_keys(<Index>object_of(e), limit, segments)


def expire_elements(Table table not None, bytes key not None, list gone not None) -> None:
    """Take out elements of `due_elements`, and the key with its last one."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef HashedValue large = <HashedValue>object_of(slot_entry(slot[0]))
    cdef bytes element
    for element in gone:
        large.remove(PyBytes_AS_STRING(element), PyBytes_GET_SIZE(element), hash_bytes(element))
    large.account()
    if large.count == 0:
        table.remove_slot(slot, h)


def next_deadline(Table table not None, bytes key not None) -> int:
    """No element is due before this Unix ms; -1 if none has a deadline."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or form_of(e) != ENC_OBJECT:
        return NO_DEADLINE
    return (<Index>object_of(e)).next_deadline
