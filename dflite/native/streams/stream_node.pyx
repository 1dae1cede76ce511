# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Nodes of streams: adding entries, walking them, marking them deleted. stream_node.pxd has the layout."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, memmove

from dflite.native.keyspace.entry cimport allocated, malloc_usable_size
from dflite.native.keyspace.value cimport charge
from dflite.native.streams.stream_id cimport StreamId, is_less
from dflite.native.values.packed cimport (
    AN_INTEGER,
    Element,
    Encoded,
    after,
    back_size,
    before,
    element_bytes,
    encode,
    encode_integer,
    forward_size,
    is_same,
    read_element,
    reply_element,
    write_element,
)
from dflite.native.values.thresholds cimport stream_node_max_bytes, stream_node_max_entries
from dflite.native.wire.reply cimport Reply

cdef enum:
    AT_HAND = 32                # elements that are encoded without an allocation
    LONGEST_NODE = 1 << 30
    SHORTEST = HEAD_BYTES + 9   # four elements and the end
    UNCOUNTED = 65535           # elements: this many or more
    SMALL = 128                 # bytes of a node that gets no room for more
    USUAL = 65536               # bytes up to which a node's limit says how far it will grow

cdef size_t MOST_BYTES = 0xFFFFFFFF


# -- reading the head --------------------------------------------------------------------------------

cdef inline int64_t integer_at(const char* p) noexcept nogil:
    cdef Element e
    if <uint8_t>p[0] < 0x80:
        return p[0]
    read_element(p, &e)
    return e.number


cdef int64_t live_entries(const char* blob) noexcept nogil:
    """Entries that are not deleted."""
    return integer_at(blob + HEAD_BYTES)


cdef int64_t all_entries(const char* blob) noexcept nogil:
    return integer_at(blob + HEAD_BYTES) + integer_at(after(blob + HEAD_BYTES))


cdef bint fits(const char* blob, size_t length) noexcept nogil:
    """May an entry whose fields and values have so many bytes still go into this node?"""
    cdef size_t most = <size_t>stream_node_max_bytes
    if most == 0 or most > LONGEST_NODE:
        most = LONGEST_NODE
    if blob_bytes(blob) + length >= most:
        return False
    return stream_node_max_entries == 0 or all_entries(blob) < stream_node_max_entries


# -- writing -----------------------------------------------------------------------------------------

cdef char* resize(char* blob, size_t size) except NULL:
    """The blob in an allocation of that size."""
    cdef int64_t old = 0 if blob == NULL else <int64_t>allocated(blob)
    cdef char* p = <char*>realloc(blob, size)
    if p == NULL:
        raise MemoryError
    charge(<int64_t>allocated(p) - old)
    return p


cdef inline char* write_integer(char* p, int64_t number) noexcept nogil:
    cdef Encoded e
    if 0 <= number < 128:
        p[0] = <char>number
        p[1] = 1
        return p + 2
    encode_integer(&e, number)
    return write_element(p, &e)


cdef inline size_t integer_size(int64_t number) noexcept nogil:
    cdef Encoded e
    if 0 <= number < 128:
        return 2
    encode_integer(&e, number)
    return e.total


cdef inline void count_elements(char* blob, uint32_t size, uint64_t elements) noexcept nogil:
    """Set the head: the blob's bytes, and that it has so many elements more."""
    cdef uint16_t count
    memcpy(&count, blob + 4, 2)
    elements = UNCOUNTED if count == UNCOUNTED else min(count + elements, <uint64_t>UNCOUNTED)
    count = <uint16_t>elements
    memcpy(blob, &size, 4)
    memcpy(blob + 4, &count, 2)


