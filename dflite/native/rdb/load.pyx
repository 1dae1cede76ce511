# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Reading values out of RDB into a table: strings and collections, in every form of RDB. Streams: streams.pyx.

What is read is checked as it is put: no member or field twice, no score that is none, nothing empty, nothing
beyond the end, however packed. What was put before something turned out to be wrong is taken away again. A
value gets the form that it would have here, whatever it had where it comes from.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.math cimport INFINITY, isnan
from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.base.floattext cimport parse_double
from dflite.native.keyspace.entry cimport ENC_INTS, ENC_OBJECT, ENC_PACKED, T_HASH, T_LIST, T_SET, T_ZSET
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.rdb.packed cimport (
    INTSET,
    LISTPACK,
    ZIPLIST,
    ZIPMAP,
    Cursor,
    open_packed,
    read_packed,
)
from dflite.native.rdb.reader cimport FIRST, SECOND, THIRD, Reader, Text, bad
from dflite.native.rdb.types cimport (
    NODE_PACKED,
    NODE_PLAIN,
    RDB_HASH,
    RDB_HASH_DEADLINES,
    RDB_HASH_DRAGONFLY,
    RDB_HASH_EARLY,
    RDB_HASH_LISTPACK,
    RDB_HASH_LISTPACK_DEADLINES,
    RDB_HASH_LISTPACK_EARLY,
    RDB_HASH_ZIPLIST,
    RDB_HASH_ZIPMAP,
    RDB_LIST,
    RDB_LIST_QUICKLIST,
    RDB_LIST_QUICKLIST_2,
    RDB_LIST_ZIPLIST,
    RDB_SET,
    RDB_SET_DRAGONFLY,
    RDB_SET_INTSET,
    RDB_SET_LISTPACK,
    RDB_STRING,
    RDB_ZSET,
    RDB_ZSET_2,
    RDB_ZSET_LISTPACK,
    RDB_ZSET_ZIPLIST,
)
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.sorted_sets.zsets cimport ADDED, NX, add_one
from dflite.native.values cimport thresholds
from dflite.native.values.fields cimport Fields
from dflite.native.values.hashes cimport set_field
from dflite.native.values.lists cimport push_element
from dflite.native.values.members cimport Members
from dflite.native.values.packed cimport Encoded, encode
from dflite.native.values.packed_list cimport PackedList
from dflite.native.values.set_forms cimport create, new_empty
from dflite.native.values.sets cimport add_member

cdef enum:
    NEVER = -1
    SECOND_MS = 1000
    # a score of RDB_ZSET: a length, or one of
    NO_NUMBER = 253
    ABOVE_ALL = 254
    BELOW_ALL = 255


cdef struct Place:
    # Where a value is being put.
    const char* key
    size_t n
    uint64_t h
    uint64_t* slot          # NULL as long as nothing is there


def load(Reader reader not None, Table table not None, bytes key not None, int kind, bint valkey) -> None:
    """Put the value that follows at key, where nothing is; BadFormat, and nothing there, if it is none.

    `kind` is RDB's number of how it is written. `valkey` says whose the numbers from 22 on are.
    """
    cdef Place place
    place.key = PyBytes_AS_STRING(key)
    place.n = PyBytes_GET_SIZE(key)
    place.h = hash_key(place.key, place.n)
    place.slot = NULL
    try:
        if kind == RDB_STRING:
            load_string(reader, table, &place)
        elif kind in (RDB_LIST, RDB_LIST_ZIPLIST, RDB_LIST_QUICKLIST, RDB_LIST_QUICKLIST_2):
            load_list(reader, table, key, &place, kind)
        elif kind in (RDB_SET, RDB_SET_INTSET, RDB_SET_LISTPACK):
            load_set(reader, table, &place, kind)
        elif kind == RDB_SET_DRAGONFLY:
            load_members(reader, table, key)
        elif kind in (RDB_ZSET, RDB_ZSET_2):
            load_zset(reader, table, key, &place, kind)
        elif kind in (RDB_ZSET_ZIPLIST, RDB_ZSET_LISTPACK):
            load_packed_zset(reader, table, key, &place, kind)
        elif kind in (RDB_HASH, RDB_HASH_EARLY, RDB_HASH_DEADLINES, RDB_HASH_DRAGONFLY):
            if valkey and kind > RDB_HASH_EARLY and kind != RDB_HASH_DRAGONFLY:
                bad("a kind that there is not")
            load_hash(reader, table, key, &place, kind, valkey)
        elif kind in (RDB_HASH_ZIPMAP, RDB_HASH_ZIPLIST, RDB_HASH_LISTPACK):
            load_packed_hash(reader, table, key, &place, kind)
        elif kind in (RDB_HASH_LISTPACK_EARLY, RDB_HASH_LISTPACK_DEADLINES) and not valkey:
            load_packed_hash(reader, table, key, &place, kind)
        else:
            bad("a kind that there is not")
    except BaseException:
        table.remove(place.key, place.n, place.h)
        raise


