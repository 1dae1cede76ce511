"""Memcached's CAS number of an entry, and the marks beside it, where an entry has them."""

from libc.stdint cimport uint8_t, uint64_t
from libc.string cimport memcpy

from dflite.native.keyspace.entry cimport F_CAS, Entry, cas_field_of
from dflite.native.keyspace.index cimport Index

# marks
cdef enum:
    STALE = 1       # `md I`: the value is out of date
    WON = 2         # somebody was told to renew it

cdef uint64_t next_cas() noexcept nogil
cdef Entry* give_cas(Index table, uint64_t* slot, uint64_t h) except NULL

cdef inline uint64_t cas_of(Entry* e) noexcept nogil:
    """0 without one."""
    cdef uint64_t number = 0
    if e.flags & F_CAS:
        memcpy(&number, cas_field_of(e), 8)
    return number

cdef inline uint8_t marks_of(Entry* e) noexcept nogil:
    return <uint8_t>cas_field_of(e)[8] if e.flags & F_CAS else 0

cdef inline void put_cas(Entry* e, uint64_t number) noexcept nogil:
    """Another number for an entry that has one."""
    memcpy(cas_field_of(e), &number, 8)

cdef inline void renew_cas(Entry* e) noexcept nogil:
    """The entry was changed in place: who knows its number knows an old value."""
    if e.flags & F_CAS:
        put_cas(e, next_cas())
