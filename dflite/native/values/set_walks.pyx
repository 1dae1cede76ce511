# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ways through a set at a key, whatever its form: all members in turn, or a scan by cursor.

Key holds a set, or nothing, and is not due. Members that are due are not met.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint64_t

from dflite.native.base.bytesops cimport glob_match
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport scan_keys


cdef int reply_members(Entry* e, Reply reply) except -1:
    """Answer all members as a set."""
    cdef SetWalk walk
    reply.set(living_members(e))
    begin_set_walk(&walk, e)
    while next_member(&walk):
        reply.put_bulk(walk.data, walk.length)
    return 0


def answer_members(Table table not None, bytes key not None, Reply reply not None) -> None:
    """Answer all members as a set; the empty one without such a key."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL:
        reply.set(0)
    else:
        reply_members(e, reply)


def members(Table table not None, bytes key not None) -> list[bytes]:
    """All members."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef SetWalk walk
    if e != NULL:
        begin_set_walk(&walk, e)
        while next_member(&walk):
            found.append(PyBytes_FromStringAndSize(walk.data, walk.length))
    return found


def scan(Table table not None, bytes key not None, uint64_t cursor, size_t count, bytes pattern):
    """(next cursor, members) as `Table.scan`; a small set is answered whole."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef SetWalk walk
    if e == NULL:
        return 0, found
    if form_of(e) == ENC_OBJECT:
        return scan_keys(members_of(e), cursor, count, pattern, 0, None)
    begin_set_walk(&walk, e)
    while next_member(&walk):
        if pattern is None or glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                                         walk.data, walk.length, False):
            found.append(PyBytes_FromStringAndSize(walk.data, walk.length))
    return 0, found