cdef int open_blob(Reader reader, Cursor* cursor, int form) except -1:
    """Stand before the first element of the packed string that follows."""
    cdef Text blob
    reader.read_text(FIRST, &blob)
    return open_packed(cursor, form, blob.data, blob.length)


cdef int must_follow(Cursor* cursor, Text* text) except -1:
    """The next element, which there has to be."""
    if not read_packed(cursor, text):
        bad("half a pair")
    return 0


cdef int must_be_there(int64_t count) except -1:
    if count <= 0:
        bad("nothing in it")
    return 0


cdef int load_string(Reader reader, Table table, Place* place) except -1:
    cdef Text text
    reader.read_text(FIRST, &text)
    table.put_string(place.key, place.n, place.h, text.data, text.length, NEVER, 0)
    return 0


# -- lists -------------------------------------------------------------------------------------------


cdef int push(Table table, Place* place, PackedList large, Text* text) except -1:
    """Push to the large list, or to what is at the place."""
    if large is not None:
        return large.push(text.data, text.length, False)
    push_element(table, place.key, place.n, place.h, place.slot, text.data, text.length, False)
    if place.slot == NULL:
        place.slot = table.find_slot(place.key, place.n, place.h)
    return 0


cdef int push_node(PackedList large, Text* text, bint alone) except -1:
    """Push an element with which a node begins, and ends if it is alone."""
    cdef Encoded e
    encode(&e, text.data, text.length)
    return large.push_node(&e, False, alone)


cdef int load_list(Reader reader, Table table, bytes key, Place* place, int kind) except -1:
    """A list. One of several nodes keeps them, even if they would fit into one."""
    cdef Text text
    cdef Cursor cursor
    cdef PackedList large = None
    cdef int64_t i, count = 1
    cdef uint64_t container = NODE_PACKED
    cdef int form = LISTPACK if kind == RDB_LIST_QUICKLIST_2 else ZIPLIST
    if kind != RDB_LIST_ZIPLIST:
        count = reader.read_count()
    if kind == RDB_LIST_ZIPLIST or (count > 1 and kind != RDB_LIST):
        large = PackedList()
    for i in range(count):
        if kind == RDB_LIST_QUICKLIST_2:
            reader.read_length(&container)
            if container != NODE_PLAIN and container != NODE_PACKED:
                bad("a node of an unknown kind")
        if kind == RDB_LIST or container == NODE_PLAIN:
            reader.read_text(FIRST, &text)
            if container == NODE_PLAIN and not text.length:
                bad("a node of nothing")
            if large is None:
                push(table, place, large, &text)
            else:
                push_node(large, &text, True)
            continue
        open_blob(reader, &cursor, form)
        while read_packed(&cursor, &text):
            if large is None or cursor.passed > 1:
                push(table, place, large, &text)
            else:
                push_node(large, &text, False)
    if large is None:
        return must_be_there(place.slot != NULL)
    must_be_there(<int64_t>large.chain.size)
    table.set_object(key, T_LIST, large)
    return 0


# -- sets --------------------------------------------------------------------------------------------


