# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is due in an index, found without walking what is not.

A segment knows a lower bound of its deadlines, so only those that may have something are looked into.
Looking into one means to fetch each entry that has a deadline, so entries are asked for some ahead.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from dflite.native.base.clock cimport microseconds
from dflite.native.keyspace.directory cimport next_segment, segment_for
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    slot_entry,
)
from dflite.native.keyspace.index cimport Index, hash_of
from dflite.native.keyspace.segment cimport HAS_DEADLINE, MAX_BUCKETS, NEVER, SLOTS, Segment, after_prefix

cdef enum:
    PASSED_OVER = 64        # segments with nothing due that cost a sweep as much as one with
    AHEAD = 16              # slots between the entry that is looked at and the one that is asked for
    MOST = MAX_BUCKETS * SLOTS


cdef int64_t count_living(Index index) noexcept nogil:
    """Entries that are not due."""
    cdef int64_t n = <int64_t>index.count
    cdef size_t place = 0, i
    cdef Segment* s = next_segment(&index.directory, &place)
    if index.expiring_count == 0 or index.next_due > index.clock.due_ms:
        return n
    while s != NULL:
        if s.next_deadline <= index.clock.due_ms:
            for i in range(<size_t>s.buckets * SLOTS):
                if s.slots[i] & HAS_DEADLINE:
                    n -= index.is_due(slot_entry(s.slots[i]))
        s = next_segment(&index.directory, &place)
    return n


cdef tuple due_keys(Index index, size_t limit, size_t segments):
    """(keys, more): at most `limit` keys whose deadline has passed, from at most `segments` segments.

    Goes on where the last call ended, by hash, so that growing and shrinking in between lose nothing;
    `more` is False once the whole table has been walked. What is returned is to be deleted: a segment
    with more than `limit` due keys is looked at again.
    """
    cdef list keys = []
    cdef size_t i, left = segments * PASSED_OVER
    cdef Segment* s
    cdef Entry* e
    cdef int64_t soonest, deadline, now = index.clock.due_ms
    if index.directory.places == NULL or index.next_due > now:
        return keys, False
    while left > 0 and <size_t>len(keys) < limit:
        s = segment_for(&index.directory, index.sweep_at)
        if s.expiring == 0:
            s.next_deadline = NEVER
        if s.next_deadline <= now:
            left -= PASSED_OVER if left > PASSED_OVER else left
            soonest = NEVER
            for i in range(<size_t>s.buckets * SLOTS):
                if s.slots[i] & HAS_DEADLINE:
                    e = slot_entry(s.slots[i])
                    deadline = deadline_of(e)
                    if deadline <= now:
                        if <size_t>len(keys) >= limit:
                            return keys, True
                        keys.append(index.key_bytes(e))
                    if deadline < soonest:
                        soonest = deadline
            s.next_deadline = soonest
        else:
            left -= 1
        if s.next_deadline < index.sweep_soonest:
            index.sweep_soonest = s.next_deadline
        index.sweep_at = after_prefix(index.sweep_at, s.depth)
        if index.sweep_at == 0:
            index.next_due = index.sweep_soonest
            index.sweep_soonest = NEVER
            return keys, False
    return keys, True


cdef tuple expire_due(Index index, size_t limit, int64_t budget_us, bint seen):
    """(how many, keys, more): remove entries whose deadline has passed, for so many microseconds.

    It goes on where the last call ended, as `due_keys` does; `more` is False once the whole table has been
    walked. `keys` is None unless they shall be `seen`. `index.sweep_looked` counts what it looks at.
    """
    cdef list keys = [] if seen else None
    cdef size_t gone = 0
    cdef int64_t end, soonest
    cdef uint32_t depth
    cdef int until_clock = PASSED_OVER
    cdef Segment* s
    if index.directory.places == NULL or index.next_due > index.clock.now_ms:
        return 0, keys, False
    end = microseconds() + budget_us
    while True:
        s = segment_for(&index.directory, index.sweep_at)
        depth = s.depth
        if s.expiring == 0:
            s.next_deadline = NEVER
        soonest = s.next_deadline
        until_clock -= 1
        if soonest <= index.clock.now_ms:
            index.sweep_looked += s.expiring
            soonest = expire_in(index, s, limit, &gone, keys)
            if soonest < 0:
                return gone, keys, True
            until_clock = 0
        if soonest < index.sweep_soonest:
            index.sweep_soonest = soonest
        index.sweep_at = after_prefix(index.sweep_at, depth)
        if index.sweep_at == 0:
            index.next_due = index.sweep_soonest
            index.sweep_soonest = NEVER
            return gone, keys, False
        if until_clock <= 0:
            until_clock = PASSED_OVER
            if microseconds() >= end:
                return gone, keys, True


cdef int64_t expire_in(Index index, Segment* s, size_t limit, size_t* gone, list keys) except -2:
    """Remove what is due in a segment; the soonest deadline of the rest, -1 if not all could go."""
    cdef Entry* found[MOST]
    cdef Entry* e
    cdef size_t n = 0, i, room = <size_t>s.buckets * SLOTS
    cdef int64_t soonest = NEVER, deadline, now = index.clock.now_ms
    cdef bint whole = True
    cdef uint64_t h
    for i in range(min(<size_t>AHEAD, room)):
        if s.slots[i] & HAS_DEADLINE:
            DFLITE_PREFETCH(slot_entry(s.slots[i]))
    for i in range(room):
        if i + AHEAD < room and s.slots[i + AHEAD] & HAS_DEADLINE:
            DFLITE_PREFETCH(slot_entry(s.slots[i + AHEAD]))
        if not s.slots[i] & HAS_DEADLINE:
            continue
        e = slot_entry(s.slots[i])
        deadline = deadline_of(e)
        if deadline > now:
            soonest = min(soonest, deadline)
        elif n == MOST or gone[0] + n >= limit:
            whole = False
            break
        else:
            found[n] = e
            n += 1
    if whole:
        s.next_deadline = soonest
    for i in range(n):      # from here on `s` may be another one
        e = found[i]
        if keys is not None:
            keys.append(index.key_bytes(e))
        h = hash_of(e)
        index.remove_slot(index.find_slot(key_of(e), key_length_of(e), h), h)
    gone[0] += n
    return soonest if whole else -1
