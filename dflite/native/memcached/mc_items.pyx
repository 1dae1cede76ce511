# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What memcached knows of a key beside its value and flags: CAS number, marks, whether it was fetched."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t

from dflite.native.keyspace.cas cimport STALE, WON, cas_of, give_cas, marks_of, next_cas, put_cas
from dflite.native.keyspace.entry cimport F_CAS, F_FETCHED, Entry, cas_field_of
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table

MARK_STALE = STALE
MARK_WON = WON


cdef Entry* entry_with_cas(Table table, bytes key) except NULL:
    cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    if slot == NULL:
        raise KeyError(key)
    return give_cas(table, slot, h)


def cas_at(Table table not None, bytes key not None) -> int:
    """The number of the key, which has to be there; from now on it has one."""
    return cas_of(entry_with_cas(table, key))


def fresh_cas() -> int:
    """A number that no key has had."""
    return next_cas()


def known_cas(Table table not None, bytes key not None) -> int:
    """The number that was asked for before; 0 if none was, which is nobody's."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else cas_of(e)


def set_cas(Table table not None, bytes key not None, uint64_t number) -> None:
    """Give the key a number of the caller's."""
    put_cas(entry_with_cas(table, key), number)


def renew_cas_at(Table table not None, bytes key not None) -> None:
    """Give the key, which has to be there, a number that nobody knows."""
    put_cas(entry_with_cas(table, key), next_cas())


def marks(Table table not None, bytes key not None) -> int:
    """MARK_STALE, MARK_WON, both or none."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else marks_of(e)


def set_marks(Table table not None, bytes key not None, int wanted) -> None:
    """Let the key, which has to be there, have these marks."""
    cas_field_of(entry_with_cas(table, key))[8] = <char>wanted


def begin_anew(Table table not None, bytes key not None) -> None:
    """The value is another one: without marks, and nobody has asked for it."""
    cdef Entry* e = table.entry_of(key)
    if e != NULL:
        e.flags &= ~F_FETCHED
        if e.flags & F_CAS:
            cas_field_of(e)[8] = 0


def is_fetched(Table table not None, bytes key not None) -> bool:
    """Was it asked for, by a client of memcached's protocol, since it was stored?"""
    cdef Entry* e = table.entry_of(key)
    return e != NULL and (e.flags & F_FETCHED) != 0


def mark_fetched(Table table not None, bytes key not None) -> None:
    cdef Entry* e = table.entry_of(key)
    if e != NULL:
        e.flags |= F_FETCHED
