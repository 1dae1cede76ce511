"""How RDB says what comes next: a value of some kind and form, or something else."""

cdef enum:
    RDB_STRING = 0
    RDB_LIST = 1
    RDB_SET = 2
    RDB_ZSET = 3                # scores are text
    RDB_HASH = 4
    RDB_ZSET_2 = 5
    RDB_MODULE = 6
    RDB_MODULE_2 = 7
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
    # which forms may be used: who is to read them
    FOR_DFLITE = 0
    FOR_VALKEY_9 = 1            # no members with deadlines
    FOR_REDIS_7_2 = 2           # no fields with deadlines either
    FOR_REDIS_7_0 = 3           # no sets as listpacks, no time of a consumer's last success

cdef enum:
    # nodes of a quicklist
    NODE_PLAIN = 1
    NODE_PACKED = 2

cdef enum:
    # what stands in a file where the kind of the next value could stand
    OP_SLOT_IMPORT = 243        # Valkey 9
    OP_SLOT_INFO = 244
    OP_FUNCTION = 245
    OP_FUNCTION_EARLY = 246
    OP_MODULE = 247
    OP_IDLE = 248               # seconds
    OP_FREQUENCY = 249
    OP_AUX = 250
    OP_RESIZE = 251
    OP_DEADLINE = 252           # Unix ms
    OP_DEADLINE_SECONDS = 253
    OP_SELECT = 254
    OP_END = 255