cdef int load_set(Reader reader, Table table, Place* place, int kind) except -1:
    cdef Text text
    cdef Cursor cursor
    cdef int64_t i, count
    if kind == RDB_SET:
        count = reader.read_count()
        must_be_there(count)
        for i in range(count):
            reader.read_text(FIRST, &text)
            if place.slot == NULL:
                place.slot = create(table, place.key, place.n, place.h, text.data, text.length, count)
            elif not add_member(table, place.slot, place.h, text.data, text.length):
                bad("a member twice")
        return 0
    open_blob(reader, &cursor, INTSET if kind == RDB_SET_INTSET else LISTPACK)
    form = ENC_INTS if kind == RDB_SET_INTSET else ENC_PACKED
    if cursor.counted > (thresholds.set_max_intset_entries if form == ENC_INTS
                         else thresholds.set_max_listpack_entries):
        form = ENC_OBJECT
    place.slot = new_empty(table, place.key, place.n, place.h, form, NEVER)
    while read_packed(&cursor, &text):
        if not add_member(table, place.slot, place.h, text.data, text.length):
            bad("a member twice")
    return must_be_there(cursor.passed)


cdef int load_members(Reader reader, Table table, bytes key) except -1:
    """A set of Dragonfly's, whose members may have deadlines."""
    cdef Members members = Members(table.clock)
    cdef Text text
    cdef int64_t i, count = reader.read_count()
    must_be_there(count)
    for i in range(count):
        reader.read_text(FIRST, &text)
        if not members.add(text.data, text.length, read_seconds(reader)):
            bad("a member twice")
    table.set_object(key, T_SET, members)
    return 0


