# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What memcached's hot lane has done, written to the stream that replicas and the log repeat.

Memcached's requests are not repeated there, but what they came to: an item is there, or is not.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from dflite.native.keyspace.entry cimport (
    ENC_INT,
    Entry,
    deadline_of,
    integer_of,
    mc_flags_of,
    value_length_of,
    value_of,
)
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.lane cimport Lane


cdef int journal_item(Lane lane, const char* key, size_t n, uint64_t h) except -1:
    """Write down what the key holds now."""
    cdef Backlog backlog = lane.backlog
    cdef Entry* e = lane.table_for(0, key, n).find(key, n, h)
    cdef int64_t deadline
    cdef uint32_t flags
    cdef bytes words
    backlog.select(0)
    if e == NULL:
        backlog.put(b"*2\r\n$3\r\nDEL\r\n", 13)
        return backlog.put_bulk(key, n)
    deadline = deadline_of(e)
    backlog.put_head(c'*', 3 if deadline < 0 else 5)
    backlog.put_bulk(b"SET", 3)
    backlog.put_bulk(key, n)
    if (e.kind & 0xF0) == ENC_INT:
        backlog.put_number(integer_of(e))
    else:
        backlog.put_bulk(value_of(e), value_length_of(e))
    if deadline >= 0:
        backlog.put_bulk(b"PXAT", 4)
        backlog.put_number(deadline)
    flags = mc_flags_of(e)
    if flags:
        words = b"memcached-flags %d %b" % (flags, key[:n])     # as ops/items.py says it
        backlog.request(0, [b"ECHO", words])
    return 0
