# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Sets: what can be done to the one at a key, be it integers or packed elements in the table's entry, or `Members`.

A set begins as integers in order if its first member is one, else as packed elements in order of arrival.
Too many members, or too long a one, make it a `Members`; it never goes back, but for what is left of a
large one after most was popped. Callers have made sure that key holds a set, or nothing, and is not due;
a set that loses its last member is removed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport format_int64, glob_match, parse_int64
from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport (
    ENC_INTS,
    ENC_OBJECT,
    ENC_PACKED,
    T_SET,
    Entry,
    deadline_of,
    free_entry,
    key_length_of,
    key_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport begin_walk, next_entry, random_below, random_slot, scan_keys
from dflite.native.values cimport thresholds
from dflite.native.values.intset cimport (
    WIDTH_BYTES,
    add_integer,
    find_integer,
    integer_at,
    integer_count,
    remove_integer_at,
    width_for,
    write_integer,
)
from dflite.native.values.members cimport Members
from dflite.native.values.packed cimport (
    Encoded,
    after,
    element_at,
    encode,
    encode_integer,
    find_element,
    text_of,
    write_element,
)
from dflite.native.values.small cimport (
    COUNT_BYTES,
    become_object,
    count_of,
    end_of,
    first_of,
    new_small,
    object_of,
    set_count,
    splice,
)
from dflite.native.wire.reply cimport Reply

cdef enum:
    TRIES = 100             # draws, before it is looked which members are not due
    MOST = 5                # times as many are popped as stay: then it is drawn who stays

INTEGERS = ENC_INTS
PACKED = ENC_PACKED
LARGE = ENC_OBJECT


cdef inline int form_of(Entry* e) noexcept nogil:
    return e.kind & 0xF0


cdef inline Members members_of(Entry* e):
    return <Members>object_of(e)


# -- all members ----------------------------------------------------------------------------------


cdef void begin_tour(Tour* tour, Table table, Entry* e) noexcept:
    """Stand before the first member of the set."""
    tour.form = form_of(e)
    tour.at = 0
    if tour.form == ENC_INTS:
        tour.p = value_of(e)
        tour.count = integer_count(e)
    elif tour.form == ENC_PACKED:
        tour.p = first_of(e)
        tour.end = end_of(e)
    else:
        tour.now = table.clock.due_ms
        begin_walk(&tour.walk, members_of(e))


cdef bint next_member(Tour* tour) noexcept nogil:
    """Go to the next member, which `data` and `length` then lead to; False behind the last."""
    cdef Entry* e
    if tour.form == ENC_INTS:
        if tour.at == tour.count:
            return False
        tour.length = format_int64(integer_at(tour.p, tour.at), tour.room)
        tour.data = tour.room
        tour.at += 1
        return True
    if tour.form == ENC_PACKED:
        if tour.p == tour.end:
            return False
        tour.length = text_of(tour.p, tour.room, &tour.data)
        tour.p = after(tour.p)
        return True
    while True:
        e = next_entry(&tour.walk)
        if e == NULL:
            return False
        if deadline_of(e) < 0 or deadline_of(e) > tour.now:
            tour.data = key_of(e)
            tour.length = key_length_of(e)
            return True


cdef int64_t count_of_set(Entry* e) noexcept:
    """Members, those counted that are due. O(1)."""
    if form_of(e) == ENC_INTS:
        return integer_count(e)
    if form_of(e) == ENC_PACKED:
        return count_of(e)
    return <int64_t>members_of(e).count


cdef int64_t living_of_set(Entry* e) noexcept:
    """Members that are not due."""
    return due.count_living(members_of(e)) if form_of(e) == ENC_OBJECT else count_of_set(e)


cdef bint has_member(Entry* e, const char* member, size_t length) noexcept:
    """Is the member in the set, and not due?"""
    cdef Encoded wanted
    cdef int64_t number, index
    if form_of(e) == ENC_INTS:
        return (parse_int64(member, length, &number)
                and find_integer(value_of(e), integer_count(e), number, &index))
    if form_of(e) == ENC_PACKED:
        encode(&wanted, member, length)
        return find_element(first_of(e), end_of(e), &wanted, 1) != NULL
    return members_of(e).has(member, length)


cdef int reply_members(Table table, Entry* e, Reply reply) except -1:
    """Answer all members as a set."""
    cdef Tour tour
    reply.set(living_of_set(e))
    begin_tour(&tour, table, e)
    while next_member(&tour):
        reply.put_bulk(tour.data, tour.length)
    return 0


# -- forms ----------------------------------------------------------------------------------------


cdef int become_members(Table table, uint64_t* slot, uint64_t h) except -1:
    """Let the small set become a large one."""
    cdef Members members = Members(table.clock)
    cdef Tour tour
    begin_tour(&tour, table, slot_entry(slot[0]))
    while next_member(&tour):
        members.add(tour.data, tour.length, -1)
    become_object(table, slot, h, members)
    return 0


cdef int become_packed(Table table, uint64_t* slot, uint64_t h) except -1:
    """Let the integers become packed elements."""
    cdef Entry* e = slot_entry(slot[0])
    cdef int64_t i, count = integer_count(e)
    cdef Encoded element
    cdef char* blob = <char*>malloc(max(count * 10, 1))
    cdef char* p = blob
    cdef char* room
    if blob == NULL:
        raise MemoryError
    try:
        for i in range(count):
            encode_integer(&element, integer_at(value_of(e), i))
            p = write_element(p, &element)
        room = splice(table, slot, h, 0, value_length_of(e), COUNT_BYTES + (p - blob))
        memcpy(room + COUNT_BYTES, blob, p - blob)
    finally:
        free(blob)
    e = slot_entry(slot[0])
    e.kind = T_SET | ENC_PACKED
    set_count(e, count)
    return 0


cdef bint fits_packed(Entry* e, size_t length) noexcept nogil:
    """May the integers of the entry and one more member of this length be packed?"""
    cdef char[24] text
    cdef int64_t count = integer_count(e), longest = <int64_t>length
    if count:
        longest = max(longest, <int64_t>format_int64(integer_at(value_of(e), 0), text))
        longest = max(longest, <int64_t>format_int64(integer_at(value_of(e), count - 1), text))
    return (count < thresholds.set_max_listpack_entries
            and longest <= thresholds.set_max_listpack_value)


cdef uint64_t* new_members(Table table, const char* key, size_t n, uint64_t h, Members members,
                           int64_t deadline) except NULL:
    """A large set in the place of what is at key."""
    cdef PyObject* value = <PyObject*>members
    table.put(key, n, h, T_SET | ENC_OBJECT, <const char*>&value, sizeof(value), deadline, 0)
    Py_INCREF(members)
    return table.find_slot(key, n, h)


cdef uint64_t* new_empty(Table table, const char* key, size_t n, uint64_t h, int form,
                         int64_t deadline) except NULL:
    """A set without members, to which some are added at once."""
    cdef uint64_t* slot
    if form == ENC_INTS:
        slot = new_small(table, key, n, h, T_SET | ENC_INTS, WIDTH_BYTES, deadline)
        value_of(slot_entry(slot[0]))[0] = 2
    elif form == ENC_PACKED:
        slot = new_small(table, key, n, h, T_SET | ENC_PACKED, COUNT_BYTES, deadline)
        set_count(slot_entry(slot[0]), 0)
    else:
        slot = new_members(table, key, n, h, Members(table.clock), deadline)
    return slot


cdef uint64_t* create(Table table, const char* key, size_t n, uint64_t h, const char* member,
                      size_t length, int64_t hint) except NULL:
    """A set with this member at key, where nothing is; `hint` members are about to be added."""
    cdef uint64_t* slot
    cdef Encoded element
    cdef int64_t number
    cdef char* p
    if hint <= thresholds.set_max_intset_entries and parse_int64(member, length, &number):
        slot = new_small(table, key, n, h, T_SET | ENC_INTS, WIDTH_BYTES + width_for(number), -1)
        p = value_of(slot_entry(slot[0]))
        p[0] = <char>width_for(number)
        write_integer(p, 0, number)
    elif (hint <= thresholds.set_max_listpack_entries
            and <int64_t>length <= thresholds.set_max_listpack_value):
        encode(&element, member, length)
        slot = new_small(table, key, n, h, T_SET | ENC_PACKED, COUNT_BYTES + element.total, -1)
        set_count(slot_entry(slot[0]), 1)
        write_element(<char*>first_of(slot_entry(slot[0])), &element)
    else:
        slot = new_empty(table, key, n, h, ENC_OBJECT, -1)
        members_of(slot_entry(slot[0])).add(member, length, -1)
    return slot


cdef int settle_integers(Table table, uint64_t* slot, uint64_t h) except -1:
    """Too many integers become a large set."""
    cdef Entry* e = slot_entry(slot[0])
    if form_of(e) == ENC_INTS and integer_count(e) > thresholds.set_max_intset_entries:
        become_members(table, slot, h)
    return 0


cdef int prepare(Table table, uint64_t* slot, uint64_t h, int64_t hint) except -1:
    """`hint` members are about to be added to a set: if they are too many for it, it becomes large."""
    cdef int form = form_of(slot_entry(slot[0]))
    if ((form == ENC_INTS and hint > thresholds.set_max_intset_entries)
            or (form == ENC_PACKED and hint > thresholds.set_max_listpack_entries)):
        become_members(table, slot, h)
    return 0


# -- one member -----------------------------------------------------------------------------------


cdef bint add_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1:
    """Add a member to the set; False if it is there."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Encoded element
    cdef int64_t number
    if form_of(e) == ENC_INTS:
        if parse_int64(member, length, &number):
            if not add_integer(table, slot, h, number):
                return False
            settle_integers(table, slot, h)
            return True
        if fits_packed(e, length):
            become_packed(table, slot, h)
        else:
            become_members(table, slot, h)
        e = slot_entry(slot[0])
    if form_of(e) == ENC_PACKED:
        encode(&element, member, length)
        if find_element(first_of(e), end_of(e), &element, 1) != NULL:
            return False
        if (count_of(e) < thresholds.set_max_listpack_entries
                and <int64_t>length <= thresholds.set_max_listpack_value):
            write_element(splice(table, slot, h, value_length_of(e), 0, element.total), &element)
            e = slot_entry(slot[0])
            set_count(e, count_of(e) + 1)
            return True
        become_members(table, slot, h)
        e = slot_entry(slot[0])
    table.use(e)
    return members_of(e).add(member, length, -1)


cdef int remove_member(Table table, uint64_t* slot, uint64_t h, const char* member, size_t length) except -1:
    """Take a member that is not due out of the set: ABSENT, REMOVED or REMOVED_LAST."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Members members
    cdef Encoded element
    cdef int64_t number, index
    cdef const char* p
    if form_of(e) == ENC_INTS:
        if (not parse_int64(member, length, &number)
                or not find_integer(value_of(e), integer_count(e), number, &index)):
            return ABSENT
        return take_integer(table, slot, h, index)
    if form_of(e) == ENC_PACKED:
        encode(&element, member, length)
        p = find_element(first_of(e), end_of(e), &element, 1)
        return ABSENT if p == NULL else take_element(table, slot, h, p)
    members = members_of(e)
    if members.expiring_count and not members.has(member, length):
        return ABSENT
    if not members.drop(member, length):
        return ABSENT
    table.use(e)
    if members.count == 0:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    return REMOVED


cdef int take_integer(Table table, uint64_t* slot, uint64_t h, int64_t index) except -1:
    if integer_count(slot_entry(slot[0])) == 1:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    remove_integer_at(table, slot, h, index)
    return REMOVED


cdef int take_element(Table table, uint64_t* slot, uint64_t h, const char* p) except -1:
    cdef Entry* e = slot_entry(slot[0])
    if count_of(e) == 1:
        table.remove_slot(slot, h)
        return REMOVED_LAST
    splice(table, slot, h, p - value_of(e), after(p) - p, 0)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) - 1)
    return REMOVED