cdef int64_t read_seconds(Reader reader) except -2:
    """A deadline as Dragonfly writes it: a string that spells Unix seconds, -1 for none."""
    cdef Text text
    cdef int64_t seconds = -1
    reader.read_text(THIRD, &text)
    if (not parse_int64(text.data, text.length, &seconds)
            or not -1 <= seconds < 0x7FFFFFFFFFFFFFFF // SECOND_MS):
        bad("a deadline that is none")
    return NEVER if seconds < 0 else seconds * SECOND_MS


# -- sorted sets -------------------------------------------------------------------------------------


cdef int add_scored(Table table, Place* place, SortedSet zset, Text* member, double score) except -1:
    """Add a member to the large sorted set, or to what is at the place."""
    cdef uint64_t h
    if isnan(score):
        bad("a score that is no number")
    if zset is None:
        if add_one(table, place.key, place.n, place.h, place.slot, member.data, member.length,
                   &score, NX) != ADDED:
            bad("a member twice")
        if place.slot == NULL:
            place.slot = table.find_slot(place.key, place.n, place.h)
        return 0
    h = hash_key(member.data, member.length)
    if zset.find(member.data, member.length, h) != NULL:
        bad("a member twice")
    zset.add(member.data, member.length, h, score)
    return 0


cdef SortedSet large_zset(Table table, int64_t count):
    """A new one if so many members are too many for a small one."""
    return SortedSet(table.clock) if count > thresholds.zset_max_listpack_entries else None


cdef int put_zset(Table table, bytes key, SortedSet zset) except -1:
    if zset is not None:
        zset.account()
        table.set_object(key, T_ZSET, zset)
    return 0


cdef int load_zset(Reader reader, Table table, bytes key, Place* place, int kind) except -1:
    cdef Text member
    cdef double score
    cdef int64_t i, count = reader.read_count()
    cdef SortedSet zset = large_zset(table, count)
    must_be_there(count)
    for i in range(count):
        reader.read_text(FIRST, &member)
        if kind == RDB_ZSET_2:
            reader.read_double(&score)
        else:
            score = read_score(reader)
        add_scored(table, place, zset, &member, score)
    return put_zset(table, key, zset)


cdef double read_score(Reader reader) except? -1.0:
    """A score as text behind its length."""
    cdef int n = reader.read_byte()
    cdef const char* text
    cdef double score
    if n == ABOVE_ALL:
        return INFINITY
    if n == BELOW_ALL:
        return -INFINITY
    if n == NO_NUMBER:
        bad("a score that is no number")
    text = reader.take(n)
    if not parse_double(text, n, &score):
        bad("a score that is no number")
    return score


cdef int load_packed_zset(Reader reader, Table table, bytes key, Place* place, int kind) except -1:
    cdef Cursor cursor
    cdef Text member, text
    cdef double score
    cdef SortedSet zset
    open_blob(reader, &cursor, ZIPLIST if kind == RDB_ZSET_ZIPLIST else LISTPACK)
    zset = large_zset(table, cursor.counted // 2)
    while read_packed(&cursor, &member):
        must_follow(&cursor, &text)
        if not parse_double(text.data, text.length, &score):
            bad("a score that is no number")
        add_scored(table, place, zset, &member, score)
    must_be_there(cursor.passed)
    return put_zset(table, key, zset)


# -- hashes ------------------------------------------------------------------------------------------


cdef int add_field(Table table, Place* place, Fields fields, Text* field, Text* value,
                   int64_t deadline) except -1:
    """Add a field to the large hash, or to what is at the place."""
    cdef int added
    if fields is None:
        added = set_field(table, place.key, place.n, place.h, place.slot, field.data, field.length,
                          value.data, value.length, deadline)
        if place.slot == NULL:
            place.slot = table.find_slot(place.key, place.n, place.h)
    else:
        added = fields.put_field(field.data, field.length, value.data, value.length, deadline)
    if not added:
        bad("a field twice")
    return 0


cdef Fields large_hash(Table table, int64_t count):
    """A new one if so many fields are too many for a small one."""
    return Fields(table.clock) if count > thresholds.hash_max_listpack_entries else None


cdef int put_hash(Table table, bytes key, Fields fields) except -1:
    if fields is not None:
        table.set_object(key, T_HASH, fields)
    return 0


cdef int64_t deadline_after(int64_t soonest, uint64_t ms) except -2:
    """A deadline of Redis 7.4: none for 0, else 1 more than what it is later than the soonest."""
    if ms == 0:
        return NEVER
    if soonest < 0 or ms > 0x7FFFFFFFFFFFFFFF or <int64_t>(ms - 1) > 0x7FFFFFFFFFFFFFFF - soonest:
        bad("a deadline that is none")
    return soonest + <int64_t>(ms - 1)


cdef int load_hash(Reader reader, Table table, bytes key, Place* place, int kind, bint valkey) except -1:
    cdef Text field, value
    cdef int64_t i, count, deadline = NEVER, soonest = 1
    cdef uint64_t ms
    cdef Fields fields
    if kind == RDB_HASH_DEADLINES:
        reader.read_int64(&soonest)
    count = reader.read_count()
    must_be_there(count)
    fields = large_hash(table, count)
    for i in range(count):
        if kind == RDB_HASH_DEADLINES or (kind == RDB_HASH_EARLY and not valkey):
            reader.read_length(&ms)
            deadline = deadline_after(soonest, ms)
        reader.read_text(FIRST, &field)
        reader.read_text(SECOND, &value)
        if kind == RDB_HASH_DRAGONFLY:
            deadline = read_seconds(reader)
        elif kind == RDB_HASH_EARLY and valkey:
            reader.read_int64(&deadline)
            if deadline < NEVER:
                bad("a deadline that is none")
        add_field(table, place, fields, &field, &value, deadline)
    return put_hash(table, key, fields)


cdef int load_packed_hash(Reader reader, Table table, bytes key, Place* place, int kind) except -1:
    cdef Cursor cursor
    cdef Text field, value, text
    cdef int64_t deadline = NEVER, soonest
    cdef int form = LISTPACK, stride = 2
    cdef Fields fields
    if kind == RDB_HASH_LISTPACK_DEADLINES:
        reader.read_int64(&soonest)     # it is in the listpack too
    if kind == RDB_HASH_ZIPMAP:
        form = ZIPMAP
    elif kind == RDB_HASH_ZIPLIST:
        form = ZIPLIST
    elif kind != RDB_HASH_LISTPACK:
        stride = 3
    open_blob(reader, &cursor, form)
    fields = large_hash(table, cursor.counted // stride)
    while read_packed(&cursor, &field):
        must_follow(&cursor, &value)
        if stride == 3:
            must_follow(&cursor, &text)
            if not parse_int64(text.data, text.length, &deadline) or deadline < 0:
                bad("a deadline that is none")
            if deadline == 0:
                deadline = NEVER
        add_field(table, place, fields, &field, &value, deadline)
    must_be_there(cursor.passed)
    return put_hash(table, key, fields)
