# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What the hot lane has done, written to the stream that replicas and the log repeat.

Nothing in the stream depends on the clock or on chance: most requests stand there as they came, the others
as what they came to.
"""

from libc.stdint cimport int64_t
from libc.string cimport memchr

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.base.slice cimport Slice
from dflite.native.wire.backlog cimport Backlog
from dflite.native.wire.operations cimport EXPIRE, SPOP, XADD


cdef int journal(Backlog backlog, int64_t now_ms, int code, const char* base, Slice* args, size_t count,
                 const char* answer, int database) except -1:
    """Write down the request that got this answer."""
    if code == EXPIRE:
        return journal_deadline(backlog, now_ms, base, args, database)
    if code == SPOP or code == XADD:
        return journal_choice(backlog, code, base, args, count, answer, database)
    return backlog.put_request(database, base, args, count)


cdef int journal_deadline(Backlog backlog, int64_t now_ms, const char* base, Slice* args,
                          int database) except -1:
    """EXPIRE as PEXPIREAT."""
    cdef int64_t seconds = 0
    parse_int64(base + args[2].offset, args[2].length, &seconds)
    backlog.select(database)
    backlog.put(b"*3\r\n$9\r\nPEXPIREAT\r\n", 19)
    backlog.put_bulk(base + args[1].offset, args[1].length)
    return backlog.put_number(now_ms + seconds * 1000)


cdef int journal_choice(Backlog backlog, int code, const char* base, Slice* args, size_t count,
                        const char* answer, int database) except -1:
    """SPOP as SREM of the member that it took, XADD with its ID: both are all of the answer, a bulk string."""
    cdef const char* line = <const char*>memchr(answer, c'\r', 24)
    cdef int64_t length = 0
    cdef size_t i
    parse_int64(answer + 1, line - answer - 1, &length)
    backlog.select(database)
    if code == SPOP:
        backlog.put(b"*3\r\n$4\r\nSREM\r\n", 14)
        backlog.put_bulk(base + args[1].offset, args[1].length)
        return backlog.put_bulk(line + 2, <size_t>length)
    backlog.put_head(c'*', <int64_t>count)
    for i in range(count):
        if i == 2:
            backlog.put_bulk(line + 2, <size_t>length)
        else:
            backlog.put_bulk(base + args[i].offset, args[i].length)
    return 0
