# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sorted sets at keys: adding, asking, removing, popping, in whatever form they are.

Up to `zset-max-listpack-entries` members of at most `zset-max-listpack-value` bytes they are packed in the
keyspace's entry (packed_zset.pyx); beyond that they are a SortedSet, and stay one. Nothing here looks at
deadlines or at the type of what is at a key: the callers have done so.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.math cimport isnan
from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.floattext cimport parse_double
from dflite.native.keyspace.entry cimport (
    ENC_PACKED,
    T_ZSET,
    Entry,
    key_length_of,
    key_of,
    slot_entry,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.sorted_sets.ordered cimport Path, find_rank
from dflite.native.sorted_sets.packed_zset cimport (
    drop_pairs,
    find_pair,
    pair_of_rank,
    put_pair,
    score_at,
    set_pair,
)
from dflite.native.sorted_sets.scored cimport score_of
from dflite.native.sorted_sets.sortedset cimport SortedSet
from dflite.native.values.packed cimport (
    Element,
    after,
    before,
    read_element,
    text_of,
)
from dflite.native.values.small cimport (
    COUNT_BYTES,
    become_object,
    count_of,
    first_of,
    new_small,
    object_of,
    set_count,
)
from dflite.native.values.thresholds cimport zset_max_listpack_entries, zset_max_listpack_value
from dflite.native.wire.reply cimport Reply

IF_ABSENT = NX
IF_PRESENT = XX
IF_GREATER = GT
IF_LESS = LT
INCREMENT = INCR
DONE_ADDED = ADDED
DONE_UPDATED = UPDATED
DONE_REFUSED = REFUSED
DONE_NO_NUMBER = NO_NUMBER
SHAPE_MEMBERS = MEMBERS
SHAPE_SCORES = WITH_SCORES
SHAPE_FLAT = FLAT
SHAPE_PAIRS = PAIRS
SHAPE_BARE = BARE


cdef bint is_packed(Entry* e) noexcept nogil:
    return (e.kind & 0xF0) == ENC_PACKED


cdef SortedSet large(Entry* e):
    return <SortedSet>object_of(e)


cdef int64_t size_of(Entry* e) noexcept:
    """How many members."""
    if e == NULL:
        return 0
    return count_of(e) if is_packed(e) else <int64_t>large(e).count


# -- asking ----------------------------------------------------------------------------------------


cdef bint get_score(Entry* e, const char* member, size_t n, double* score) noexcept:
    """A member's score; False if it is not there."""
    cdef const char* p
    cdef Entry* found
    if e == NULL:
        return False
    if is_packed(e):
        p = find_pair(e, member, n)
        if p == NULL:
            return False
        score[0] = score_at(p)
        return True
    found = large(e).find(member, n, hash_key(member, n))
    if found == NULL:
        return False
    score[0] = score_of(found)
    return True


cdef int64_t get_rank(Entry* e, const char* member, size_t n, bint reverse, double* score) noexcept:
    """How many members stand before this one (or behind it); -1 if it is not there."""
    cdef const char* p
    cdef const char* at
    cdef Entry* found
    cdef SortedSet zset
    cdef int64_t rank = 0
    if e == NULL:
        return -1
    if is_packed(e):
        p = find_pair(e, member, n)
        if p == NULL:
            return -1
        score[0] = score_at(p)
        at = first_of(e)
        while at < p:
            at = after(after(at))
            rank += 1
        return count_of(e) - 1 - rank if reverse else rank
    zset = large(e)
    found = zset.find(member, n, hash_key(member, n))
    if found == NULL:
        return -1
    score[0] = score_of(found)
    rank = <int64_t>zset.rank_of(found)
    return <int64_t>zset.count - 1 - rank if reverse else rank


cdef void go_to(Place* place, Entry* e, int64_t rank, bint backwards) noexcept:
    """Stand before the member of that rank, which must be there."""
    cdef Path path
    place.backwards = backwards
    if is_packed(e):
        place.leaf = NULL
        place.p = pair_of_rank(e, rank + 1 if backwards else rank)
    else:
        find_rank(&large(e).tree, <size_t>rank, &path)
        place.leaf = path.leaf
        place.at = path.at


cdef void read_place(Place* place) noexcept nogil:
    """The next member with its score; there must be one."""
    cdef Element number
    cdef Entry* e
    cdef const char* score
    if place.leaf == NULL:
        if place.backwards:
            score = before(place.p)
            place.p = before(score)
            place.length = text_of(place.p, place.room, &place.member)
        else:
            place.length = text_of(place.p, place.room, &place.member)
            score = after(place.p)
            place.p = after(score)
        read_element(score, &number)
        place.score = number.value
        return
    e = place.leaf.entries[place.at]
    place.member = key_of(e)
    place.length = key_length_of(e)
    place.score = score_of(e)
    if place.backwards:
        place.at -= 1
        if place.at < 0 and place.leaf.prev != NULL:
            place.leaf = place.leaf.prev
            place.at = place.leaf.count - 1
    else:
        place.at += 1
        if place.at == place.leaf.count and place.leaf.next != NULL:
            place.leaf = place.leaf.next
            place.at = 0


# -- changing --------------------------------------------------------------------------------------


cdef uint64_t* make_ready(Table table, const char* key, size_t key_length, uint64_t h, uint64_t* slot,
                          int64_t members, size_t longest, int how) except? NULL:
    """A sorted set in the form for that many more members of at most that length; its slot.

    NULL where none is to be made. As in Redis the form follows from the request, even if nothing is
    added in the end.
    """
    if slot == NULL:
        if how & XX:
            return NULL
        slot = new_small(table, key, key_length, h, T_ZSET | ENC_PACKED, COUNT_BYTES, -1)
        set_count(slot_entry(slot[0]), 0)
    if ((members > zset_max_listpack_entries or <int64_t>longest > zset_max_listpack_value)
            and is_packed(slot_entry(slot[0]))):
        unpack(table, slot, h)
    return slot


cdef int unpack(Table table, uint64_t* slot, uint64_t h) except -1:
    """Make a SortedSet of packed members."""
    cdef SortedSet zset = SortedSet(table.clock)
    cdef Place place
    cdef int64_t i
    go_to(&place, slot_entry(slot[0]), 0, False)
    for i in range(count_of(slot_entry(slot[0]))):
        read_place(&place)
        zset.add_last(place.member, place.length, hash_key(place.member, place.length), place.score)
    zset.account()
    become_object(table, slot, h, zset)
    return 0


cdef int add_one(Table table, const char* key, size_t key_length, uint64_t h, uint64_t* slot,
                 const char* member, size_t n, double* score, int how) except -1:
    """Set a member's score, or add to it, if the conditions hold; what came of it.

    `score` is the member's afterwards.
    """
    slot = make_ready(table, key, key_length, h, slot, 1, n, how)
    if slot == NULL:
        return REFUSED
    return add_to(table, h, slot, member, n, score, how)


cdef int add_to(Table table, uint64_t h, uint64_t* slot, const char* member, size_t n,
                double* score, int how) except -1:
    cdef Entry* e = slot_entry(slot[0])
    cdef SortedSet zset
    cdef const char* p
    cdef uint64_t* place
    cdef uint64_t member_hash
    cdef double current
    cdef int done
    if is_packed(e):
        p = find_pair(e, member, n)
        if p != NULL:
            current = score_at(p)
            done = new_score(current, score, how)
            if done == UPDATED:
                set_pair(table, slot, h, p - value_of(e), score[0])
            return done
        if how & XX:
            return REFUSED
        if count_of(e) < zset_max_listpack_entries:
            put_pair(table, slot, h, member, n, score[0])
            return ADDED
        unpack(table, slot, h)
        e = slot_entry(slot[0])
    zset = large(e)
    table.use(e)
    member_hash = hash_key(member, n)
    place = zset.find_slot(member, n, member_hash)
    if place == NULL:
        if how & XX:
            return REFUSED
        zset.add(member, n, member_hash, score[0])
        done = ADDED
    else:
        done = new_score(score_of(slot_entry(place[0])), score, how)
        if done != UPDATED:
            return done
        zset.set_score(place, member_hash, score[0])
    zset.account()
    return done


cdef int new_score(double current, double* score, int how) noexcept nogil:
    """The score that a member gets which is there; 0 if it has it already."""
    if how & NX:
        return REFUSED
    if how & INCR:
        score[0] += current
        if isnan(score[0]):
            return NO_NUMBER
    if (how & LT and score[0] >= current) or (how & GT and score[0] <= current):
        return REFUSED
    return UPDATED if score[0] != current else 0


cdef int remove_one(Table table, uint64_t h, uint64_t* slot, const char* member, size_t n) except -1:
    """Remove a member; 1 if it was there."""
    cdef Entry* e = slot_entry(slot[0])
    cdef SortedSet zset
    cdef uint64_t* place
    cdef uint64_t member_hash
    cdef const char* p
    if is_packed(e):
        p = find_pair(e, member, n)
        if p == NULL:
            return 0
        if count_of(e) == 1:
            table.remove_slot(slot, h)
        else:
            drop_pairs(table, slot, h, p - value_of(e), 1)
        return 1
    zset = large(e)
    member_hash = hash_key(member, n)
    place = zset.find_slot(member, n, member_hash)
    if place == NULL:
        return 0
    table.use(e)
    zset.drop(place, member_hash)
    zset.account()
    if zset.count == 0:
        table.remove_slot(slot, h)
    return 1


cdef int remove_range(Table table, uint64_t h, uint64_t* slot, int64_t first, int64_t count) except -1:
    """Remove `count` members from that rank on, which must be there."""
    cdef Entry* e = slot_entry(slot[0])
    cdef SortedSet zset
    if count == size_of(e):
        table.remove_slot(slot, h)
    elif is_packed(e):
        drop_pairs(table, slot, h, pair_of_rank(e, first) - value_of(e), count)
    else:
        zset = large(e)
        table.use(e)
        zset.drop_ranks(<size_t>first, <size_t>count)
        zset.account()
    return 0


# -- answering -------------------------------------------------------------------------------------


cdef int reply_range(Entry* e, Reply reply, int64_t first, int64_t count, bint reverse,
                     int shape) except -1:
    """An array of `count` members, the first that of rank `first`, reversed going down from there."""
    cdef Place place
    cdef int64_t i
    if shape == WITH_SCORES:
        shape = PAIRS if reply.resp3 else FLAT
    if shape != BARE:
        reply.put_head(42, 2 * count if shape == FLAT else count)
    if count == 0:
        return 0
    go_to(&place, e, first, reverse)
    for i in range(count):
        read_place(&place)
        if shape == PAIRS:
            reply.put(b"*2\r\n", 4)
        reply.put_bulk(place.member, place.length)
        if shape != MEMBERS:
            reply.put_double(place.score)
    return 0


cdef int reply_slice(Entry* e, Reply reply, int64_t start, int64_t stop, bint reverse,
                     int shape) except -1:
    """As `reply_range` from one rank to another, both included; negatives are from the end."""
    cdef int64_t size = size_of(e)
    if start < 0:
        start = max(start + size, <int64_t>0)
    if stop < 0:
        stop += size
    stop = min(stop, size - 1)
    if start > stop:
        return reply_range(NULL, reply, 0, 0, False, shape)
    return reply_range(e, reply, size - 1 - start if reverse else start, stop - start + 1, reverse, shape)


cdef int pop_into(Table table, uint64_t h, uint64_t* slot, int64_t count, bint highest, Reply reply,
                  int shape) except -1:
    """Answer the first `count` members (or the last, backwards), which there must be; remove them."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t size = size_of(e)
    reply_range(e, reply, size - 1 if highest else 0, count, highest, shape)
    if count > 0:
        remove_range(table, h, slot, size - count if highest else 0, count)
    return 0


# -- from Python -----------------------------------------------------------------------------------


def size(Table table not None, bytes key not None) -> int:
    """How many members; 0 without such a key."""
    return size_of(table.entry_of(key))


def score(Table table not None, bytes key not None, bytes member not None):
    """A member's score; None if it is not there."""
    cdef double found
    if get_score(table.entry_of(key), PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), &found):
        return found
    return None


