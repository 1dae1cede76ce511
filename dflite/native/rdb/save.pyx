# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Writing strings and collections at keys as RDB. Streams: streams.pyx.

What lies inline is nearly a listpack, so it is written as one; what is large goes element by element, scores
from the highest down, because others insert that the fastest. Elements whose deadline has passed but that are
still there are written too: they are gone when it is announced.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from dflite.native.base.floattext cimport format_double
from dflite.native.keyspace.entry cimport (
    ENC_INT,
    ENC_INTS,
    ENC_PACKED,
    T_HASH,
    T_LIST,
    T_STREAM,
    T_STRING,
    T_ZSET,
    Entry,
    deadline_of,
    integer_of,
    key_length_of,
    key_of,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.walk cimport Walk, begin_walk, next_entry
from dflite.native.rdb.types cimport (
    FOR_REDIS_7_0,
    FOR_REDIS_7_2,
    FOR_VALKEY_9,
    NODE_PACKED,
    NODE_PLAIN,
    RDB_HASH,
    RDB_HASH_LISTPACK,
    RDB_HASH_VALKEY,
    RDB_LIST_QUICKLIST_2,
    RDB_SET,
    RDB_SET_DRAGONFLY,
    RDB_SET_INTSET,
    RDB_SET_LISTPACK,
    RDB_STREAM_2,
    RDB_STREAM_3,
    RDB_STRING,
    RDB_ZSET_2,
    RDB_ZSET_LISTPACK,
)
from dflite.native.rdb.writer cimport Writer
from dflite.native.sorted_sets.scored cimport score_of
from dflite.native.sorted_sets.zsets cimport Place, go_to, read_place, size_of
from dflite.native.values.intset cimport WIDTH_BYTES, integer_count
from dflite.native.values.list_nodes cimport Node, end_in, first_in
from dflite.native.values.packed cimport (
    A_DOUBLE,
    Element,
    Encoded,
    after,
    encode,
    encode_again,
    read_element,
    text_of,
    write_element,
)
from dflite.native.values.packed_list cimport PackedList, packed_list_of
from dflite.native.values.small cimport count_of, end_of, first_of, object_of

cdef enum:
    LISTPACK_HEAD = 6
    UNCOUNTED = 65535           # elements: so many or more
    END = 0xFF
    SCORE_ROOM = 32             # bytes of a score as an element at most


def kind_of(Table table not None, bytes key not None) -> int:
    """RDB's number of how the value at key, which has to be there, is written."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL:
        raise KeyError(key)
    return kind_in(e)


cdef int kind_in(Entry* e) except -1:
    cdef int kind = e.kind & 0x0F, form = e.kind & 0xF0
    if kind == T_STRING:
        return RDB_STRING
    if kind == T_STREAM:
        return RDB_STREAM_3
    if kind == T_LIST:
        return RDB_LIST_QUICKLIST_2
    if kind == T_ZSET:
        return RDB_ZSET_LISTPACK if form == ENC_PACKED else RDB_ZSET_2
    if kind == T_HASH:
        if form == ENC_PACKED:
            return RDB_HASH_LISTPACK
        return RDB_HASH_VALKEY if (<Index>object_of(e)).expiring_count else RDB_HASH
    if form == ENC_INTS:
        return RDB_SET_INTSET
    if form == ENC_PACKED:
        return RDB_SET_LISTPACK
    return RDB_SET_DRAGONFLY if (<Index>object_of(e)).expiring_count else RDB_SET


cdef int kind_for(Entry* e, int forms) except -1:
    """The number of how the value of an entry is written for who knows only those forms.

    What they have no place for is left out: deadlines of elements.
    """
    cdef int kind = kind_in(e)
    if forms >= FOR_VALKEY_9 and kind == RDB_SET_DRAGONFLY:
        return RDB_SET
    if forms >= FOR_REDIS_7_2 and kind == RDB_HASH_VALKEY:
        return RDB_HASH
    if forms >= FOR_REDIS_7_0 and kind == RDB_SET_LISTPACK:
        return RDB_SET
    if forms >= FOR_REDIS_7_0 and kind == RDB_STREAM_3:
        return RDB_STREAM_2
    return kind


def save(Writer writer not None, Table table not None, bytes key not None) -> None:
    """Write the value at key, which has to be there and no stream."""
    cdef Entry* e = table.entry_of(key)
    if e == NULL:
        raise KeyError(key)
    save_value(writer, e, kind_in(e))


cdef int save_value(Writer writer, Entry* e, int kind) except -1:
    """Write the value of an entry in the form of that number; no stream."""
    if kind == RDB_STRING:
        if (e.kind & 0xF0) == ENC_INT:
            writer.put_integer(integer_of(e))
        else:
            writer.put_text(value_of(e), value_length_of(e))
    elif kind == RDB_LIST_QUICKLIST_2:
        save_list(writer, e)
    elif kind == RDB_ZSET_LISTPACK:
        save_packed_zset(writer, e)
    elif kind == RDB_ZSET_2:
        save_zset(writer, e)
    elif kind == RDB_SET_INTSET:
        save_integers(writer, e)
    elif kind in (RDB_HASH_LISTPACK, RDB_SET_LISTPACK):
        save_listpack(writer, first_of(e), end_of(e), count_of(e))
    elif (e.kind & 0xF0) == ENC_PACKED:
        save_packed_set(writer, e)
    else:
        save_index(writer, <Index>object_of(e), kind)
    return 0


# -- packed ------------------------------------------------------------------------------------------


cdef int finish_listpack(Writer writer, char* blob, char* end, int64_t count) except -1:
    """Write the listpack at `blob`, whose elements end at `end`; its head and its end are made."""
    cdef uint32_t total = <uint32_t>(end + 1 - blob)
    cdef uint16_t counted = <uint16_t>min(count, <int64_t>UNCOUNTED)
    memcpy(blob, &total, 4)
    memcpy(blob + 4, &counted, 2)
    end[0] = <char>END
    return writer.put_text(blob, total)


cdef int save_listpack(Writer writer, const char* first, const char* end, int64_t count) except -1:
    """Elements that lie together, as a listpack."""
    cdef size_t n = end - first
    cdef char* blob = writer.scratch(LISTPACK_HEAD + n + 1)
    memcpy(blob + LISTPACK_HEAD, first, n)
    return finish_listpack(writer, blob, blob + LISTPACK_HEAD + n, count)


cdef int save_packed_zset(Writer writer, Entry* e) except -1:
    """Members and scores; a score that is no integer is text in a listpack."""
    cdef const char* p = first_of(e)
    cdef const char* end = end_of(e)
    cdef char* blob = writer.scratch(LISTPACK_HEAD + (end - p) + count_of(e) * SCORE_ROOM + 1)
    cdef char* at = blob + LISTPACK_HEAD
    cdef char[64] room
    cdef Element element
    cdef Encoded encoded
    cdef int64_t count = 0
    while p < end:
        read_element(p, &element)
        if element.kind == A_DOUBLE:
            encode(&encoded, room, format_double(element.value, room))
        else:
            encode_again(&encoded, p)
        at = write_element(at, &encoded)
        p = after(p)
        count += 1
    return finish_listpack(writer, blob, at, count)


cdef int save_packed_set(Writer writer, Entry* e) except -1:
    """Members one by one, as Redis wrote small sets before it had listpacks of them."""
    cdef const char* p = first_of(e)
    cdef const char* end = end_of(e)
    cdef const char* text
    cdef char[64] room
    cdef size_t n
    writer.put_length(count_of(e))
    while p < end:
        n = text_of(p, room, &text)
        writer.put_text(text, n)
        p = after(p)
    return 0


cdef int save_integers(Writer writer, Entry* e) except -1:
    cdef uint32_t width = <uint8_t>value_of(e)[0], count = <uint32_t>integer_count(e)
    cdef char* blob = writer.scratch(8 + <size_t>count * width)
    memcpy(blob, &width, 4)
    memcpy(blob + 4, &count, 4)
    memcpy(blob + 8, value_of(e) + WIDTH_BYTES, <size_t>count * width)
    return writer.put_text(blob, 8 + <size_t>count * width)


cdef int save_list(Writer writer, Entry* e) except -1:
    cdef PackedList large
    cdef Node* node
    if (e.kind & 0xF0) == ENC_PACKED:
        writer.put_length(1)
        writer.put_length(NODE_PACKED)
        return save_listpack(writer, first_of(e), end_of(e), count_of(e))
    large = packed_list_of(e)
    writer.put_length(large.chain.nodes)
    node = large.chain.head
    while node != NULL:
        save_node(writer, node)
        node = node.next
    return 0


cdef int save_node(Writer writer, Node* node) except -1:
    """A node of a large list."""
    cdef const char* text
    cdef char[64] room
    cdef size_t n
    if node.alone:
        writer.put_length(NODE_PLAIN)
        n = text_of(first_in(node), room, &text)
        return writer.put_text(text, n)
    writer.put_length(NODE_PACKED)
    return save_listpack(writer, first_in(node), end_in(node), node.count)


# -- large -------------------------------------------------------------------------------------------


cdef int save_zset(Writer writer, Entry* e) except -1:
    cdef int64_t i, count = size_of(e)
    cdef Place place
    writer.put_length(count)
    go_to(&place, e, count - 1, True)
    for i in range(count):
        read_place(&place)
        writer.put_text(place.member, place.length)
        writer.put_double(place.score)
    return 0


cdef int save_index(Writer writer, Index index, int kind) except -1:
    """Members, or fields and values, with deadlines where there are any."""
    cdef Walk walk
    cdef Entry* e
    writer.put_length(index.count)
    begin_walk(&walk, index)
    e = next_entry(&walk)
    while e != NULL:
        save_element(writer, e, kind)
        e = next_entry(&walk)
    return 0


cdef int save_element(Writer writer, Entry* e, int kind) except -1:
    """An entry of a large hash, set or sorted set that is written as `kind`."""
    cdef int64_t deadline
    writer.put_text(key_of(e), key_length_of(e))
    if kind == RDB_ZSET_2:
        return writer.put_double(score_of(e))
    if kind == RDB_HASH or kind == RDB_HASH_VALKEY:
        writer.put_text(value_of(e), value_length_of(e))
    if kind == RDB_HASH_VALKEY:
        return writer.put_int64(deadline_of(e))
    if kind == RDB_SET_DRAGONFLY:           # in whole seconds, not too early
        deadline = deadline_of(e)
        return writer.put_integer(deadline if deadline < 0 else (deadline + 999) // 1000)
    return 0
