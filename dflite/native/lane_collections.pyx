# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane's operations on collections; lane.pyx says when they may be used.

Each answers from the key's entry, or returns 0 and has done nothing: to its handler go what is due,
what has another type, every option, every error, and what is long enough to be worth a look at the clock.
"""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.entry cimport (
    ENC_PACKED,
    F_DEADLINE,
    T_HASH,
    Entry,
    deadline_of,
    slot_entry,
    stamp_entry,
    value_length_of,
)
from dflite.native.hashes cimport Text, get_field, length_of, living, remove_field, reply_fields, set_field
from dflite.native.index cimport hash_key
from dflite.native.reply cimport Reply
from dflite.native.slice cimport Slice
from dflite.native.table cimport Table

cdef enum:
    MOST_WORDS = 130            # of a request that is answered here
    LONG_VALUE = 64 * 1024
    MANY = 1000                 # elements of a reply that is the handler's

COLLECTION_OPERATIONS = {
    "HGET": HGET, "HMGET": HMGET, "HGETALL": HGETALL, "HSET": HSET, "HDEL": HDEL,
}
COLLECTION_WRITES = frozenset({"HSET", "HDEL"})


cdef inline bint is_usable(Table table, Entry* e, int kind) noexcept nogil:
    """Is it of this type and not due?"""
    return (e.kind & 0x0F) == kind and not (
        e.flags & F_DEADLINE and deadline_of(e) <= table.clock.now_ms)


cdef int serve_collection(int code, Table table, const char* base, Slice* args, size_t count,
                          Reply reply, Figures* figures) except -1:
    """Answer one request, of which there are two words at least; 0 if that is for its handler."""
    cdef const char* key = base + args[1].offset
    cdef size_t n = args[1].length
    cdef uint64_t h = hash_key(key, n)
    cdef uint64_t* slot
    if count > MOST_WORDS:
        return 0
    slot = table.find_slot(key, n, h)
    if HGET <= code <= HGETALL:
        return read_hash(code, table, slot, base, args, count, reply, figures)
    if code == HSET or code == HDEL:
        return write_hash(code, table, slot, h, base, args, count, reply, figures)
    return 0


cdef int read_hash(int code, Table table, uint64_t* slot, const char* base, Slice* args, size_t count,
                   Reply reply, Figures* figures) except -1:
    cdef Entry* e = NULL
    cdef Text value
    cdef size_t i
    if (count != 3 if code == HGET else count < 3 if code == HMGET else count != 2):
        return 0
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(table, e, T_HASH):
            return 0
    if code == HGETALL:
        if e == NULL:
            reply.put_map(0)
        elif length_of(e) > MANY:
            return 0
        else:
            reply.put_map(living(e))
            reply_fields(table, e, reply, True, True)
    else:
        if code == HMGET:
            reply.put_head(42, <int64_t>count - 2)
        for i in range(2, count):
            if e == NULL or not get_field(table, e, base + args[i].offset, args[i].length, &value):
                reply.put_null()
            else:
                reply.put_bulk(value.data, value.length)
    if e == NULL:
        figures.misses += 1
    else:
        stamp_entry(e, table.clock.stamp)
        figures.hits += 1
    return 1


cdef int write_hash(int code, Table table, uint64_t* slot, uint64_t h, const char* base, Slice* args,
                    size_t count, Reply reply, Figures* figures) except -1:
    cdef const char* key = base + args[1].offset
    cdef size_t i
    cdef int64_t n = 0
    if (count < 4 or count % 2 if code == HSET else count < 3):
        return 0
    if slot != NULL and not is_usable(table, slot_entry(slot[0]), T_HASH):
        return 0
    if code == HSET:
        for i in range(2, count, 2):
            if i > 2:
                slot = table.find_slot(key, args[1].length, h)
            n += set_field(table, key, args[1].length, h, slot, base + args[i].offset, args[i].length,
                           base + args[i + 1].offset, args[i + 1].length)
        figures.changes += <int64_t>(count - 2) >> 1
    elif slot != NULL:
        for i in range(2, count):
            n += remove_field(table, slot, h, base + args[i].offset, args[i].length)
            if length_of(slot_entry(slot[0])) == 0:
                table.remove_slot(slot, h)
                break
        figures.changes += n
    reply.put_head(58, n)
    return 1
