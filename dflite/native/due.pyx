# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What is due in an index, found without walking what is not.

A segment knows a lower bound of its deadlines, so only those that may have something are looked into.
"""

from libc.stdint cimport int64_t

from dflite.native.entry cimport Entry, deadline_of, slot_entry
from dflite.native.index cimport Index
from dflite.native.segment cimport HAS_DEADLINE, NEVER, SLOTS, Segment, after_prefix

cdef enum:
    PASSED_OVER = 64        # segments with nothing due that cost a sweep as much as one with


cdef int64_t count_living(Index index) noexcept nogil:
    """Entries that are not due."""
    cdef int64_t n = <int64_t>index.count
    cdef size_t place = 0, i
    cdef Segment* s
    if index.expiring_count == 0 or index.next_due > index.clock.due_ms:
        return n
    while place < <size_t>1 << index.depth:
        s = index.directory[place]
        if s.next_deadline <= index.clock.due_ms:
            for i in range(<size_t>s.buckets * SLOTS):
                if s.slots[i] & HAS_DEADLINE:
                    n -= index.is_due(slot_entry(s.slots[i]))
        place += <size_t>1 << (index.depth - s.depth)
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
    if index.directory == NULL or index.next_due > now:
        return keys, False
    while left > 0 and <size_t>len(keys) < limit:
        s = index.segment_for(index.sweep_at)
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
