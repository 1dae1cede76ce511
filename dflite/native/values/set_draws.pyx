# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Members of a set by chance, whatever its form: drawn, and left or taken out.

Each is about as likely as any other; one that is due is not drawn. Key holds a set, or nothing, and is not due; a
set that loses its last member is removed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.bytesops cimport format_int64
from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport (
    ENC_INTS,
    ENC_OBJECT,
    ENC_PACKED,
    Entry,
    deadline_of,
    free_entry,
    key_length_of,
    key_of,
    slot_entry,
    value_of,
)
from dflite.native.keyspace.index cimport hash_bytes, hash_key
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry, random_below, random_slot
from dflite.native.values.intset cimport integer_at, integer_count
from dflite.native.values.members cimport Members, members_of
from dflite.native.values.packed cimport element_at, element_bytes, reply_element
from dflite.native.values.set_walks cimport living_members
from dflite.native.values.set_walks import members
from dflite.native.values.sets cimport (
    ABSENT,
    REMOVED,
    REMOVED_LAST,
    remove_member,
    take_element,
    take_integer,
)
from dflite.native.values.sets import put
from dflite.native.values.small cimport count_of, end_of, first_of, form_of

cdef enum:
    TRIES = 100             # draws, before it is looked which members are not due
    MOST = 5                # times as many are popped as stay: then it is drawn who stays


# -- places ---------------------------------------------------------------------------------------


cdef inline const char* draw_element(Entry* e) noexcept:
    """A packed element."""
    return element_at(first_of(e), end_of(e), count_of(e), <int64_t>random_below(count_of(e)))


cdef uint64_t* draw_living(Members members, uint64_t* hint) except? NULL:
    """A slot of a member that is not due; `hint` as of `random_slot`. NULL if all are due."""
    cdef uint64_t* slot
    cdef Walk walk
    cdef Entry* e
    cdef int64_t left
    cdef int tries
    for tries in range(TRIES):
        slot = random_slot(members, hint)
        if slot == NULL or not members.is_due(slot_entry(slot[0])):
            return slot
    left = due.count_living(members)
    if left == 0:
        return NULL
    left = <int64_t>random_below(left)
    begin_walk(&walk, members)
    while True:
        e = next_entry(&walk)
        if members.is_due(e):
            continue
        if left == 0:
            break
        left -= 1
    hint[0] = hash_key(key_of(e), key_length_of(e))
    return members.find_slot(key_of(e), key_length_of(e), hint[0])


# -- members that stay ----------------------------------------------------------------------------


cdef bytes draw(Entry* e):
    """A member; None if none is left that is not due."""
    cdef uint64_t* place
    cdef uint64_t hint
    cdef char[24] room
    cdef size_t length
    if form_of(e) == ENC_INTS:
        length = format_int64(integer_at(value_of(e), <int64_t>random_below(integer_count(e))), room)
        return PyBytes_FromStringAndSize(room, length)
    if form_of(e) == ENC_PACKED:
        return element_bytes(draw_element(e))
    place = draw_living(members_of(e), &hint)
    return None if place == NULL else members_of(e).key_bytes(slot_entry(place[0]))


def draw_one(Table table not None, bytes key not None) -> bytes | None:
    """A member by chance, None without one."""
    cdef Entry* e = table.entry_of(key)
    return None if e == NULL else draw(e)


def answer_draws(Table table not None, bytes key not None, size_t count, Reply reply not None) -> None:
    """Answer so many members by chance, the same one perhaps more than once, without an array's head.

    The set has to have members that are not due.
    """
    cdef Entry* e = table.entry_of(key)
    cdef bytes member
    cdef size_t i
    for i in range(count):
        member = draw(e)
        reply.put_bulk(PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))


def sample(Table table not None, bytes key not None, size_t count) -> list[bytes]:
    """So many different members by chance, or all."""
    cdef Entry* e = table.entry_of(key)
    cdef size_t i, place, n
    cdef list found
    cdef dict seen
    if e == NULL:
        return []
    n = living_members(e)
    if count >= n or count * 3 > n or form_of(e) != ENC_OBJECT:
        found = members(table, key)
        if count >= n:
            return found
        for i in range(count):
            place = i + random_below(n - i)
            found[i], found[place] = found[place], found[i]
        del found[count:]
        return found
    seen = {}
    while <size_t>len(seen) < count:
        seen[draw(e)] = True
    return list(seen)


# -- members that go ------------------------------------------------------------------------------


cdef int pop_member(Table table, uint64_t* slot, uint64_t h, Reply reply) except -1:
    """Take a member out and answer it as a bulk string: REMOVED or REMOVED_LAST.

    ABSENT, and no answer, if there is none that is not due.
    """
    cdef Entry* e = slot_entry(slot[0])
    cdef Members members
    cdef uint64_t* place
    cdef uint64_t hint
    cdef const char* p
    cdef char[24] room
    cdef int64_t index
    if form_of(e) == ENC_INTS:
        index = <int64_t>random_below(integer_count(e))
        reply.put_bulk(room, format_int64(integer_at(value_of(e), index), room))
        return take_integer(table, slot, h, index)
    if form_of(e) == ENC_PACKED:
        p = draw_element(e)
        reply_element(reply, p)
        return take_element(table, slot, h, p)
    members = members_of(e)
    place = draw_living(members, &hint)
    if place == NULL:
        return ABSENT
    reply.put_bulk(key_of(slot_entry(place[0])), key_length_of(slot_entry(place[0])))
    free_entry(members.unlink(place, hint))
    members.account()
    table.use(e)
    if members.count == 0:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    return REMOVED


def pop(Table table not None, bytes key not None, Reply reply not None) -> bool:
    """Take a member out by chance and answer it as a bulk string; False, and no answer, without one."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    return slot != NULL and pop_member(table, slot, h, reply) != ABSENT


def pop_many(Table table not None, bytes key not None, size_t count) -> list[bytes]:
    """Take so many members out by chance.

    If few are to stay, those are drawn instead, and what stays is a small set again where it may be.
    """
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef list popped, staying
    cdef Entry* e
    cdef int64_t left
    cdef int was
    if slot == NULL or count == 0:
        return []
    e = slot_entry(slot[0])
    left = living_members(e) - <int64_t>count
    if left <= 0:
        popped = members(table, key)
        table.remove_slot(slot, h)
        return popped
    was = form_of(e)
    if left * MOST <= <int64_t>count and (was != ENC_OBJECT or members_of(e).expiring_count == 0):
        staying = sample(table, key, left)
        take_out(table, slot, h, staying)
        popped = members(table, key)
        put(table, key, staying, ENC_INTS if was == ENC_INTS else ENC_PACKED,
            deadline_of(slot_entry(slot[0])))
        return popped
    popped = sample(table, key, count)
    take_out(table, slot, h, popped)
    return popped


cdef int take_out(Table table, uint64_t* slot, uint64_t h, list gone) except -1:
    cdef bytes member
    for member in gone:
        remove_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
    return 0
