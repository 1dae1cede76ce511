from libc.stdint cimport int64_t

from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.table cimport Table
from dflite.native.wire.reply cimport Reply

cdef enum:
    # reads
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

cdef struct Figures:
    int64_t hits
    int64_t misses
    int64_t changes

cdef int serve_collection(int code, Table table, const char* base, Slice* args, size_t count,
                          Reply reply, Figures* figures) except -1
