# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Hashes: fields of the one at a key read, set and deleted, be it packed in the table's entry or a `Fields`.

A packed hash is a field and its value in turns, in order of arrival. It becomes a `Fields` when it gets
too many, too long a one, or one with a deadline. Callers have made sure that key holds a hash, or
nothing, and is not due; a hash that loses its last field is removed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.entry cimport (
    ENC_PACKED,
    T_HASH,
    deadline_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport hash_bytes
from dflite.native.values cimport thresholds
from dflite.native.values.fields cimport fields_of
from dflite.native.values.hash_walks cimport (
    HashWalk,
    begin_hash_walk,
    hash_length,
    living_fields,
    next_field,
    read_field,
    read_value,
)
from dflite.native.values.packed cimport Encoded, after, encode, find_element, text_of, write_element
from dflite.native.values.small cimport (
    COUNT_BYTES,
    become_object,
    check_packed,
    count_of,
    end_of,
    first_of,
    is_packed,
    new_small,
    set_count,
    splice,
)
from dflite.native.wire.reply cimport Reply

cdef enum:
    NO_FIELD = -2
    NO_DEADLINE = -1


# -- reading --------------------------------------------------------------------------------------


cdef inline const char* find_value(Entry* e, const char* field, size_t n) noexcept nogil:
    """The value of a field of a packed hash; NULL without it."""
    cdef Encoded wanted
    cdef const char* p
    encode(&wanted, field, n)
    p = find_element(first_of(e), end_of(e), &wanted, 2)
    return NULL if p == NULL else after(p)


cdef bint get_field(Entry* e, const char* field, size_t n, Text* value) noexcept:
    """The value of a field as text; False without such a field."""
    cdef const char* p
    cdef Entry* f
    if is_packed(e):
        p = find_value(e, field, n)
        if p == NULL:
            return False
        value.length = text_of(p, value.room, &value.data)
        return True
    f = fields_of(e).field(field, n)
    if f == NULL:
        return False
    value.data = value_of(f)
    value.length = value_length_of(f)
    return True


cdef int64_t deadline_of_field(Entry* e, const char* field, size_t n) noexcept:
    """Unix ms of a field that is not due, NO_DEADLINE or NO_FIELD."""
    cdef Entry* f
    if is_packed(e):
        return NO_FIELD if find_value(e, field, n) == NULL else NO_DEADLINE
    f = fields_of(e).field(field, n)
    return NO_FIELD if f == NULL else deadline_of(f)


def get(Table table not None, bytes key not None, bytes field not None):
    """The value of a field; None without it."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    if e == NULL:
        return None
    table.use(e)
    if not get_field(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
        return None
    return PyBytes_FromStringAndSize(value.data, value.length)


def answer_many(Table table not None, bytes key not None, Reply reply not None, list fields not None,
                size_t start=0) -> None:
    """Answer the values of fields, from index `start` of a list on, null for those without."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    cdef bytes field
    cdef size_t i
    for i in range(start, <size_t>len(fields)):
        field = <bytes?>fields[i]
        if e != NULL and get_field(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
            reply.put_bulk(value.data, value.length)
        else:
            reply.put_null()


def value_length(Table table not None, bytes key not None, bytes field not None) -> int:
    """Bytes of the value of a field; -1 without it."""
    cdef Entry* e = table.entry_of(key)
    cdef Text value
    if e == NULL or not get_field(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field), &value):
        return -1
    return value.length


def length(Table table not None, bytes key not None) -> int:
    """Fields, those counted that are due but not deleted yet."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else hash_length(e)


def count_living(Table table not None, bytes key not None) -> int:
    """Fields that are not due."""
    cdef Entry* e = table.entry_of(key)
    return 0 if e == NULL else living_fields(e)


# -- setting --------------------------------------------------------------------------------------


cdef inline bint fits(size_t n, size_t length) noexcept nogil:
    """May a field and a value of this length be packed?"""
    return <int64_t>max(n, length) <= thresholds.hash_max_listpack_value


cdef Fields enlarge_hash(Table table, uint64_t* slot, uint64_t h):
    """Let the packed hash become a `Fields`."""
    cdef Fields fields = Fields(table.clock)
    cdef HashWalk walk
    cdef Text name, value
    begin_hash_walk(&walk, slot_entry(slot[0]))
    while next_field(&walk):
        read_field(&walk, &name)
        read_value(&walk, &value)
        fields.put_field(name.data, name.length, value.data, value.length, -1)
    become_object(table, slot, h, fields)
    return fields


cdef int set_field(Table table, const char* key, size_t n, uint64_t h, uint64_t* slot,
                   const char* field, size_t field_length, const char* value, size_t length,
                   int64_t deadline) except -1:
    """A value, and a deadline or none (-1), for a field of the hash at key; 1 if the field is new."""
    cdef Encoded name, content
    cdef Entry* e
    cdef const char* p
    cdef char* room
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
        return fields_of(e).put_field(field, field_length, value, length, deadline)
    if not small:
        return enlarge_hash(table, slot, h).put_field(field, field_length, value, length, deadline)
    encode(&name, field, field_length)
    encode(&content, value, length)
    p = find_element(first_of(e), end_of(e), &name, 2)
    if p != NULL:
        p = after(p)
        room = splice(table, slot, h, p - value_of(e), after(p) - p, content.total)
        write_element(room, &content)
        return 0
    if (count_of(e) >> 1) >= thresholds.hash_max_listpack_entries:
        return enlarge_hash(table, slot, h).put_field(field, field_length, value, length, deadline)
    room = splice(table, slot, h, value_length_of(e), 0, name.total + content.total)
    write_element(write_element(room, &name), &content)
    e = slot_entry(slot[0])
    set_count(e, count_of(e) + 2)
    return 1


def set_fields(Table table not None, bytes key not None, list pairs not None, size_t start=0,
               int64_t deadline=-1) -> int:
    """Fields and values in turns, from index `start` of a list on; how many fields are new."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot
    cdef bytes field, value
    cdef size_t i
    cdef int64_t added = 0
    for i in range(start, <size_t>len(pairs) - 1, 2):
        field = <bytes?>pairs[i]
        value = <bytes?>pairs[i + 1]
        slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
        added += set_field(
            table, PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h, slot, PyBytes_AS_STRING(field),
            PyBytes_GET_SIZE(field), PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value), deadline)
    return added