# -- by chance ------------------------------------------------------------------------------------


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


cdef int pop_member(Table table, uint64_t* slot, uint64_t h, Reply reply) except -1:
    """Take a member out by chance and answer it as a bulk string: REMOVED or REMOVED_LAST.

    ABSENT, and no answer, if there is none that is not due.
    """
    cdef Entry* e = slot_entry(slot[0])
    cdef Members members
    cdef uint64_t* place
    cdef uint64_t hint
    cdef const char* p
    cdef const char* text
    cdef char[64] room
    cdef int64_t index
    if form_of(e) == ENC_INTS:
        index = <int64_t>random_below(integer_count(e))
        reply.put_bulk(room, format_int64(integer_at(value_of(e), index), room))
        return take_integer(table, slot, h, index)
    if form_of(e) == ENC_PACKED:
        p = element_at(first_of(e), end_of(e), count_of(e), <int64_t>random_below(count_of(e)))
        index = text_of(p, room, &text)
        reply.put_bulk(text, index)
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


cdef bytes draw(Entry* e):
    """A member by chance; None if none is left that is not due."""
    cdef uint64_t* place
    cdef uint64_t hint
    cdef const char* text
    cdef char[64] room
    cdef size_t length
    if form_of(e) == ENC_INTS:
        length = format_int64(integer_at(value_of(e), <int64_t>random_below(integer_count(e))), room)
        return PyBytes_FromStringAndSize(room, length)
    if form_of(e) == ENC_PACKED:
        length = text_of(element_at(first_of(e), end_of(e), count_of(e),
                                    <int64_t>random_below(count_of(e))), room, &text)
        return PyBytes_FromStringAndSize(text, length)
    place = draw_living(members_of(e), &hint)
    return None if place == NULL else members_of(e).key_bytes(slot_entry(place[0]))


