# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Memcached's CAS: a number that is another one after each change of a key, and marks beside it.

An entry has the field only from when somebody asks for its number on, so it costs nothing to those who
never do. A new entry in its place has none, and gets a fresh number when it is asked for; a change in
place renews the number that is there. Numbers come from one counter, which begins at the microseconds of
1970: no process hands out a number that an earlier one, or another node, is likely to have given.
"""

import time

from libc.stdint cimport uint64_t
from libc.string cimport memmove

from dflite.native.keyspace.entry cimport CAS_SIZE, slot_entry, value_length_of, value_of

cdef uint64_t last_cas = int(time.time() * 1_000_000)


cdef uint64_t next_cas() noexcept nogil:
    """A number that no entry has had."""
    global last_cas
    last_cas += 1
    return last_cas


cdef Entry* give_cas(Index table, uint64_t* slot, uint64_t h) except NULL:
    """The entry with a CAS number, a new one if it had none; it may have moved."""
    cdef Entry* e = slot_entry(slot[0])
    cdef size_t total
    cdef char* field
    if e.flags & F_CAS:
        return e
    total = value_of(e) + value_length_of(e) - <char*>e
    e = table.resize_entry(slot, h, total + CAS_SIZE)
    field = cas_field_of(e)
    memmove(field + CAS_SIZE, field, total - (field - <char*>e))
    e.flags |= F_CAS
    field[8] = 0
    put_cas(e, next_cas())
    return e
