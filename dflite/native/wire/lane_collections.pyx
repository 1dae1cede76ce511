# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane's operations on collections; lane.pyx says when they may be used.

Each answers from the key's entry, or returns 0 and has done nothing: to its handler go what is due,
what has another type, every option, every error, and what is long enough to be worth a look at the clock.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.base.floattext cimport parse_double
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.due cimport is_usable
from dflite.native.keyspace.entry cimport (
    ENC_OBJECT,
    T_HASH,
    T_LIST,
    T_SET,
    T_STREAM,
    T_ZSET,
    Entry,
    slot_entry,
)
from dflite.native.keyspace.index cimport Index, hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.zsets cimport (
    ADDED,
    FLAT,
    MEMBERS,
    UPDATED,
    add_one,
    get_rank,
    get_score,
    pop_into,
    remove_one,
    reply_slice,
    size_of,
)
from dflite.native.streams.stream cimport Stream
from dflite.native.streams.stream_id cimport ID_CHARS, StreamId, format_id
from dflite.native.streams.stream_node cimport Text as Word
from dflite.native.values.hash_walks cimport Text, hash_length, living_fields, reply_fields
from dflite.native.values.hashes cimport get_field, remove_field, set_field
from dflite.native.values.list_walks cimport clip, list_length, reply_range
from dflite.native.values.lists cimport pop_element, push_element
from dflite.native.values.set_draws cimport pop_member
from dflite.native.values.set_forms cimport create
from dflite.native.values.set_walks cimport living_members
from dflite.native.values.sets cimport ABSENT, add_member, remove_member
from dflite.native.values.small cimport object_of
from dflite.native.wire.operations cimport (
    FIRST_WAKING,
    FIRST_WRITE,
    HDEL,
    HGET,
    HGETALL,
    HMGET,
    HSET,
    LLEN,
    LONG_VALUE,
    LPOP,
    LPUSH,
    LRANGE,
    RPOP,
    RPUSH,
    SADD,
    SCARD,
    SPOP,
    SREM,
    XADD,
    ZADD,
    ZPOPMIN,
    ZRANGE,
    ZRANK,
    ZREM,
    ZSCORE,
)
from dflite.native.wire.reply cimport Reply

cdef enum:
    MOST_WORDS = 130            # of a request that is answered here
    MANY = 1000                 # elements of a reply that is the handler's


cdef inline bint has_due(Entry* e) noexcept:
    """May an element of this hash or set be due? Before a write its handler lets it go, and says so."""
    cdef Index elements
    if (e.kind & 0xF0) != ENC_OBJECT:
        return False
    elements = <Index>object_of(e)
    return elements.expiring_count > 0 and elements.next_due <= elements.clock.due_ms


cdef int serve_collection(int code, Table table, const char* base, Slice* args, size_t count,
                          Reply reply, Figures* figures) except -1:
    """Answer one request, of which there are two words at least; 0 if that is for its handler."""
    cdef const char* key = base + args[1].offset
    cdef size_t n = args[1].length
    cdef uint64_t h = hash_key(key, n)
    cdef uint64_t* slot
    if count > MOST_WORDS:
        return 0
    if code >= FIRST_WRITE and table.cut is not None:
        table.before_change(h)
    slot = table.find_slot(key, n, h)
    if HGET <= code <= HGETALL:
        return read_hash(code, table, slot, base, args, count, reply, figures)
    if code == HSET or code == HDEL:
        return write_hash(code, table, slot, h, base, args, count, reply, figures)
    if code == LRANGE or code == LLEN:
        return read_list(code, table, slot, base, args, count, reply, figures)
    if code == LPUSH or code == RPUSH or code == LPOP or code == RPOP:
        return write_list(code, table, slot, h, base, args, count, reply, figures)
    if ZRANGE <= code <= ZSCORE:
        return read_zset(code, table, slot, base, args, count, reply, figures)
    if code == ZADD or code == ZREM or code == ZPOPMIN:
        return write_zset(code, table, slot, h, base, args, count, reply, figures)
    if code == XADD:
        return add_to_stream(table, slot, base, args, count, reply, figures)
    return answer_set(code, table, slot, h, base, args, count, reply, figures)


cdef inline int note_read(Table table, Entry* e, Figures* figures) noexcept:
    """A key was looked up, and found or not."""
    if e == NULL:
        figures.misses += 1
    else:
        table.use(e)
        figures.hits += 1
    return 1