# -- what the floors above call -------------------------------------------------------------------


cdef inline uint64_t hash_of(bytes key):
    return hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


def add(Table table not None, bytes key not None, list members not None, size_t start=0) -> int:
    """Add the members from index `start` of a list on; how many are new."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef int64_t added = 0
    cdef size_t i, n = len(members)
    cdef bytes member
    if slot != NULL:
        prepare(table, slot, h, n - start)
    for i in range(start, n):
        member = <bytes?>members[i]
        if slot == NULL:
            slot = create(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h,
                          PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), n - start)
            added += 1
        else:
            added += add_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
    return added


def remove(Table table not None, bytes key not None, list members not None, size_t start=0) -> int:
    """Take out the members from index `start` of a list on; how many were there. Due ones stay."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef int64_t removed = 0
    cdef size_t i
    cdef int outcome
    cdef bytes member
    if slot == NULL:
        return 0
    for i in range(start, <size_t>len(members)):
        member = <bytes?>members[i]
        outcome = remove_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
        removed += outcome != ABSENT
        if outcome == REMOVED_LAST:
            return removed
    return removed


def contains(Table table not None, bytes key not None, bytes member not None) -> bool:
    """Is the member in the set?"""
    cdef Entry* e = table.entry_of(key)
    return e != NULL and has_member(e, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))


