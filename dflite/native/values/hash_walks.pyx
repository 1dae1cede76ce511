# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Ways through a hash at a key, whatever its form: all fields in turn, a scan by cursor, one drawn by chance.

Key holds a hash, or nothing, and is not due. Fields that are due are not met.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.base.bytesops cimport glob_match
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport Visitor, random_below, random_entry, scan_entries
from dflite.native.values.packed cimport element_at, element_bytes

cdef enum:
    TRIES = 100             # draws, before it is looked which fields are not due


cdef inline bytes text_bytes(Text* text):
    return PyBytes_FromStringAndSize(text.data, text.length)


# -- all fields -----------------------------------------------------------------------------------


cdef int reply_fields(Entry* e, Reply reply, bint fields, bint values) except -1:
    """Answer all fields, all values, or both in turns, without the head of an array."""
    cdef HashWalk walk
    cdef Text text
    begin_hash_walk(&walk, e)
    while next_field(&walk):
        if fields:
            read_field(&walk, &text)
            reply.put_bulk(text.data, text.length)
        if values:
            read_value(&walk, &text)
            reply.put_bulk(text.data, text.length)
    return 0


def answer_all(Table table not None, bytes key not None, Reply reply not None, bint fields,
               bint values) -> None:
    """Answer all fields, all values, or both in turns, without the head of an array."""
    cdef Entry* e = table.entry_of(key)
    table.use(e)
    reply_fields(e, reply, fields, values)


def items(Table table not None, bytes key not None) -> list[bytes]:
    """Fields and values in turns."""
    cdef Entry* e = table.entry_of(key)
    cdef list found = []
    cdef HashWalk walk
    cdef Text text
    if e == NULL:
        return found
    begin_hash_walk(&walk, e)
    while next_field(&walk):
        read_field(&walk, &text)
        found.append(text_bytes(&text))
        read_value(&walk, &text)
        found.append(text_bytes(&text))
    return found


# -- some of them ---------------------------------------------------------------------------------


cdef inline bint matches(bytes pattern, const char* name, size_t n) noexcept:
    return pattern is None or glob_match(PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern), name, n, False)


@cython.final
cdef class Listing(Visitor):
    """Lists the fields that match, with their values or without."""

    cdef Fields fields
    cdef list found
    cdef bytes pattern
    cdef bint values

    cdef int visit(self, Entry* e) except -1:
        if self.fields.is_due(e) or not matches(self.pattern, key_of(e), key_length_of(e)):
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
    cdef HashWalk walk
    cdef Text text
    if e == NULL:
        return 0, found
    if not is_packed(e):
        visitor = Listing.__new__(Listing)
        visitor.fields = fields_of(e)
        visitor.found = found
        visitor.pattern = pattern
        visitor.values = values
        return scan_entries(visitor.fields, cursor, count, visitor), found
    begin_hash_walk(&walk, e)
    while next_field(&walk):
        read_field(&walk, &text)
        if not matches(pattern, text.data, text.length):
            continue
        found.append(text_bytes(&text))
        if values:
            read_value(&walk, &text)
            found.append(text_bytes(&text))
    return 0, found


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
    large = fields_of(e)
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
