# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane of memcached's meta requests: mg, ms, md with the usual flags; mc_lane.pyx says what holds here.

A request's flags are read first, as a set of letters: with one that is not usual, or one that comes twice,
the request is its handler's.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.cas cimport cas_of, give_cas, marks_of
from dflite.native.keyspace.due cimport is_usable
from dflite.native.keyspace.entry cimport (
    ENC_INT,
    F_DEADLINE,
    F_FETCHED,
    T_STRING,
    Entry,
    deadline_of,
    integer_of,
    mc_flags_of,
    slot_entry,
    stamp_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.table cimport Table
from dflite.native.memcached.mc_figures cimport McFigures
from dflite.native.memcached.mc_text cimport find_deadline, put_number, put_text, read_int32, read_unsigned
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.operations cimport LONG_VALUE
from dflite.native.wire.reply cimport Reply

cdef enum:
    LONGEST_OPAQUE = 32
    MOST_WORDS = 19             # of a request
    ROOM = 400                  # bytes that a reply takes at most beside the value: key, numbers, opaque


cdef uint64_t flags_in(const char* base, Slice* words, size_t first, size_t count) noexcept nogil:
    """The letters of the flags, a bit each; 0 if one comes twice or is none of `A` to `z`."""
    cdef uint64_t seen = 0, bit
    cdef uint8_t letter
    cdef size_t i
    if count > MOST_WORDS:
        return 0
    for i in range(first, count):
        letter = <uint8_t>base[words[i].offset] - <uint8_t>65
        if letter > 57:
            return 0
        bit = <uint64_t>1 << letter
        if seen & bit:
            return 0
        if letter == 14 and words[i].length > LONGEST_OPAQUE:
            return 0
        seen |= bit
    return seen | (<uint64_t>1 << 63)


cdef inline uint64_t letters(const char* text) noexcept:
    cdef uint64_t bits = <uint64_t>1 << 63
    while text[0]:
        bits |= <uint64_t>1 << (text[0] - 65)
        text += 1
    return bits

cdef uint64_t OF_GET = letters(b"vkfstcOhlq")
cdef uint64_t OF_SET = letters(b"FTIckOq")
cdef uint64_t OF_DELETE = letters(b"kOq")
cdef uint64_t QUIET = <uint64_t>1 << (c'q' - 65)
cdef uint64_t WITH_VALUE = <uint64_t>1 << (c'v' - 65)
cdef uint64_t WITH_CAS = <uint64_t>1 << (c'c' - 65)
cdef uint64_t WITH_IDLE = <uint64_t>1 << (c'l' - 65)


cdef char* put_echoes(char* p, const char* base, Slice* words, size_t first, size_t count) noexcept nogil:
    """The flags that say again what the request said: key and opaque."""
    cdef size_t i
    for i in range(first, count):
        if base[words[i].offset] == c'O':
            p[0] = c' '
            p = put_text(p + 1, base + words[i].offset, words[i].length)
        elif base[words[i].offset] == c'k':
            p = put_text(put_text(p, b" k", 2), base + words[1].offset, words[1].length)
    return p


cdef int meta_get(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  Reply reply) except -1:
    """mg, without flags that change the item."""
    cdef const char* key = base + words[1].offset
    cdef size_t n = words[1].length, length = 0, i
    cdef uint64_t flags = flags_in(base, words, 2, count)
    cdef Table table
    cdef uint64_t* slot
    cdef Entry* e
    cdef char* start
    cdef char* p
    cdef char[24] text
    cdef const char* value
    cdef char letter
    if not flags or flags & ~OF_GET:
        return 0
    table = lane.table_for(0, key, n)
    if flags & WITH_IDLE and table.uses is not None:
        return 0                # a stamp is no time then
    slot = table.find_slot(key, n, h)
    if slot == NULL:
        figures.cmd_meta += 1
        figures.cmd_get += 1
        figures.get_misses += 1
        lane.figures.misses += 1
        if not flags & QUIET:
            start = reply.reserve(ROOM)
            p = put_echoes(put_text(start, b"EN", 2), base, words, 2, count)
            p = put_text(p, b"\r\n", 2)
            reply.end += p - start
        return 1
    e = slot_entry(slot[0])
    if not is_usable(e, T_STRING, lane.clock) or marks_of(e) or value_length_of(e) > LONG_VALUE:
        return 0
    if flags & WITH_CAS:
        e = give_cas(table, slot, h)
    if (e.kind & 0xF0) == ENC_INT:
        length = format_int64(integer_of(e), text)
        value = text
    else:
        length = value_length_of(e)
        value = value_of(e)
    start = p = reply.reserve(length + ROOM)
    if flags & WITH_VALUE:
        p = put_number(put_text(p, b"VA ", 3), length)
    else:
        p = put_text(p, b"HD", 2)
    for i in range(2, count):
        letter = base[words[i].offset]
        if letter == c'v' or letter == c'q':
            continue
        if letter == c'O' or letter == c'k':
            p = put_echoes(p, base, words, i, i + 1)
            continue
        p[0] = c' '
        p[1] = letter
        p += 2
        if letter == c's':
            p = put_number(p, length)
        elif letter == c'f':
            p = put_number(p, mc_flags_of(e))
        elif letter == c'c':
            p = put_number(p, cas_of(e))
        elif letter == c'h':
            p = put_number(p, 1 if e.flags & F_FETCHED else 0)
        elif letter == c'l':
            p = put_number(p, (lane.clock.stamp - stamp_of(e)) & 0xFFFFFF)
        elif not e.flags & F_DEADLINE:
            p = put_text(p, b"-1", 2)
        else:
            p = put_number(p, <uint64_t>((deadline_of(e) - lane.clock.now_ms + 999) // 1000))
    p = put_text(p, b"\r\n", 2)
    if flags & WITH_VALUE:
        p = put_text(put_text(p, value, length), b"\r\n", 2)
    reply.end += p - start
    table.use(e)
    e.flags |= F_FETCHED
    figures.cmd_meta += 1
    figures.cmd_get += 1
    figures.get_hits += 1
    lane.figures.hits += 1
    return 1


cdef int meta_set(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                  size_t block, size_t length, Reply reply) except -1:
    """ms of a value that is to be there in any case."""
    cdef const char* key = base + words[1].offset
    cdef size_t n = words[1].length, i
    cdef uint64_t flags = flags_in(base, words, 3, count), mc_flags = 0
    cdef int64_t exptime = 0, deadline
    cdef Table table
    cdef Entry* e
    cdef char* start
    cdef char* p
    if not flags or flags & ~OF_SET or not lane.has_room_for(n + length):
        return 0
    for i in range(3, count):
        if base[words[i].offset] == c'F':
            if not read_unsigned(base + words[i].offset + 1, words[i].length - 1, 0xFFFFFFFFULL, &mc_flags):
                return 0
        elif base[words[i].offset] == c'T':
            if not read_int32(base + words[i].offset + 1, words[i].length - 1, &exptime):
                return 0
    if not find_deadline(lane.clock, exptime, &deadline):
        return 0
    table = lane.table_for(0, key, n)
    e = table.find(key, n, h)
    if e != NULL and not is_usable(e, T_STRING, lane.clock):
        return 0
    e = table.put_string(key, n, h, base + block, length, deadline, <uint32_t>mc_flags)
    figures.cmd_meta += 1
    figures.cmd_set += 1
    figures.total_items += 1
    lane.figures.changes += 1
    if flags & WITH_CAS:
        e = give_cas(table, table.find_slot(key, n, h), h)
    if flags & QUIET:
        return 1
    start = reply.reserve(ROOM)
    p = put_text(start, b"HD", 2)
    for i in range(3, count):
        if base[words[i].offset] == c'c':
            p = put_number(put_text(p, b" c", 2), cas_of(e))
        else:
            p = put_echoes(p, base, words, i, i + 1)
    p = put_text(p, b"\r\n", 2)
    reply.end += p - start
    return 1


cdef int meta_delete(Lane lane, McFigures figures, const char* base, Slice* words, size_t count, uint64_t h,
                     Reply reply) except -1:
    """md, without flags that compare or mark."""
    cdef const char* key = base + words[1].offset
    cdef size_t n = words[1].length
    cdef uint64_t flags = flags_in(base, words, 2, count)
    cdef Table table
    cdef uint64_t* slot
    cdef Entry* e
    cdef char* start
    cdef char* p
    if not flags or flags & ~OF_DELETE:
        return 0
    table = lane.table_for(0, key, n)
    slot = table.find_slot(key, n, h)
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_STRING, lane.clock) or value_length_of(e) > LONG_VALUE:
            return 0
        table.remove_slot(slot, h)
        figures.delete_hits += 1
        lane.figures.changes += 1
    else:
        figures.delete_misses += 1
    figures.cmd_meta += 1
    if slot != NULL and flags & QUIET:
        return 1
    start = reply.reserve(ROOM)
    p = put_text(start, b"HD" if slot != NULL else b"NF", 2)
    p = put_text(put_echoes(p, base, words, 2, count), b"\r\n", 2)
    reply.end += p - start
    return 1