def count(Table table not None, bytes key not None) -> int:
    """How many members there are; 0 without such a key."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else living_of_set(e)


def members(Table table not None, bytes key not None) -> list[bytes]:
    """All members."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef Tour tour
    if e != NULL:
        begin_tour(&tour, table, e)
        while next_member(&tour):
            found.append(PyBytes_FromStringAndSize(tour.data, tour.length))
    return found


def answer_members(Table table not None, bytes key not None, Reply reply not None) -> None:
    """Answer all members as a set; the empty one without such a key."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL:
        reply.set(0)
    else:
        reply_members(table, e, reply)


def pop(Table table not None, bytes key not None, Reply reply not None) -> bool:
    """Take a member out by chance and answer it as a bulk string; False, and no answer, without one."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    return slot != NULL and pop_member(table, slot, h, reply) != ABSENT


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
    n = living_of_set(e)
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


def scan(Table table not None, bytes key not None, uint64_t cursor, size_t count, bytes pattern):
    """(next cursor, members) as `Table.scan`; a small set is answered whole."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef Tour tour
    if e == NULL:
        return 0, found
    if form_of(e) == ENC_OBJECT:
        return scan_keys(members_of(e), cursor, count, pattern, 0, None)
    begin_tour(&tour, table, e)
    while next_member(&tour):
        if pattern is None or glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                                         tour.data, tour.length, False):
            found.append(PyBytes_FromStringAndSize(tour.data, tour.length))
    return 0, found


# -- deadlines of members -------------------------------------------------------------------------


def add_expiring(Table table not None, bytes key not None, list members not None, int64_t deadline,
                 bint keep) -> int:
    """Add members with a deadline in Unix ms; how many are new.

    Those that are there get it too, unless they are to keep what they have.
    """
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Members large
    cdef bytes member
    cdef int64_t added = 0
    if not members:
        return 0
    if slot == NULL:
        slot = new_empty(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, ENC_OBJECT, -1)
    elif form_of(slot_entry(slot[0])) != ENC_OBJECT:
        become_members(table, slot, h)
    table.use(slot_entry(slot[0]))
    large = members_of(slot_entry(slot[0]))
    for member in members:
        if large.add(PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member), deadline):
            added += 1
        elif not keep:
            large.set_deadline_at(large.slot_of(member), hash_of(member), deadline)
    large.account()
    return added


def deadline(Table table not None, bytes key not None, bytes member not None) -> int:
    """Unix ms of a member that is not due; -1 without a deadline, -2 without such a member."""
    cdef Entry* e = table.entry_of(key)
    cdef Entry* found
    if e == NULL or not has_member(e, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member)):
        return -2
    if form_of(e) != ENC_OBJECT:
        return -1
    found = members_of(e).entry_of(member)
    return deadline_of(found)


def due_members(Table table not None, bytes key not None, size_t limit, size_t segments):
    """(members, more) as `due.due_keys`; for the caller to expire."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or form_of(e) != ENC_OBJECT:
        return [], False
    return due.due_keys(members_of(e), limit, segments)