def reply_scores(Table table not None, bytes key not None, list members not None,
                 Reply reply not None) -> None:
    """Answer an array of the members' scores, null where there is none."""
    cdef Entry* e = table.entry_of(key)
    cdef double found
    reply.put_head(42, len(members))
    for member in members:
        if get_score(e, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), &found):
            reply.put_double(found)
        else:
            reply.put_null()


def rank(Table table not None, bytes key not None, bytes member not None, bint reverse=False):
    """(rank, score) of a member; the rank is -1 if it is not there."""
    cdef double found = 0
    cdef int64_t place = get_rank(table.entry_of(key), PyBytes_AS_STRING(member),
                                  PyBytes_GET_SIZE(member), reverse, &found)
    return place, found


def read_scores(list argv not None, Py_ssize_t at):
    """The scores in every second word from `at` on; None if one is none."""
    cdef list scores = []
    cdef double number
    cdef bytes word
    while at < len(argv):
        word = <bytes>argv[at]
        if not parse_double(PyBytes_AS_STRING(word), PyBytes_GET_SIZE(word), &number):
            return None
        scores.append(number)
        at += 2
    return scores


def add(Table table not None, bytes key not None, list scores not None, list members not None,
        int how=0):
    """Set the scores of members under conditions; (added, updated, outcome and score of the last)."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key)
    cdef uint64_t h = hash_key(name, n)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    cdef int64_t added = 0, updated = 0
    cdef int done = REFUSED
    cdef double number = 0
    cdef bytes member
    cdef size_t longest = 0
    cdef Py_ssize_t i
    for member in members:
        longest = max(longest, <size_t>PyBytes_GET_SIZE(member))
    slot = make_ready(table, name, n, h, slot, len(members), longest, how)
    if slot == NULL:
        return 0, 0, REFUSED, 0.0
    for i in range(len(members)):
        member = <bytes>members[i]
        number = scores[i]
        done = add_to(table, h, slot, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), &number, how)
        added += done == ADDED
        updated += done == UPDATED
    return added, updated, done, number


def remove(Table table not None, bytes key not None, list members not None) -> int:
    """Remove members; how many there were. The key goes with the last one."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key)
    cdef uint64_t h = hash_key(name, n)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    cdef int64_t removed = 0, left
    if slot == NULL:
        return 0
    left = size_of(slot_entry(slot[0]))
    for member in members:
        if left == 0:
            break
        if remove_one(table, h, slot, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member)):
            removed += 1
            left -= 1
    return removed


def pop(Table table not None, bytes key not None, int64_t count, bint highest, Reply reply not None,
        int shape) -> int:
    """Answer at most `count` members from one end and remove them; how many were left."""
    cdef const char* name = PyBytes_AS_STRING(key)
    cdef size_t n = PyBytes_GET_SIZE(key)
    cdef uint64_t h = hash_key(name, n)
    cdef uint64_t* slot = table.find_slot(name, n, h)
    cdef int64_t size = 0 if slot == NULL else size_of(slot_entry(slot[0]))
    count = min(max(count, <int64_t>0), size)
    if count == 0:
        reply_range(NULL, reply, 0, 0, False, shape)
    else:
        pop_into(table, h, slot, count, highest, reply, shape)
    return size - count