def update_field(Table table not None, bytes key not None, bytes field not None,
                 bytes value not None) -> None:
    """Another value for a field, which keeps its deadline."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t deadline = NO_DEADLINE
    if e != NULL:
        deadline = deadline_of_field(e, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))
    set_fields(table, key, [field, value], 0, max(deadline, <int64_t>NO_DEADLINE))


# -- deleting -------------------------------------------------------------------------------------


cdef int remove_field(Table table, uint64_t* slot, uint64_t h, const char* field, size_t n) except -1:
    """Delete a field that is not due; 1 if there was one. An empty hash is left over."""
    cdef Entry* e = slot_entry(slot[0])
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
    large = fields_of(e)
    return large.field(field, n) != NULL and large.remove_field(field, n)


def delete_fields(Table table not None, bytes key not None, list fields not None,
                  size_t start=0) -> int:
    """Delete fields; how many of them were there. Those that are due stay."""
    cdef uint64_t h = hash_bytes(key)
    cdef uint64_t* slot = table.find_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key), h)
    cdef bytes field
    cdef size_t i
    cdef int64_t deleted = 0
    if slot == NULL:
        return 0
    for i in range(start, <size_t>len(fields)):
        field = <bytes?>fields[i]
        deleted += remove_field(table, slot, h, PyBytes_AS_STRING(field), PyBytes_GET_SIZE(field))
        if hash_length(slot_entry(slot[0])) == 0:
            table.remove_slot(slot, h)
            break
    return deleted


# -- as a whole -----------------------------------------------------------------------------------


def form(Table table not None, bytes key not None) -> bytes:
    """Redis' name of how it is kept."""
    return b"listpack" if is_packed(table.entry_of(key)) else b"hashtable"


def check(Table table not None, bytes key not None) -> None:
    """Assert the invariants of the hash at key; for tests. O(n)."""
    cdef Entry* e = table.entry_of(key)
    cdef int64_t count
    if is_packed(e):
        count = check_packed(e)
        assert count % 2 == 0 and count > 0, "a field without a value, or no field"
    else:
        fields_of(e).check()
        assert len(fields_of(e)) > 0, "an empty hash"