def expire_members(Table table not None, bytes key not None, list gone not None) -> None:
    """Take out members of `due_members`, and the set with its last one."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Members large = members_of(slot_entry(slot[0]))
    cdef bytes member
    for member in gone:
        large.drop(PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
    if large.count == 0:
        table.remove_slot(slot, h)


def next_deadline(Table table not None, bytes key not None) -> int:
    """No member is due before this Unix ms; -1 if none has a deadline."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or form_of(e) != ENC_OBJECT:
        return -1
    return members_of(e).next_deadline


# -- whole sets -----------------------------------------------------------------------------------


def put(Table table not None, bytes key not None, list members not None, int form,
        int64_t deadline=-1) -> None:
    """A set of these members in the place of what is at key, begun in the given form."""
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = new_empty(table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, form, deadline)
    cdef bytes member
    for member in members:
        add_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))


def form(Table table not None, bytes key not None) -> int:
    """INTEGERS, PACKED or LARGE; 0 without such a key."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else form_of(e)


def pop_many(Table table not None, bytes key not None, size_t count) -> list[bytes]:
    """Take so many members out by chance.

    If few are to stay, those are drawn instead, and what stays is a small set again where it may be.
    """
    cdef uint64_t h = hash_of(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef list popped, staying
    cdef Entry* e
    cdef int64_t left
    cdef int was
    cdef bytes member
    if slot == NULL or count == 0:
        return []
    e = slot_entry(slot[0])
    left = living_of_set(e) - <int64_t>count
    if left <= 0:
        popped = members(table, key)
        table.remove_slot(slot, h)
        return popped
    was = form_of(e)
    if left * MOST <= <int64_t>count and (was != ENC_OBJECT or members_of(e).expiring_count == 0):
        staying = sample(table, key, left)
        for member in staying:
            remove_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
        popped = members(table, key)
        put(table, key, staying, ENC_INTS if was == ENC_INTS else ENC_PACKED,
            deadline_of(slot_entry(slot[0])))
        return popped
    popped = sample(table, key, count)
    for member in popped:
        remove_member(table, slot, h, PyBytes_AS_STRING(member), PyBytes_GET_SIZE(member))
    return popped


def check(Table table not None, bytes key not None) -> None:
    """Assert the invariants of the set at key; for tests. O(n)."""
    cdef Entry* e = table.entry_of(key)
    cdef const char* p
    cdef int64_t i, counted = 0
    if form_of(e) == ENC_OBJECT:
        members_of(e).check()
        assert members_of(e).count > 0, "an empty set"
    elif form_of(e) == ENC_INTS:
        assert (value_length_of(e) - WIDTH_BYTES) % <size_t>value_of(e)[0] == 0, "half an integer"
        assert 0 < integer_count(e) <= thresholds.set_max_intset_entries, "integers too many or none"
        for i in range(1, integer_count(e)):
            assert integer_at(value_of(e), i - 1) < integer_at(value_of(e), i), "integers out of order"
    else:
        p = first_of(e)
        while p < end_of(e):
            p = after(p)
            counted += 1
        assert p == end_of(e) and counted == count_of(e) > 0, "packed elements that miscount"