cdef int read_hash(int code, Table table, uint64_t* slot, const char* base, Slice* args, size_t count,
                   Reply reply, Figures* figures) except -1:
    cdef Entry* e = NULL
    cdef Text value
    cdef size_t i
    if (count != 3 if code == HGET else count < 3 if code == HMGET else count != 2):
        return 0
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_HASH, table.clock):
            return 0
    if code == HGETALL:
        if e == NULL:
            reply.put_map(0)
        elif hash_length(e) > MANY:
            return 0
        else:
            reply.put_map(living_fields(e))
            reply_fields(e, reply, True, True)
    else:
        if code == HMGET:
            reply.put_head(42, <int64_t>count - 2)
        for i in range(2, count):
            if e == NULL or not get_field(e, base + args[i].offset, args[i].length, &value):
                reply.put_null()
            else:
                reply.put_bulk(value.data, value.length)
    return note_read(table, e, figures)


cdef int write_hash(int code, Table table, uint64_t* slot, uint64_t h, const char* base, Slice* args,
                    size_t count, Reply reply, Figures* figures) except -1:
    cdef const char* key = base + args[1].offset
    cdef size_t i
    cdef int64_t n = 0
    if (count < 4 or count % 2 if code == HSET else count < 3):
        return 0
    if slot != NULL and (not is_usable(slot_entry(slot[0]), T_HASH, table.clock)
                         or has_due(slot_entry(slot[0]))):
        return 0
    if code == HSET:
        for i in range(2, count, 2):
            if i > 2:
                slot = table.find_slot(key, args[1].length, h)
            n += set_field(table, key, args[1].length, h, slot, base + args[i].offset, args[i].length,
                           base + args[i + 1].offset, args[i + 1].length, -1)
        figures.changes += <int64_t>(count - 2) >> 1
    elif slot != NULL:
        for i in range(2, count):
            n += remove_field(table, slot, h, base + args[i].offset, args[i].length)
            if hash_length(slot_entry(slot[0])) == 0:
                table.remove_slot(slot, h)
                break
        figures.changes += n
    reply.put_head(58, n)
    return 1


# -- lists ----------------------------------------------------------------------------------------


cdef int read_list(int code, Table table, uint64_t* slot, const char* base, Slice* args, size_t count,
                   Reply reply, Figures* figures) except -1:
    cdef Entry* e = NULL
    cdef int64_t start, stop, length = 0
    if count != (2 if code == LLEN else 4):
        return 0
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_LIST, table.clock):
            return 0
        length = list_length(e)
    if code == LLEN:
        reply.put_head(58, length)
        return note_read(table, e, figures)
    if (not parse_int64(base + args[2].offset, args[2].length, &start)
            or not parse_int64(base + args[3].offset, args[3].length, &stop)):
        return 0
    if not clip(&start, &stop, length):
        reply.put_head(42, 0)
    elif stop - start >= MANY:
        return 0
    else:
        reply.put_head(42, stop - start + 1)
        reply_range(e, start, stop, reply)
    return note_read(table, e, figures)


cdef int write_list(int code, Table table, uint64_t* slot, uint64_t h, const char* base, Slice* args,
                    size_t count, Reply reply, Figures* figures) except -1:
    cdef int64_t length
    if count != (3 if code >= FIRST_WAKING else 2):
        return 0
    if slot != NULL and not is_usable(slot_entry(slot[0]), T_LIST, table.clock):
        return 0
    if code >= FIRST_WAKING:
        length = push_element(table, base + args[1].offset, args[1].length, h, slot,
                              base + args[2].offset, args[2].length, code == LPUSH)
        reply.put_head(58, length)
    elif slot == NULL:
        reply.put_null()
        return 1
    else:
        pop_element(table, h, slot, code == LPOP, reply)
    figures.changes += 1
    return 1


# -- sets -----------------------------------------------------------------------------------------


