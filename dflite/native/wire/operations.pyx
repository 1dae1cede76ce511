# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The operations of the hot lane: their numbers, and which of them a command's name stands for.

Names have at most eight letters, so that one is a 64-bit number whatever its case, and is found in a small
open-addressing hash table without a look at its letters.
"""

from libc.stdint cimport uint64_t
from libc.string cimport memcpy

cimport cython

BASIC = {
    "GET": GET, "SET": SET, "MGET": MGET, "MSET": MSET, "INCR": INCR, "DECR": DECR,
    "EXISTS": EXISTS, "DEL": DEL, "TTL": TTL, "EXPIRE": EXPIRE, "PING": PING,
}
COLLECTIONS = {
    "HGET": HGET, "HMGET": HMGET, "HGETALL": HGETALL, "HSET": HSET, "HDEL": HDEL,
    "LRANGE": LRANGE, "LLEN": LLEN, "LPUSH": LPUSH, "RPUSH": RPUSH, "LPOP": LPOP, "RPOP": RPOP,
    "SADD": SADD, "SREM": SREM, "SPOP": SPOP, "SCARD": SCARD,
    "ZADD": ZADD, "ZREM": ZREM, "ZPOPMIN": ZPOPMIN, "ZRANGE": ZRANGE, "ZRANK": ZRANK, "ZSCORE": ZSCORE,
    "XADD": XADD,
}
OPERATIONS = BASIC | COLLECTIONS
WRITES = frozenset({"SET", "MSET", "INCR", "DECR", "DEL", "EXPIRE"}) | frozenset(
    [name for name, code in COLLECTIONS.items() if code >= FIRST_WRITE])

cdef uint64_t[9] MASKS
MASKS[:] = [0, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF,
            0xFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF]
cdef uint64_t LOWER = 0x2020202020202020ULL


cdef inline uint64_t packed(const char* name, size_t n) noexcept nogil:
    """A name of at most eight letters as a number, in lower case. Reads eight bytes whatever n is."""
    cdef uint64_t word
    memcpy(&word, name, 8)
    return (word | LOWER) & MASKS[n]


cdef inline int place_of(uint64_t word) noexcept nogil:
    return <int>((word * 0x9E3779B97F4A7C15ULL) >> 57)


@cython.final
cdef class Operations:
    """Those that one lane answers, by the names of their commands."""

    cdef int place_for(self, str name) except -1:
        """Where the name stands, or else may stand. Names are never taken out, so probing may stop at gaps."""
        cdef bytes word = name.lower().encode().ljust(8, b"\0")
        cdef uint64_t key = packed(word, len(name))
        cdef int i = place_of(key)
        while self.names[i] and self.names[i] != key:
            i = (i + 1) & (NAMES - 1)
        self.names[i] = key
        return i

    def enable(self, name: str) -> int:
        """Let the lane answer the command of that name; the number under which its calls are counted."""
        cdef int code = OPERATIONS[name]
        self.codes[self.place_for(name)] = code
        return code

    def disable(self, name: str) -> None:
        """Leave the command of that name to its handler."""
        if name in OPERATIONS:
            self.codes[self.place_for(name)] = 0

    cdef int code_of(self, const char* name, size_t n) noexcept nogil:
        """The operation of that name, 0 if it is left to a handler. There are SLACK bytes behind the name."""
        cdef uint64_t word
        cdef int i
        if n > 8:
            return 0
        word = packed(name, n)
        i = place_of(word)
        while self.names[i]:
            if self.names[i] == word:
                return self.codes[i]
            i = (i + 1) & (NAMES - 1)
        return 0
