from libc.stdint cimport uint8_t, uint64_t

cimport cython

cdef enum:
    # on strings and keys
    GET = 1
    SET = 2
    MGET = 3
    MSET = 4
    INCR = 5
    DECR = 6
    EXISTS = 7
    DEL = 8
    TTL = 9
    EXPIRE = 10
    PING = 11
    # reads of collections
    FIRST_READ = 16
    HGET = 16
    HMGET = 17
    HGETALL = 18
    LRANGE = 19
    LLEN = 20
    SCARD = 21
    ZRANGE = 22
    ZRANK = 23
    ZSCORE = 24
    # writes
    FIRST_WRITE = 32
    HSET = 32
    HDEL = 33
    LPOP = 34
    RPOP = 35
    SADD = 36
    SREM = 37
    SPOP = 38
    ZREM = 39
    ZPOPMIN = 40
    # writes that somebody may wait for
    FIRST_WAKING = 48
    LPUSH = 48
    RPUSH = 49
    ZADD = 50
    XADD = 51
    # 64 and more: memcached's, in memcached/mc_verbs.pxd
    CODES = 96          # 0 is none

cdef enum:
    LONG_VALUE = 64 * 1024      # replies with longer ones are the handlers', which mind the slow log
    NAMES = 128         # places for names

@cython.final
cdef class Operations:
    cdef uint64_t[NAMES] names
    cdef uint8_t[NAMES] codes

    cdef int place_for(self, str name) except -1
    cdef int code_of(self, const char* name, size_t n) noexcept nogil
