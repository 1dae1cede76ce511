"""How RDB says what a value is and how it is written; below 8 and from 9 on. 6 and 7 are modules'."""

cdef enum:
    RDB_STRING = 0
    RDB_LIST = 1
    RDB_SET = 2
    RDB_ZSET = 3                # scores are text
    RDB_HASH = 4
    RDB_ZSET_2 = 5
    RDB_HASH_ZIPMAP = 9
    RDB_LIST_ZIPLIST = 10
    RDB_SET_INTSET = 11
    RDB_ZSET_ZIPLIST = 12
    RDB_HASH_ZIPLIST = 13
    RDB_LIST_QUICKLIST = 14     # of ziplists
    RDB_STREAM = 15
    RDB_HASH_LISTPACK = 16
    RDB_ZSET_LISTPACK = 17
    RDB_LIST_QUICKLIST_2 = 18   # of listpacks, and elements alone
    RDB_STREAM_2 = 19           # with IDs and counters of what was deleted and read
    RDB_SET_LISTPACK = 20
    RDB_STREAM_3 = 21           # with the time of a consumer's last success
    # fields with deadlines. 22 has two meanings, which the version tells apart
    RDB_HASH_EARLY = 22         # candidates of Redis 7.4: without the soonest deadline
    RDB_HASH_VALKEY = 22
    RDB_HASH_LISTPACK_EARLY = 23
    RDB_HASH_DEADLINES = 24     # Redis 7.4
    RDB_HASH_LISTPACK_DEADLINES = 25
    RDB_HASH_DRAGONFLY = 31
    RDB_SET_DRAGONFLY = 32      # members with deadlines

cdef enum:
    # nodes of a quicklist
    NODE_PLAIN = 1
    NODE_PACKED = 2
