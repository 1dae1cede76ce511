# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Walking through the entries of a stream from one ID to another, and answering them.

The index of nodes leads to the node where a range begins, O(log n); from there on entries are walked one by
one, in either direction, past those that are deleted.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memmove

from dflite.native.base.bytesops cimport format_int64
from dflite.native.streams.stream_id cimport (
    ID_CHARS,
    format_id,
    is_equal,
    is_less,
    make_id,
    number_of,
)
from dflite.native.streams.stream_index cimport (
    record_id,
    record_of,
    seek,
    step,
    step_back,
)
from dflite.native.streams.stream_node cimport (
    DELETED,
    Node,
    entry_fields,
    next_entry,
    previous_entry,
    reply_fields,
    start_walk,
)

cdef uint64_t TOP = <uint64_t>-1


# -- walking -----------------------------------------------------------------------------------------


cdef void start_range(RangeWalk* walk, IdIndex* nodes, StreamId start, StreamId end, bint reverse) noexcept nogil:
    """The entries from start to end, both included; backwards with `reverse`."""
    cdef char* record
    walk.nodes = nodes
    walk.start = start
    walk.end = end
    walk.reverse = reverse
    walk.open = False
    walk.place = seek(nodes, end if reverse else start)
    record = record_of(nodes, walk.place)
    if reverse:     # advance() steps back before it looks
        if record != NULL and is_equal(record_id(record), end):
            step(nodes, &walk.place)
    elif record == NULL or not is_equal(record_id(record), start):
        step_back(nodes, &walk.place)


cdef bint advance(RangeWalk* walk, StreamEntry* entry) noexcept nogil:
    """On to the next entry in the range that is not deleted; False at its end."""
    cdef Node* node
    while True:
        if not walk.open:
            if walk.reverse:
                if not step_back(walk.nodes, &walk.place):
                    return False
            node = <Node*>record_of(walk.nodes, walk.place)
            if node == NULL:
                return False
            start_walk(&walk.within, node)
            if walk.reverse:
                walk.within.at = walk.within.end
            walk.open = True
        if walk.reverse:
            while previous_entry(&walk.within, entry):
                if is_less(entry.id, walk.start):
                    return False
                if not entry.flags & DELETED and not is_less(walk.end, entry.id):
                    return True
        else:
            while next_entry(&walk.within, entry):
                if is_less(walk.end, entry.id):
                    return False
                if not entry.flags & DELETED and not is_less(entry.id, walk.start):
                    return True
            step(walk.nodes, &walk.place)
        walk.open = False


cdef bint find_entry(IdIndex* nodes, StreamId id, RangeWalk* walk, StreamEntry* entry) noexcept nogil:
    """Walk to the entry of that ID; False if there is none."""
    start_range(walk, nodes, id, id, False)
    return advance(walk, entry)


cdef bint edge(IdIndex* nodes, bint reverse, StreamId* id) noexcept nogil:
    """The first ID there is, or with `reverse` the last one; False if there is none."""
    cdef RangeWalk walk
    cdef StreamEntry entry
    start_range(&walk, nodes, make_id(0, 0), make_id(TOP, TOP), reverse)
    if not advance(&walk, &entry):
        return False
    id[0] = entry.id
    return True


# -- answering ---------------------------------------------------------------------------------------


cdef int64_t reply_entries(Reply reply, RangeWalk* walk, int64_t expected, int64_t limit) except -1:
    """Answer a walk, at most `limit` entries (0: all), `expected` of them at most; how many they are."""
    cdef StreamEntry entry
    cdef int64_t n = 0
    cdef size_t mark
    if limit > 0:
        expected = min(expected, limit)
    mark = open_array(reply, expected)
    while advance(walk, &entry):
        reply_entry(reply, walk, &entry)
        n += 1
        if n == limit:
            break
    close_array(reply, mark, expected, n)
    return n


cdef int reply_entry(Reply reply, RangeWalk* walk, StreamEntry* entry) except -1:
    """Answer the ID that a walk has come to, with fields and values."""
    cdef char[ID_CHARS] text
    reply.put(b"*2\r\n", 4)
    reply.put_bulk(text, format_id(entry.id, text))
    return reply_fields(reply, &walk.within, entry)


cdef list entries_in(RangeWalk* walk, int64_t limit):
    """(ID, fields and values in turn) of a walk, at most `limit` entries (0: all)."""
    cdef StreamEntry entry
    cdef list found = []
    while advance(walk, &entry):
        found.append((number_of(entry.id), entry_fields(&walk.within, &entry)))
        if len(found) == limit:
            break
    return found


cdef size_t open_array(Reply reply, int64_t expected) except? 0xFFFFFFFF:
    """Begin an array that will perhaps have so many elements; the mark that `close_array` wants."""
    cdef size_t mark = reply.end - reply.start
    reply.put_head(42, expected)
    return mark


cdef int close_array(Reply reply, size_t mark, int64_t expected, int64_t n) except -1:
    """The array has n elements after all."""
    cdef char[24] text
    cdef int size, before
    cdef char* p
    if n == expected:
        return 0
    before = format_int64(expected, text)
    size = format_int64(n, text)
    if size > before:
        reply.reserve(size - before)
    p = reply.buffer + reply.start + mark + 1
    if size != before:
        memmove(p + size, p + before, reply.end - reply.start - mark - 1 - before)
        reply.end += size - before
    memcpy(p, text, size)
    return 0
