# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The hot lane of memcached's protocol: its usual requests, from the input buffer to the reply buffer.

lane.pyx says when a lane may answer, and the same holds here: `lane.reads` and `lane.writes` are asked by
the caller. Each function answers one request (`fetch` one key) or returns 0 and has done nothing: what is
due, what is no string, every error and every rare option is for the handlers of dflite.memcached, which
are the specification.
"""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

cimport cython

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.slice cimport Slice
from dflite.native.keyspace.cas cimport WON, cas_of, give_cas, marks_of, renew_cas
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
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

cdef enum:
    LONG_VALUE = 64 * 1024      # longer replies are the handler's, which minds the slow log
    LONGEST_OPAQUE = 32
    MOST_WORDS = 19             # of a meta request
    ROOM = 400                  # bytes that a reply takes at most beside the value: key, numbers, opaque
    A_MONTH = 60 * 60 * 24 * 30

OPERATIONS = {
    "get": GET, "gets": GETS, "gat": GAT, "gats": GATS, "set": SET, "add": ADD, "replace": REPLACE,
    "delete": DELETE, "incr": INCR, "decr": DECR, "touch": TOUCH, "mg": MG, "ms": MS, "md": MD, "mn": MN,
}


@cython.final
cdef class McFigures:
    """What memcached's `stats` counts, for the lane and the handlers together, and its limits."""

    def __init__(self, max_item_size: int = 1024 * 1024):
        self.max_item_size = max_item_size

    def reset(self) -> None:
        """Begin to count anew (`stats reset`)."""
        self.cmd_get = self.cmd_set = self.cmd_flush = self.cmd_touch = self.cmd_meta = 0
        self.get_hits = self.get_misses = self.delete_hits = self.delete_misses = 0
        self.incr_hits = self.incr_misses = self.decr_hits = self.decr_misses = 0
        self.cas_hits = self.cas_misses = self.cas_badval = self.touch_hits = self.touch_misses = 0
        self.store_too_large = self.store_no_memory = self.total_items = 0


# -- words --------------------------------------------------------------------------------------------


cdef bint read_unsigned(const char* text, size_t n, uint64_t most, uint64_t* number) noexcept nogil:
    """A number from 0 to `most` in decimal digits, maybe with a plus."""
    cdef uint64_t sum = 0
    cdef uint64_t digit
    cdef size_t i
    if n > 1 and text[0] == c'+':
        text += 1
        n -= 1
    if n == 0 or n > 20:
        return False
    for i in range(n):
        digit = <uint8_t>text[i] - <uint64_t>48
        if digit > 9 or (i >= 18 and sum > (most - digit) // 10):
            return False
        sum = sum * 10 + digit
    number[0] = sum
    return sum <= most


cdef bint read_int32(const char* text, size_t n, int64_t* number) noexcept nogil:
    cdef bint negative = n > 0 and text[0] == c'-'
    cdef uint64_t size
    if not read_unsigned(text + negative, n - negative, 0x80000000ULL if negative else 0x7FFFFFFFULL, &size):
        return False
    number[0] = -<int64_t>size if negative else <int64_t>size
    return True


cdef bint find_deadline(Lane lane, int64_t exptime, int64_t* deadline) noexcept nogil:
    """Unix ms, -1 for never; False if it has passed already."""
    if exptime == 0:
        deadline[0] = -1
    elif exptime < 0:
        return False
    elif exptime <= A_MONTH:
        deadline[0] = lane.clock.now_ms + exptime * 1000
    else:
        deadline[0] = exptime * 1000
        return deadline[0] > lane.clock.now_ms
    return True


cdef inline bint is_noreply(const char* base, Slice word) noexcept nogil:
    return word.length == 7 and memcmp(base + word.offset, b"noreply", 7) == 0


cdef inline char* put_number(char* p, uint64_t number) noexcept nogil:
    cdef char[24] text
    cdef int i = 24
    if number < 10:
        p[0] = <char>(48 + number)
        return p + 1
    while number:
        i -= 1
        text[i] = <char>(48 + number % 10)
        number //= 10
    memcpy(p, text + i, 24 - i)
    return p + 24 - i


cdef inline int digits_of(uint64_t number) noexcept nogil:
    cdef int digits = 1
    while number > 9:
        number //= 10
        digits += 1
    return digits


cdef inline char* put_text(char* p, const char* text, size_t n) noexcept nogil:
    memcpy(p, text, n)
    return p + n


cdef inline bint is_usable(Lane lane, Entry* e) noexcept nogil:
    """Is it a string that is not due?"""
    return (e.kind & 0x0F) == T_STRING and not (
        e.flags & F_DEADLINE and deadline_of(e) <= lane.clock.due_ms)


# -- the classic requests -------------------------------------------------------------------------------


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
        if not is_usable(lane, e):
            return 0
        length = value_length_of(e)
        if length > LONG_VALUE or (touch and not find_deadline(lane, exptime, &deadline)):
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
    if not find_deadline(lane, exptime, &deadline) or not lane.has_room_for(n + length):
        return 0
    table = lane.table_for(0, key, n)
    e = table.find(key, n, h)
    if e != NULL and not is_usable(lane, e):
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
                or not find_deadline(lane, number, &deadline)):
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
    if not is_usable(lane, e):
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


# -- meta requests --------------------------------------------------------------------------------------


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
    if not is_usable(lane, e) or marks_of(e) or value_length_of(e) > LONG_VALUE:
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
    if not find_deadline(lane, exptime, &deadline):
        return 0
    table = lane.table_for(0, key, n)
    e = table.find(key, n, h)
    if e != NULL and not is_usable(lane, e):
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
        if not is_usable(lane, e) or value_length_of(e) > LONG_VALUE:
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
