# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane of memcached's protocol: its classic requests, from the input buffer to the reply buffer.

wire/lane.pyx says when a lane may answer, and the same holds here: `lane.reads` and `lane.writes` are asked
by the caller. Each function answers one request (`fetch` one key) or returns 0 and has done nothing: what is
due, what is no string, every error and every rare option is for the handlers of dflite.memcached, which
are the specification.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.cas cimport cas_of, give_cas, marks_of, renew_cas
from dflite.native.keyspace.due cimport is_usable
from dflite.native.keyspace.entry cimport (
    ENC_INT,
    F_FETCHED,
    T_STRING,
    Entry,
    integer_of,
    mc_flags_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.table cimport Table
from dflite.native.memcached.mc_figures cimport McFigures
from dflite.native.memcached.mc_text cimport (
    digits_of,
    find_deadline,
    is_noreply,
    put_number,
    put_text,
    read_int32,
    read_unsigned,
)
from dflite.native.memcached.mc_verbs cimport DECR, DELETE, GAT, GATS, GETS, INCR, REPLACE, SET, TOUCH
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.operations cimport LONG_VALUE
from dflite.native.wire.reply cimport Reply

cdef enum:
    ROOM = 400      # bytes that a reply takes at most beside the value: key and numbers


cdef int fetch(Lane lane, McFigures figures, int verb, const char* key, size_t n, uint64_t h,
               int64_t exptime, Reply reply) except -1:
    """One key of get, gets, gat, gats."""
    cdef Table table = lane.table_for(0, key, n)
    cdef uint64_t* slot = table.find_slot(key, n, h)
    cdef Entry* e = NULL
    cdef char* start
    cdef char* p
    cdef char[24] text
    cdef const char* value
    cdef size_t length
    cdef int64_t deadline
    cdef bint touch = verb >= GAT
    if slot != NULL:
        e = slot_entry(slot[0])
        if not is_usable(e, T_STRING, lane.clock):
            return 0
        length = value_length_of(e)
        if length > LONG_VALUE or (touch and not find_deadline(lane.clock, exptime, &deadline)):
            return 0
    figures.cmd_touch += touch
    figures.cmd_get += not touch
    if e == NULL:
        figures.get_misses += not touch
        figures.touch_misses += touch
        lane.figures.misses += 1
        return 1
    if touch:
        table.set_deadline_at(slot, h, deadline)
        lane.figures.changes += 1
        figures.touch_hits += 1
    e = give_cas(table, slot, h) if verb == GETS or verb == GATS else slot_entry(slot[0])
    if (e.kind & 0xF0) == ENC_INT:
        length = format_int64(integer_of(e), text)
        value = text
    else:
        value = value_of(e)
    start = p = reply.reserve(length + ROOM)
    p = put_text(p, b"VALUE ", 6)
    p = put_text(p, key, n)
    p[0] = c' '
    p = put_number(p + 1, mc_flags_of(e))
    p[0] = c' '
    p = put_number(p + 1, length)
    if verb == GETS or verb == GATS:
        p[0] = c' '
        p = put_number(p + 1, cas_of(e))
    p = put_text(p, b"\r\n", 2)
    p = put_text(p, value, length)
    p = put_text(p, b"\r\n", 2)
    reply.end += p - start
    table.use(e)
    e.flags |= F_FETCHED
    figures.get_hits += not touch
    lane.figures.hits += 1
    return 1


cdef int store(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
               uint64_t h, size_t block, size_t length, uint32_t flags, int64_t exptime,
               Reply reply) except -1:
    """set, add, replace."""
    cdef const char* key = base + words[1].offset
    cdef size_t n = words[1].length
    cdef Table table
    cdef Entry* e
    cdef int64_t deadline
    cdef bint quiet = count == 6 and is_noreply(base, words[5])
    if not find_deadline(lane.clock, exptime, &deadline) or not lane.has_room_for(n + length):
        return 0
    table = lane.table_for(0, key, n)
    e = table.find(key, n, h)
    if e != NULL and not is_usable(e, T_STRING, lane.clock):
        return 0
    figures.cmd_set += 1
    if verb != SET and (e == NULL) == (verb == REPLACE):
        if e != NULL:
            table.use(e)
        if not quiet:
            reply.put(b"NOT_STORED\r\n", 12)
        return 1
    table.put_string(key, n, h, base + block, length, deadline, flags)
    figures.total_items += 1
    lane.figures.changes += 1
    if not quiet:
        reply.put(b"STORED\r\n", 8)
    return 1


cdef int change(Lane lane, McFigures figures, int verb, const char* base, Slice* words, size_t count,
                uint64_t h, Reply reply) except -1:
    """delete, incr, decr, touch."""
    cdef const char* key = base + words[1].offset
    cdef size_t n = words[1].length
    cdef size_t usual = 2 if verb == DELETE else 3
    cdef bint quiet = count == usual + 1 and is_noreply(base, words[usual])
    cdef Table table
    cdef uint64_t* slot
    cdef Entry* e
    cdef uint64_t delta = 0
    cdef int64_t number = 0, deadline = -1
    cdef char* start
    cdef char* p
    if count != usual + quiet:
        return 0
    if verb == TOUCH:
        if (not read_int32(base + words[2].offset, words[2].length, &number)
                or not find_deadline(lane.clock, number, &deadline)):
            return 0
    elif verb != DELETE:
        if (not read_unsigned(base + words[2].offset, words[2].length, 0x7FFFFFFFFFFFFFFFULL, &delta)
                or not lane.has_room_for(n)):
            return 0
    table = lane.table_for(0, key, n)
    slot = table.find_slot(key, n, h)
    if slot == NULL:
        if verb == DELETE:
            figures.delete_misses += 1
        elif verb == INCR:
            figures.incr_misses += 1
        elif verb == DECR:
            figures.decr_misses += 1
        else:
            figures.cmd_touch += 1
            figures.touch_misses += 1
        if not quiet:
            reply.put(b"NOT_FOUND\r\n", 11)
        return 1
    e = slot_entry(slot[0])
    if not is_usable(e, T_STRING, lane.clock):
        return 0
    if verb == DELETE:
        if value_length_of(e) > LONG_VALUE:
            return 0
        table.remove_slot(slot, h)
        figures.delete_hits += 1
        if not quiet:
            reply.put(b"DELETED\r\n", 9)
    elif verb == TOUCH:
        table.set_deadline_at(slot, h, deadline)
        e = slot_entry(slot[0])
        table.use(e)
        e.flags |= F_FETCHED
        figures.cmd_touch += 1
        figures.touch_hits += 1
        if not quiet:
            reply.put(b"TOUCHED\r\n", 9)
    else:
        if (e.kind & 0xF0) != ENC_INT:
            return 0
        number = integer_of(e)
        if number < 0 or marks_of(e):
            return 0
        if verb == INCR:
            if <uint64_t>number + delta > 0x7FFFFFFFFFFFFFFFULL:
                return 0
            if digits_of(<uint64_t>number) < digits_of(<uint64_t>number + delta):
                e.flags &= ~F_FETCHED       # memcached counts in place only where there is room
            number += <int64_t>delta
            figures.incr_hits += 1
        else:
            number = number - <int64_t>delta if <uint64_t>number > delta else 0
            figures.decr_hits += 1
        if table.cut is not None:
            table.before_change(h)
        memcpy(value_of(e), &number, 8)
        renew_cas(e)
        table.use(e)
        if not quiet:
            start = reply.reserve(32)
            p = put_text(put_number(start, <uint64_t>number), b"\r\n", 2)
            reply.end += p - start
    lane.figures.changes += 1
    return 1