cdef int answer_set(int code, Table table, uint64_t* slot, uint64_t h, const char* base, Slice* args,
                    size_t count, Reply reply, Figures* figures) except -1:
    cdef Entry* e = NULL
    cdef int changed = 0
    if count != (3 if code == SADD or code == SREM else 2):
        return 0
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_SET, table.clock) or (code != SCARD and has_due(e)):
            return 0
    if code == SCARD:
        reply.put_head(58, 0 if e == NULL else living_members(e))
        return note_read(table, e, figures)
    if code == SPOP:
        if e == NULL:
            reply.put_null()
        elif pop_member(table, slot, h, reply) == ABSENT:
            return 0
        else:
            figures.changes += 1
        return 1
    if code == SADD:
        if e == NULL:
            create(table, base + args[1].offset, args[1].length, h, base + args[2].offset,
                   args[2].length, 1)
            changed = 1
        else:
            changed = add_member(table, slot, h, base + args[2].offset, args[2].length)
    elif e != NULL:
        changed = remove_member(table, slot, h, base + args[2].offset, args[2].length) != ABSENT
    reply.put_head(58, changed)
    figures.changes += changed
    return 1


# -- sorted sets ----------------------------------------------------------------------------------


cdef int read_zset(int code, Table table, uint64_t* slot, const char* base, Slice* args, size_t count,
                   Reply reply, Figures* figures) except -1:
    cdef Entry* e = NULL
    cdef int64_t start, stop
    cdef double score
    if count != (4 if code == ZRANGE else 3):
        return 0
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_ZSET, table.clock):
            return 0
    if code == ZRANGE:
        if (not parse_int64(base + args[2].offset, args[2].length, &start)
                or not parse_int64(base + args[3].offset, args[3].length, &stop)):
            return 0
        if e == NULL:
            reply.put_head(42, 0)
        elif (stop - start >= MANY or stop < 0 or start < 0) and size_of(e) > MANY:
            return 0
        else:
            reply_slice(e, reply, start, stop, False, MEMBERS)
    elif code == ZRANK:
        start = get_rank(e, base + args[2].offset, args[2].length, False, &score)
        if start < 0:
            reply.put_null()
        else:
            reply.put_head(58, start)
    elif e != NULL and get_score(e, base + args[2].offset, args[2].length, &score):
        reply.put_double(score)
    else:
        reply.put_null()
    return note_read(table, e, figures)


cdef int write_zset(int code, Table table, uint64_t* slot, uint64_t h, const char* base, Slice* args,
                    size_t count, Reply reply, Figures* figures) except -1:
    cdef double score
    cdef int changed = 0
    if count != (4 if code == ZADD else 3 if code == ZREM else 2):
        return 0
    if slot != NULL and not is_usable(slot_entry(slot[0]), T_ZSET, table.clock):
        return 0
    if code == ZADD:
        if not parse_double(base + args[2].offset, args[2].length, &score) or score != score:
            return 0
        changed = add_one(table, base + args[1].offset, args[1].length, h, slot,
                          base + args[3].offset, args[3].length, &score, 0)
        reply.put_head(58, changed == ADDED)
        figures.changes += changed == ADDED or changed == UPDATED
        return 1
    if code == ZREM:
        if slot != NULL:
            changed = remove_one(table, h, slot, base + args[2].offset, args[2].length)
        reply.put_head(58, changed)
        figures.changes += changed
    elif slot == NULL:
        reply.put_head(42, 0)
    else:
        pop_into(table, h, slot, 1, False, reply, FLAT)
        figures.changes += 1
    return 1


# -- streams --------------------------------------------------------------------------------------


cdef int add_to_stream(Table table, uint64_t* slot, const char* base, Slice* args, size_t count,
                       Reply reply, Figures* figures) except -1:
    """An entry whose ID is made, behind the others of a stream that is there."""
    cdef Word[MOST_WORDS] words
    cdef StreamId id
    cdef char[ID_CHARS] text
    cdef size_t i, length = 0
    cdef Stream stream
    cdef Entry* e
    if (count < 5 or count % 2 == 0 or slot == NULL or args[2].length != 1
            or (base + args[2].offset)[0] != 42):   # "*"
        return 0
    e = slot_entry(slot[0])
    if not is_usable(e, T_STREAM, table.clock):
        return 0
    for i in range(3, count):
        words[i - 3].data = base + args[i].offset
        words[i - 3].length = args[i].length
        length += args[i].length
    stream = <Stream>object_of(e)
    if length > LONG_VALUE or not stream.choose_id(table.clock.now_ms, False, False, &id):
        return 0
    stream.add_texts(id, words, count - 3)
    table.use(e)
    reply.put_bulk(text, format_id(id, text))
    figures.changes += 1
    return 1