cdef char* new_node(Text* texts, size_t count) except NULL:
    """A node without entries that has the fields of `texts`, which are fields and values in turn."""
    cdef size_t i, size = HEAD_BYTES + 4 + integer_size(count // 2) + 2 + 1
    cdef Encoded e
    cdef char* blob
    cdef char* p
    for i in range(0, count, 2):
        encode(&e, texts[i].data, texts[i].length)
        size += e.total
    blob = resize(NULL, size)
    blob[4] = blob[5] = 0
    p = write_integer(blob + HEAD_BYTES, 0)
    p = write_integer(p, 0)
    p = write_integer(p, count // 2)
    for i in range(0, count, 2):
        encode(&e, texts[i].data, texts[i].length)
        p = write_element(p, &e)
    p = write_integer(p, 0)
    p[0] = <char>END
    count_elements(blob, <uint32_t>size, 4 + count // 2)
    return blob


cdef char* append_entry(char* blob, StreamId node, StreamId id, Text* texts, size_t count) except NULL:
    """The node, perhaps elsewhere, with an entry more; `texts` are fields and values in turn."""
    cdef Encoded[AT_HAND] at_hand
    cdef Encoded* items = at_hand
    if count > AT_HAND:
        items = <Encoded*>malloc(count * sizeof(Encoded))
        if items == NULL:
            raise MemoryError
    try:
        return append_encoded(blob, node, id, texts, items, count)
    finally:
        if items != at_hand:
            free(items)


cdef char* append_encoded(char* blob, StreamId node, StreamId id, Text* texts, Encoded* items,
                          size_t count) except NULL:
    cdef size_t i, size, needed, first, stride, fields = count // 2
    cdef int64_t ms = <int64_t>(id.ms - node.ms), seq = <int64_t>(id.seq - node.seq)
    cdef int64_t elements
    cdef bint same
    cdef char* p = <char*>after(after(blob + HEAD_BYTES))
    same = integer_at(p) == <int64_t>fields
    p = <char*>after(p)
    for i in range(count):
        encode(&items[i], texts[i].data, texts[i].length)
    if same:
        for i in range(0, count, 2):
            if not is_same(p, &items[i]):
                same = False
                break
            p += forward_size(p) + back_size(forward_size(p))
    needed = 2 + integer_size(ms) + integer_size(seq)
    elements = 3 + fields if same else 4 + count
    first, stride = (1, 2) if same else (0, 1)
    i = first
    while i < count:
        needed += items[i].total
        i += stride
    if not same:
        needed += integer_size(fields)
    needed += integer_size(elements)
    size = blob_bytes(blob)
    if size + needed + 2 > malloc_usable_size(blob):        # the count may need two bytes more
        blob = resize(blob, grown(size, size + needed + 2))
    p = blob + size - 1
    p = write_integer(p, SAME_FIELDS if same else 0)
    p = write_integer(p, ms)
    p = write_integer(p, seq)
    if not same:
        p = write_integer(p, fields)
    i = first
    while i < count:
        p = write_element(p, &items[i])
        i += stride
    p = write_integer(p, elements)
    p[0] = <char>END
    count_elements(blob, <uint32_t>(size + needed), elements + 1)
    return write_counter(blob, 0, live_entries(blob) + 1)


cdef inline size_t grown(size_t size, size_t needed) noexcept nogil:
    """Room for what comes next too, but not beyond a node of the usual size."""
    if needed < SMALL:
        return needed
    if 0 < stream_node_max_bytes <= USUAL:
        return max(needed, min(size + (size >> 1), <size_t>stream_node_max_bytes))
    return max(needed, size + (size >> 1))


cdef char* write_counter(char* blob, int which, int64_t number) except NULL:
    """Another number of live (0) or deleted (1) entries; its encoding may be longer or shorter."""
    cdef char* p = blob + HEAD_BYTES
    cdef size_t old, new = integer_size(number), size = blob_bytes(blob), at
    if which:
        p = <char*>after(p)
    old = after(p) - p
    if new != old:
        at = p - blob
        if size + new - old > malloc_usable_size(blob):
            blob = resize(blob, size + new - old)
            p = blob + at
        memmove(p + new, p + old, size - at - old)
        count_elements(blob, <uint32_t>(size + new - old), 0)
    write_integer(p, number)
    return blob


cdef char* mark_deleted(char* blob, int64_t how_many) except NULL:
    """Count entries as deleted whose flags say so already."""
    blob = write_counter(blob, 0, live_entries(blob) - how_many)
    return write_counter(blob, 1, integer_at(after(blob + HEAD_BYTES)) + how_many)


cdef char* cut_behind(Node* node, StreamId last) except NULL:
    """The node's blob without the entries behind `last`, which are all deleted ones."""
    cdef Walk walk
    cdef StreamEntry entry
    cdef char* blob = node.blob
    cdef const char* end
    cdef int64_t n = 0
    cdef uint64_t elements = 0
    start_walk(&walk, node)
    walk.at = end = walk.end
    while previous_entry(&walk, &entry) and is_less(last, entry.id):
        elements += 1 + <uint64_t>integer_at(before(end))
        end = walk.at
        n += 1
    blob[end - blob] = <char>END
    count_elements(blob, <uint32_t>(end - blob + 1), 0 - elements)
    return write_counter(blob, 1, integer_at(after(blob + HEAD_BYTES)) - n)


cdef char* shrink_node(char* blob) noexcept nogil:
    """The node without room for more."""
    cdef size_t size = blob_bytes(blob), before = allocated(blob)
    cdef char* p = <char*>realloc(blob, size)
    if p == NULL:
        return blob
    charge(<int64_t>allocated(p) - <int64_t>before)
    return p


cdef char* copy_node(const char* blob) except NULL:
    cdef char* copied = resize(NULL, blob_bytes(blob))
    memcpy(copied, blob, blob_bytes(blob))
    return copied


cdef void free_node(char* blob) noexcept nogil:
    charge(-<int64_t>allocated(blob))
    free(blob)


# -- walking -----------------------------------------------------------------------------------------

cdef void start_walk(Walk* walk, Node* node) noexcept nogil:
    """Before the first entry; for the way back set `at` to `end`."""
    cdef const char* p = after(after(node.blob + HEAD_BYTES))
    cdef int64_t i
    walk.id = node.id
    walk.blob = node.blob
    walk.fields = integer_at(p)
    p = after(p)
    walk.fields_at = p
    for i in range(walk.fields):
        p = after(p)
    walk.entries = walk.at = p + 2
    walk.end = node.blob + blob_bytes(node.blob) - 1


cdef inline const char* read_head(Walk* walk, const char* p, StreamEntry* entry) noexcept nogil:
    """The entry at p but for its fields; where those begin."""
    entry.flags_at = p
    entry.flags = <uint8_t>p[0]
    p += 2
    entry.id.ms = walk.id.ms + <uint64_t>integer_at(p)
    p = after(p)
    entry.id.seq = walk.id.seq + <uint64_t>integer_at(p)
    p = after(p)
    if entry.flags & SAME_FIELDS:
        entry.fields = walk.fields
    else:
        entry.fields = integer_at(p)
        p = after(p)
    entry.first = p
    return p


cdef bint next_entry(Walk* walk, StreamEntry* entry) noexcept nogil:
    """On to the next entry, deleted or not; False behind the last one."""
    cdef const char* p = walk.at
    cdef int64_t i
    if p >= walk.end:
        return False
    p = read_head(walk, p, entry)
    for i in range(entry.fields if entry.flags & SAME_FIELDS else 2 * entry.fields):
        p = after(p)
    walk.at = after(p)
    return True


cdef bint previous_entry(Walk* walk, StreamEntry* entry) noexcept nogil:
    """Back to the entry before, deleted or not; False at the first one."""
    cdef const char* p = walk.at
    cdef int64_t i
    if p <= walk.entries:
        return False
    p = before(p)
    for i in range(integer_at(p)):
        p = before(p)
    read_head(walk, p, entry)
    walk.at = p
    return True


cdef StreamId last_id_of(Node* node) noexcept nogil:
    """The ID of the last entry, deleted or not."""
    cdef Walk walk
    cdef StreamEntry entry
    start_walk(&walk, node)
    walk.at = walk.end
    entry.id = node.id
    previous_entry(&walk, &entry)
    return entry.id


cdef int reply_fields(Reply reply, Walk* walk, StreamEntry* entry) except -1:
    """Answer the fields and values of an entry in an array."""
    cdef const char* field = walk.fields_at
    cdef const char* p = entry.first
    cdef bint same = (entry.flags & SAME_FIELDS) != 0
    cdef int64_t i
    reply.put_head(42, 2 * entry.fields)
    for i in range(entry.fields):
        if same:
            reply_element(reply, field)
            field = after(field)
        else:
            reply_element(reply, p)
            p = after(p)
        reply_element(reply, p)
        p = after(p)
    return 0


cdef list entry_fields(Walk* walk, StreamEntry* entry):
    """Fields and values in turn."""
    cdef const char* field = walk.fields_at
    cdef const char* p = entry.first
    cdef bint same = (entry.flags & SAME_FIELDS) != 0
    cdef list found = []
    cdef int64_t i
    for i in range(entry.fields):
        if same:
            found.append(element_bytes(field))
            field = after(field)
        else:
            found.append(element_bytes(p))
            p = after(p)
        found.append(element_bytes(p))
        p = after(p)
    return found


# -- strangers' blobs --------------------------------------------------------------------------------

cdef const char* checked(const char* p, const char* end) noexcept nogil:
    """Behind the element at p if that is whole, before `end`, and none of ours alone; else NULL."""
    cdef uint8_t first
    cdef size_t n, rest
    cdef int i, size
    if p >= end:
        return NULL
    first = <uint8_t>p[0]
    if first > 0xF4 or (first == 0xF0 and end - p < 5) or (first >= 0xE0 and end - p < 2):
        return NULL
    n = forward_size(p)
    if n + back_size(n) > <size_t>(end - p):
        return NULL
    size = back_size(n)
    rest = n
    for i in range(size - 1, -1, -1):
        if <uint8_t>p[n + i] != ((rest & 127) | (128 if i else 0)):
            return NULL
        rest >>= 7
    return p + n + size


cdef const char* checked_integer(const char* p, const char* end, int64_t* number) noexcept nogil:
    cdef Element e
    cdef const char* behind = checked(p, end)
    if behind == NULL:
        return NULL
    read_element(p, &e)
    if e.kind != AN_INTEGER:
        return NULL
    number[0] = e.number
    return behind


cdef bint is_node(const char* blob, size_t length) noexcept nogil:
    """Is this a node whose entries can be walked safely? Their order is not looked at."""
    cdef const char* end = blob + length - 1
    cdef const char* p
    cdef int64_t live, gone, fields, zero, flags, number, own, count, i
    cdef int64_t elements = 4, seen_live = 0
    cdef uint16_t counted
    if length < SHORTEST or length > MOST_BYTES or blob_bytes(blob) != length:
        return False
    if <uint8_t>end[0] != END:
        return False
    p = checked_integer(blob + HEAD_BYTES, end, &live)
    if p != NULL:
        p = checked_integer(p, end, &gone)
    if p != NULL:
        p = checked_integer(p, end, &fields)
    if p == NULL or live < 0 or gone < 0 or fields < 0 or fields > <int64_t>length:
        return False
    for i in range(fields):
        p = checked(p, end)
        if p == NULL:
            return False
    p = checked_integer(p, end, &zero)
    if p == NULL or zero != 0 or (p - 2)[0] != 0:
        return False
    elements += fields
    count = 0
    while p < end:
        if <uint8_t>p[0] >= 0x80:
            return False
        p = checked_integer(p, end, &flags)
        if p == NULL or flags > (DELETED | SAME_FIELDS):
            return False
        p = checked_integer(p, end, &number)
        if p != NULL:
            p = checked_integer(p, end, &number)
        if p == NULL:
            return False
        own = 3
        if flags & SAME_FIELDS:
            own += fields
        else:
            p = checked_integer(p, end, &number)
            if p == NULL or number < 0 or number > <int64_t>length:
                return False
            own += 1 + 2 * number
        for i in range(fields if flags & SAME_FIELDS else 2 * number):
            p = checked(p, end)
            if p == NULL:
                return False
        p = checked_integer(p, end, &number)
        if p == NULL or number != own:
            return False
        elements += own + 1
        count += 1
        seen_live += not (flags & DELETED)
    memcpy(&counted, blob + 4, 2)
    if counted != UNCOUNTED and counted != elements:
        return False
    return seen_live == live and count == live + gone
