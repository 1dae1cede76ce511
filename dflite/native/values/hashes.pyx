# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Hashes: what can be done to the one at a key, be it packed in the table's entry or a `Fields`.

A packed hash is a field and its value in turns, in order of arrival. It becomes a `Fields` when it gets
too many, too long a one, or one with a deadline. Callers have made sure that key holds a hash, or
nothing, and is not due; a hash that loses its last field is removed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.bytesops cimport glob_match
from dflite.native.keyspace cimport due
from dflite.native.keyspace.entry cimport (
    ENC_PACKED,
    T_HASH,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport (
    Visitor,
    Walk,
    begin_walk,
    next_entry,
    random_below,
    random_entry,
    scan_entries,
)
from dflite.native.values cimport thresholds
from dflite.native.values.fields cimport Fields
from dflite.native.values.packed cimport (
    Encoded,
    after,
    element_at,
    element_bytes,
    encode,
    find_element,
    reply_element,
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
    NO_FIELD = -2
    NO_DEADLINE = -1
    TRIES = 100             # draws, before it is looked which fields are not due


cdef inline bint is_packed(Entry* e) noexcept nogil:
    return (e.kind & 0xF0) == ENC_PACKED


cdef inline const char* find_value(Entry* e, const char* field, size_t n) noexcept nogil:
    """The value of a field of a packed hash; NULL without it."""
    cdef Encoded wanted
    cdef const char* p
    encode(&wanted, field, n)
    p = find_element(first_of(e), end_of(e), &wanted, 2)
    return NULL if p == NULL else after(p)


cdef int64_t length_of(Entry* e) noexcept:
    """Fields, those counted that are due."""
    if is_packed(e):
        return count_of(e) >> 1
    return <int64_t>(<Fields>object_of(e)).count


cdef bint get_field(Table table, Entry* e, const char* field, size_t n, Text* value) noexcept:
    """The value of a field as text; False without such a field."""
    cdef const char* p
    cdef Entry* f
    if is_packed(e):
        p = find_value(e, field, n)
        if p == NULL:
            return False
        value.length = text_of(p, value.room, &value.data)
        return True
    f = (<Fields>object_of(e)).field(field, n)
    if f == NULL:
        return False
    value.data = value_of(f)
    value.length = value_length_of(f)
    return True


cdef Fields unpacked(Table table, uint64_t* slot, uint64_t h):
    """Let the packed hash become a `Fields`."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Fields fields = Fields(table.clock)
    cdef const char* p = first_of(e)
    cdef const char* end = end_of(e)
    cdef char[64] room
    cdef char[64] value_room
    cdef const char* name
    cdef const char* value
    cdef size_t n, length
    while p < end:
        n = text_of(p, room, &name)
        p = after(p)
        length = text_of(p, value_room, &value)
        p = after(p)
        fields.put_field(name, n, value, length, -1)
    become_object(table, slot, h, fields)
    return fields


cdef bint fits(size_t n, size_t length) noexcept nogil:
    """May a field and a value of this length be packed?"""
    return <int64_t>max(n, length) <= thresholds.hash_max_listpack_value


cdef int set_field(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                   const char* field, size_t field_length, const char* value, size_t length) except -1:
    """A value for a field of the hash at key, whose slot this is, or NULL; 1 if there was none.

    The field loses its deadline.
    """
    return set_with_deadline(table, key, n, h, slot, field, field_length, value, length, -1)


cdef int set_with_deadline(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                           const char* field, size_t field_length, const char* value, size_t length,
                           int64_t deadline) except -1:
    cdef Encoded name, content
    cdef Entry* e
    cdef const char* p
    cdef char* room
    cdef size_t at, removed
    cdef Fields fields
    cdef bint small = deadline < 0 and fits(field_length, length)
    if slot == NULL:
        if small and thresholds.hash_max_listpack_entries > 0:
            encode(&name, field, field_length)
            encode(&content, value, length)
            slot = new_small(table, key, n, h, T_HASH | ENC_PACKED,
                             COUNT_BYTES + name.total + content.total, -1)
            e = slot_entry(slot[0])
            set_count(e, 2)
            write_element(write_element(<char*>first_of(e), &name), &content)
            return 1
        slot = new_small(table, key, n, h, T_HASH | ENC_PACKED, COUNT_BYTES, -1)
        set_count(slot_entry(slot[0]), 0)
    e = slot_entry(slot[0])
    if not is_packed(e):
        table.use(e)
        fields = <Fields>object_of(e)
        return fields.put_field(field, field_length, value, length, deadline)
    if not small:
        return unpacked(table, slot, h).put_field(field, field_length, value, length, deadline)
    encode(&name, field, field_length)
    encode(&content, value, length)
    p = find_element(first_of(e), end_of(e), &name, 2)
    if p != NULL:
        p = after(p)
        at = p - value_of(e)
        removed = after(p) - p
        room = splice(table, slot, h, at, removed, content.total)
        write_element(room, &content)
        return 0
    if (count_of(e) >> 1) >= thresholds.hash_max_listpack_entries:
        return unpacked(table, slot, h).put_field(field, field_length, value, length, deadline)
    room = splice(table, slot, h, value_length_of(e), 0, name.total + content.total)
    write_element(write_element(room, &name), &content)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) + 2)
    return 1


cdef int remove_field(Table table, uint64_t* slot, uint64_t h, const char* field, size_t n) except -1:
    """Delete a field that is not due; 1 if there was one. An empty hash is left over."""
    cdef Entry* e = slot_entry(slot[0])
    cdef Entry* f
    cdef Fields large
    cdef Encoded wanted
    cdef const char* p
    if is_packed(e):
        encode(&wanted, field, n)
        p = find_element(first_of(e), end_of(e), &wanted, 2)
        if p == NULL:
            return 0
        splice(table, slot, h, p - value_of(e), after(after(p)) - p, 0)
        e = slot_entry(slot[0])
        set_count(e, count_of(e) - 2)
        return 1
    large = <Fields>object_of(e)
    f = large.field(field, n)
    if f == NULL:
        return 0
    return large.remove_field(field, n)


cdef int reply_fields(Table table, Entry* e, Reply reply, bint fields, bint values) except -1:
    """Answer all fields, all values, or both in turns, without the head of an array."""
    cdef const char* p
    cdef const char* end
    cdef Fields large
    cdef Walk walk
    cdef Entry* f
    if is_packed(e):
        p = first_of(e)
        end = end_of(e)
        while p < end:
            if fields:
                reply_element(reply, p)
            p = after(p)
            if values:
                reply_element(reply, p)
            p = after(p)
        return 0
    large = <Fields>object_of(e)
    begin_walk(&walk, large)
    f = next_entry(&walk)
    while f != NULL:
        if not large.is_due(f):
            if fields:
                reply.put_bulk(key_of(f), key_length_of(f))
            if values:
                reply.put_bulk(value_of(f), value_length_of(f))
        f = next_entry(&walk)
    return 0


cdef int64_t living(Entry* e) noexcept:
    """Fields that are not due."""
    return count_of(e) >> 1 if is_packed(e) else due.count_living(<Fields>object_of(e))


# -- what the floors above call -------------------------------------------------------------------


def set_fields(Table table not None, bytes key not None, list pairs not None, size_t start=0,
               int64_t deadline=-1) -> int:
    """Fields and values in turns, from index `start` of a list on; how many fields are new."""
    cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    cdef uint64_t* slot
    cdef bytes field, value
    cdef size_t i
    cdef int64_t added = 0
    for i in range(start, <size_t>len(pairs) - 1, 2):
        field = <bytes?>pairs[i]
        value = <bytes?>pairs[i + 1]
        slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        added += set_with_deadline(
            table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, slot, PyBytes_AS_STRING(field),
            PyBytes_GET_SIZE(field), PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline)
    return added


def update_field(Table table not None, bytes key not None, bytes field not None,
                 bytes value not None) -> None:
    """Another value for a field, which keeps its deadline."""
    set_fields(table, key, [field, value], 0, max(deadline(table, key, field), NO_DEADLINE))


def get(Table table not None, bytes key not None, bytes field not None):
    """The value of a field; None without it."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    if e == NULL:
        return None
    table.use(e)
    if not get_field(table, e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
        return None
    return PyBytes_FromStringAndSize(value.data, value.length)


def length(Table table not None, bytes key not None) -> int:
    """Fields, those counted that are due but not deleted yet."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else length_of(e)


def count_living(Table table not None, bytes key not None) -> int:
    """Fields that are not due."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else living(e)


def value_length(Table table not None, bytes key not None, bytes field not None) -> int:
    """Bytes of the value of a field; -1 without it."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    if e == NULL or not get_field(table, e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
        return -1
    return value.length


def delete_fields(Table table not None, bytes key not None, list fields not None,
                  size_t start=0) -> int:
    """Delete fields; how many of them were there. Those that are due stay."""
    cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef bytes field
    cdef size_t i
    cdef int64_t deleted = 0
    if slot == NULL:
        return 0
    for i in range(start, <size_t>len(fields)):
        field = <bytes?>fields[i]
        deleted += remove_field(table, slot, h, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))
        if length_of(slot_entry(slot[0])) == 0:
            table.remove_slot(slot, h)
            break
    return deleted


def answer_all(Table table not None, bytes key not None, Reply reply not None, bint fields,
               bint values) -> None:
    """Answer all fields, all values, or both in turns, without the head of an array."""
    cdef Entry* e = table.entry_of(key)
    table.use(e)
    reply_fields(table, e, reply, fields, values)


def answer_many(Table table not None, bytes key not None, Reply reply not None, list fields not None,
                size_t start=0) -> None:
    """Answer the values of fields, from index `start` of a list on, null for those without."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    cdef bytes field
    cdef size_t i
    for i in range(start, <size_t>len(fields)):
        field = <bytes?>fields[i]
        if e != NULL and get_field(table, e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
            reply.put_bulk(value.data, value.length)
        else:
            reply.put_null()


def items(Table table not None, bytes key not None) -> list[bytes]:
    """Fields and values in turns."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef const char* p
    cdef Fields large
    cdef Walk walk
    cdef Entry* f
    if e == NULL:
        return found
    if is_packed(e):
        p = first_of(e)
        while p < end_of(e):
            found.append(element_bytes(p))
            p = after(p)
        return found
    large = <Fields>object_of(e)
    begin_walk(&walk, large)
    f = next_entry(&walk)
    while f != NULL:
        if not large.is_due(f):
            found.append(PyBytes_FromStringAndSize(key_of(f), key_length_of(f)))
            found.append(PyBytes_FromStringAndSize(value_of(f), value_length_of(f)))
        f = next_entry(&walk)
    return found


# -- deadlines of fields --------------------------------------------------------------------------


def deadline(Table table not None, bytes key not None, bytes field not None) -> int:
    """Unix ms of a field that is not due; -1 without a deadline, -2 without such a field."""
    cdef Entry* e = table.entry_of(key)
    cdef Entry* f
    if e == NULL:
        return NO_FIELD
    if is_packed(e):
        if find_value(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field)) == NULL:
            return NO_FIELD
        return NO_DEADLINE
    f = (<Fields>object_of(e)).field(PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))
    return NO_FIELD if f == NULL else deadline_of(f)


def set_deadline(Table table not None, bytes key not None, bytes field not None,
                 int64_t deadline) -> None:
    """Give a field, which is there, a deadline in Unix ms, or none with -1."""
    cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Entry* e
    cdef Fields large
    cdef uint64_t* place
    if slot == NULL:
        return
    e = slot_entry(slot[0])
    if is_packed(e):
        if deadline < 0:
            return
        large = unpacked(table, slot, h)
    else:
        large = <Fields>object_of(e)
    place = large.slot_of(field)
    if place != NULL:
        large.set_deadline_at(place, hash_key(PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field)),
                              deadline)
        large.account()


def due_fields(Table table not None, bytes key not None, size_t limit, size_t segments):
    """(fields, more) as `due.due_keys`; for the caller to expire."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or is_packed(e):
        return [], False
    return due.due_keys(<Fields>object_of(e), limit, segments)


def expire_fields(Table table not None, bytes key not None, list fields not None) -> None:
    """Delete fields of `due_fields`, and the hash with its last one."""
    cdef uint64_t h = hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef Fields large = <Fields>object_of(slot_entry(slot[0]))
    cdef bytes field
    for field in fields:
        large.remove_field(PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))
    if large.count == 0:
        table.remove_slot(slot, h)


def next_deadline(Table table not None, bytes key not None) -> int:
    """No field is due before this Unix ms; -1 if none has a deadline."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL or is_packed(e):
        return -1
    return (<Fields>object_of(e)).next_deadline


# -- walking and drawing --------------------------------------------------------------------------


cdef class Listing(Visitor):
    """Lists the fields that match, with their values or without."""

    cdef Fields fields
    cdef list found
    cdef bytes pattern
    cdef bint values

    cdef int visit(self, Entry* e) except -1:
        if self.fields.is_due(e) or (self.pattern is not None and not glob_match(
                PyBytes_AS_STRING(self.pattern), PyBytes_GET_SIZE(self.pattern),
                key_of(e), key_length_of(e), False)):
            return 0
        self.found.append(PyBytes_FromStringAndSize(key_of(e), key_length_of(e)))
        if self.values:
            self.found.append(PyBytes_FromStringAndSize(value_of(e), value_length_of(e)))
        return 0


def scan(Table table not None, bytes key not None, uint64_t cursor, size_t count, bytes pattern,
         bint values):
    """(next cursor, fields, or fields and values in turns) as `Table.scan`; a packed one at once."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef Listing visitor
    cdef const char* p
    cdef const char* text
    cdef char[64] room
    cdef size_t n
    cdef Fields large
    if e == NULL:
        return 0, found
    if is_packed(e):
        p = first_of(e)
        while p < end_of(e):
            n = text_of(p, room, &text)
            if pattern is None or glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
                                             text, n, False):
                found.append(element_bytes(p))
                if values:
                    found.append(element_bytes(after(p)))
            p = after(after(p))
        return 0, found
    large = <Fields>object_of(e)
    visitor = Listing.__new__(Listing)
    visitor.fields = large
    visitor.found = found
    visitor.pattern = pattern
    visitor.values = values
    return scan_entries(large, cursor, count, visitor), found


def random_field(Table table not None, bytes key not None):
    """(field, value), drawn about uniformly from those that are not due; None if there is none."""
    cdef Entry* e = table.entry_of(key)
    cdef const char* p
    cdef Fields large
    cdef Entry* f
    cdef int tries
    if e == NULL:
        return None
    if is_packed(e):
        p = element_at(first_of(e), end_of(e), count_of(e),
                       <int64_t>random_below(count_of(e) >> 1) * 2)
        return element_bytes(p), element_bytes(after(p))
    large = <Fields>object_of(e)
    for tries in range(TRIES):
        f = random_entry(large)
        if not large.is_due(f):
            return (PyBytes_FromStringAndSize(key_of(f), key_length_of(f)),
                    PyBytes_FromStringAndSize(value_of(f), value_length_of(f)))
    found = items(table, key)
    if not found:
        return None
    at = random_below(len(found) // 2) * 2
    return found[at], found[at + 1]


# -- as a whole -----------------------------------------------------------------------------------


def form(Table table not None, bytes key not None) -> bytes:
    """Redis' name of how it is kept."""
    return b"listpack" if is_packed(table.entry_of(key)) else b"hashtable"


def check(Table table not None, bytes key not None) -> None:
    """Assert the invariants of the hash at key; for tests."""
    cdef Entry* e = table.entry_of(key)
    cdef const char* p
    cdef int64_t count = 0
    if not is_packed(e):
        (<Fields>object_of(e)).check()
        assert len(<Fields>object_of(e)) > 0, "an empty hash"
        return
    p = first_of(e)
    while p < end_of(e):
        p = after(p)
        count += 1
    assert p == end_of(e), "an element beyond the end"
    assert count == count_of(e) and count % 2 == 0 and count > 0, "a hash that miscounts"
