# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Streams: entries in order of their IDs, packed into nodes under an index.

A stream is an append-only log whose entries may be deleted or trimmed from its front. Entries of about
the same fields lie together in nodes (stream_node.pxd), and the index (stream_index.pxd) has the first ID
of each node, so that a range is found in O(log n) and read in O(entries). What concerns consumer groups
is in stream_group.pyx.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memmove

cimport cython

from dflite.native.base.bytesops cimport format_int64
from dflite.native.keyspace.entry cimport allocated
from dflite.native.keyspace.value cimport held_bytes
from dflite.native.streams.stream_id cimport (
    ID_CHARS,
    format_id,
    id_bytes,
    id_of,
    is_equal,
    is_less,
    is_zero,
    make_id,
    number_of,
)
from dflite.native.streams.stream_index cimport (
    IdIndex,
    add_record,
    check_index,
    drop_block,
    end_place,
    find_record,
    first_place,
    index_memory,
    record_id,
    record_of,
    remove_record,
    seek,
    start_index,
    step,
    step_back,
)
from dflite.native.streams.stream_node cimport (
    DELETED,
    all_entries,
    append_entry,
    blob_bytes,
    copy_node,
    cut_behind,
    entry_fields,
    fits,
    free_node,
    is_node,
    last_id_of,
    live_entries,
    mark_deleted,
    new_node,
    next_entry,
    previous_entry,
    reply_fields,
    shrink_node,
    start_walk,
)
from dflite.native.values.thresholds cimport stream_node_max_entries

cdef enum:
    AT_HAND = 32                # texts of an entry that need no allocation
    LONGEST_ENTRY = 1 << 30     # bytes
    QUICKLY = 100               # nodes that are trimmed in next to no time
    FEWEST = 10_000             # entries, where nodes have no bound of theirs

cdef uint64_t TOP = <uint64_t>-1


# -- ways through a range ----------------------------------------------------------------------------

cdef bint advance(Way* way, StreamEntry* entry) noexcept nogil:
    """On to the next entry in the range that is not deleted; False at its end."""
    cdef Node* node
    while True:
        if not way.open:
            if way.reverse:
                if not step_back(way.nodes, &way.place):
                    return False
            node = <Node*>record_of(way.nodes, way.place)
            if node == NULL:
                return False
            start_walk(&way.walk, node)
            if way.reverse:
                way.walk.at = way.walk.end
            way.open = True
        if way.reverse:
            while previous_entry(&way.walk, entry):
                if is_less(entry.id, way.start):
                    return False
                if not entry.flags & DELETED and not is_less(way.end, entry.id):
                    return True
        else:
            while next_entry(&way.walk, entry):
                if is_less(way.end, entry.id):
                    return False
                if not entry.flags & DELETED and not is_less(entry.id, way.start):
                    return True
            step(way.nodes, &way.place)
        way.open = False


cdef int reply_entry(Reply reply, Walk* walk, StreamEntry* entry) except -1:
    """Answer an ID with fields and values."""
    cdef char[ID_CHARS] text
    reply.put(b"*2\r\n", 4)
    reply.put_bulk(text, format_id(entry.id, text))
    return reply_fields(reply, walk, entry)


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
    for before in range(size):
        p[before] = text[before]
    return 0


@cython.final
@cython.no_gc
cdef class Stream(Value):
    """The entries of a stream. IDs are whole numbers, `ms << 64 | seq`."""

    encoding = b"stream"

    def __cinit__(self):
        start_index(&self.nodes, sizeof(Node))

    def __dealloc__(self):
        cdef int64_t budget = 0x7FFFFFFFFFFFFFFF
        free_nodes(&self.nodes, &budget)

    # -- adding --------------------------------------------------------------------------------------

    cdef bint choose_id(self, int64_t now_ms, bint given, bint any_seq, StreamId* id) noexcept nogil:
        """Complete the ID of a new entry; False if there is none behind the last one."""
        if not given:
            id[0] = make_id(now_ms, 0)
            if not is_less(self.last, id[0]):
                id[0] = make_id(self.last.ms + (self.last.seq == TOP), self.last.seq + 1)
        elif any_seq and id.ms == self.last.ms and self.last.seq != TOP:
            id.seq = self.last.seq + 1
        return is_less(self.last, id[0])

    cdef int add_texts(self, StreamId id, Text* texts, size_t count) except -1:
        """An entry of fields and values in turn under an ID behind the last one."""
        cdef int64_t held = held_bytes()
        cdef Place place = end_place(&self.nodes)
        cdef Node* node = NULL
        cdef size_t length = 0, i
        cdef char* blob
        if step_back(&self.nodes, &place):
            node = <Node*>record_of(&self.nodes, place)
            for i in range(count):
                length += texts[i].length
            if not fits(node.blob, length):
                node.blob = shrink_node(node.blob)
                node = NULL
        if node == NULL:
            blob = new_node(texts, count)
            try:
                blob = append_entry(blob, id, id, texts, count)
                node = <Node*>add_record(&self.nodes, id)
            except MemoryError:
                free_node(blob)
                raise
            node.blob = blob
        else:
            node.blob = append_entry(node.blob, node.id, id, texts, count)
        self.node_bytes += held_bytes() - held
        self.length += 1
        self.added += 1
        self.last = id
        if self.length == 1:
            self.first = id
        return 0

    def add(self, now_ms: int, wanted: int, any_seq: bool, argv: list, at: int) -> bytes | None:
        """Add what follows `at` in argv, fields and values in turn; the text of its ID.

        Without an ID (-1) it is made of the time, with `any_seq` its second half is. None if the ID is
        not behind all there have been. OverflowError if it is longer than a node may be.
        """
        cdef StreamId id
        cdef Text[AT_HAND] at_hand
        cdef Text* texts = at_hand
        cdef size_t first = at, count = len(argv) - first, length = 0, i
        cdef bytes text
        cdef bint given = wanted >= 0
        if given:
            id = id_of(wanted)
        if not self.choose_id(now_ms, given, any_seq, &id):
            return None
        if count > AT_HAND:
            texts = <Text*>malloc(count * sizeof(Text))
            if texts == NULL:
                raise MemoryError
        try:
            for i in range(count):
                text = <bytes?>argv[first + i]
                texts[i].data = PyBytes_AS_STRING(text)
                texts[i].length = PyBytes_GET_SIZE(text)
                length += texts[i].length
            if length > LONGEST_ENTRY:
                raise OverflowError("an entry too long for a node")
            self.add_texts(id, texts, count)
        finally:
            if texts != at_hand:
                free(texts)
        return id_bytes(id)

    # -- reading -------------------------------------------------------------------------------------

    cdef void start(self, Way* way, StreamId start, StreamId end, bint reverse) noexcept nogil:
        """A way through the entries from start to end, both included; backwards with `reverse`."""
        cdef char* record
        way.nodes = &self.nodes
        way.start = start
        way.end = end
        way.reverse = reverse
        way.open = False
        way.place = seek(&self.nodes, end if reverse else start)
        record = record_of(&self.nodes, way.place)
        if reverse:     # advance() steps back before it looks
            if record != NULL and is_equal(record_id(record), end):
                step(&self.nodes, &way.place)
        elif record == NULL or not is_equal(record_id(record), start):
            step_back(&self.nodes, &way.place)

    cdef bint find_entry(self, StreamId id, Way* way, StreamEntry* entry) noexcept nogil:
        self.start(way, id, id, False)
        return advance(way, entry)

    cdef bint edge(self, bint reverse, StreamId* id) noexcept nogil:
        """The first ID there is, or the last one; False if there is none."""
        cdef Way way
        cdef StreamEntry entry
        self.start(&way, make_id(0, 0), make_id(TOP, TOP), reverse)
        if not advance(&way, &entry):
            return False
        id[0] = entry.id
        return True

    def reply_range(self, Reply reply not None, start: int, end: int, limit: int, reverse: bool) -> int:
        """Answer the entries from start to end, at most `limit` of them (0: all); how many they are."""
        cdef Way way
        cdef StreamEntry entry
        cdef int64_t most = limit, n = 0, expected = self.length
        cdef size_t mark
        if most > 0:
            expected = min(expected, most)
        mark = open_array(reply, expected)
        self.start(&way, id_of(start), id_of(end), reverse)
        while advance(&way, &entry):
            reply_entry(reply, &way.walk, &entry)
            n += 1
            if n == most:
                break
        close_array(reply, mark, expected, n)
        return n

    def reply_one(self, Reply reply not None, number: int) -> bool:
        """Answer the entry of that ID; nothing, and False, if there is none."""
        cdef Way way
        cdef StreamEntry entry
        if not self.find_entry(id_of(number), &way, &entry):
            return False
        reply_entry(reply, &way.walk, &entry)
        return True

    def entries(self, start: int, end: int, limit: int = 0, reverse: bool = False) -> list[tuple[int, list[bytes]]]:
        """As `reply_range`, with fields and values in turn."""
        cdef Way way
        cdef StreamEntry entry
        cdef list found = []
        self.start(&way, id_of(start), id_of(end), reverse)
        while advance(&way, &entry):
            found.append((number_of(entry.id), entry_fields(&way.walk, &entry)))
            if len(found) == limit:
                break
        return found

    def exists(self, number: int) -> bool:
        """Is there an entry of that ID?"""
        cdef Way way
        cdef StreamEntry entry
        return self.find_entry(id_of(number), &way, &entry)

    def has_behind(self, number: int) -> bool:
        """Is there an entry behind this ID?"""
        cdef StreamId id
        return self.edge(True, &id) and is_less(id_of(number), id)

    def first_entry_id(self) -> int:
        """The first ID there is, -1 without entries."""
        cdef StreamId id
        return number_of(id) if self.edge(False, &id) else -1

    def last_entry_id(self) -> int:
        """The last ID there is, -1 without entries."""
        cdef StreamId id
        return number_of(id) if self.edge(True, &id) else -1

    # -- taking away ---------------------------------------------------------------------------------

    cdef int note_first(self) noexcept nogil:
        """Look up the first ID anew."""
        if not self.edge(False, &self.first):
            self.first = make_id(0, 0)
        return 0

    def delete(self, number: int) -> bool:
        """Take an entry out; False if there is none of that ID."""
        cdef StreamId id = id_of(number)
        cdef int64_t held = held_bytes()
        cdef Way way
        cdef StreamEntry entry
        cdef Node* node
        if not self.find_entry(id, &way, &entry):
            return False
        node = <Node*>record_of(&self.nodes, way.place)
        if live_entries(node.blob) == 1:
            free_node(node.blob)
            remove_record(&self.nodes, &way.place)
        else:
            (<char*>entry.flags_at)[0] |= DELETED
            node.blob = mark_deleted(node.blob, 1)
        self.node_bytes += held_bytes() - held
        self.length -= 1
        if is_less(self.max_deleted, id):
            self.max_deleted = id
        if is_equal(id, self.first):
            self.note_first()
        return True

    def trim_to_length(self, most: int, whole_nodes: bool, limit: int) -> int:
        """Take entries from the front until there are no more than `most`; how many they were.

        With `whole_nodes` only nodes that may go as a whole; never more than `limit` (0: any number;
        -1: as many as can be trimmed quickly).
        """
        return self.trim(most, make_id(0, 0), False, whole_nodes, limit)

    def trim_to_id(self, least: int, whole_nodes: bool, limit: int) -> int:
        """As `trim_to_length`, of entries before the ID `least`."""
        return self.trim(0, id_of(least), True, whole_nodes, limit)

    cdef int64_t trim(self, int64_t most, StreamId least, bint by_id, bint whole_nodes, int64_t limit) except -1:
        cdef int64_t held = held_bytes(), removed = 0, live
        cdef Place place
        cdef Node* node
        cdef bint whole
        if limit < 0:
            limit = FEWEST
            if 0 < stream_node_max_entries:
                limit = QUICKLY * min(stream_node_max_entries, <int64_t>FEWEST)
        while by_id or self.length > most:
            place = first_place()
            node = <Node*>record_of(&self.nodes, place)
            if node == NULL:
                break
            live = live_entries(node.blob)
            if limit and removed + live > limit:
                break
            if by_id:
                whole = is_less(last_id_of(node), least)
            else:
                whole = self.length - live >= most
            if whole:
                free_node(node.blob)
                remove_record(&self.nodes, &place)
                self.length -= live
                removed += live
                continue
            if not whole_nodes:
                removed += self.trim_node(node, most, least, by_id)
            break
        self.node_bytes += held_bytes() - held
        if removed:
            self.note_first()
        return removed

    cdef int64_t trim_node(self, Node* node, int64_t most, StreamId least, bint by_id) except -1:
        """Mark entries at the front of a node as deleted."""
        cdef Walk walk
        cdef StreamEntry entry
        cdef int64_t removed = 0
        start_walk(&walk, node)
        while (by_id or self.length > most) and next_entry(&walk, &entry):
            if by_id and not is_less(entry.id, least):
                break
            if not entry.flags & DELETED:
                (<char*>entry.flags_at)[0] |= DELETED
                removed += 1
                self.length -= 1
        if removed:
            node.blob = mark_deleted(node.blob, removed)
        return removed

    cdef int forget_behind(self, StreamId last) except -1:
        """Let go of what was deleted behind an ID, so that entries of those IDs may be added again."""
        cdef int64_t held = held_bytes()
        cdef Place place
        cdef Node* node
        while True:
            place = end_place(&self.nodes)
            if not step_back(&self.nodes, &place):
                break
            node = <Node*>record_of(&self.nodes, place)
            if not is_less(last, last_id_of(node)):
                break
            if live_entries(node.blob):
                node.blob = cut_behind(node, last)
                break
            free_node(node.blob)
            remove_record(&self.nodes, &place)
        self.node_bytes += held_bytes() - held
        return 0

    # -- figures -------------------------------------------------------------------------------------

    def __len__(self):
        return self.length

    @property
    def last_id(self) -> int:
        """The highest ID there has been, or what XSETID says."""
        return number_of(self.last)

    @last_id.setter
    def last_id(self, number: int) -> None:
        self.last = id_of(number)
        self.forget_behind(self.last)

    @property
    def first_id(self) -> int:
        """The first ID as it was noted, 0 without entries."""
        return number_of(self.first)

    @property
    def max_deleted_id(self) -> int:
        return number_of(self.max_deleted)

    @max_deleted_id.setter
    def max_deleted_id(self, number: int) -> None:
        self.max_deleted = id_of(number)

    @property
    def entries_added(self) -> int:
        """Entries that have ever been added."""
        return self.added

    @entries_added.setter
    def entries_added(self, n: int) -> None:
        self.added = n

    @property
    def node_count(self) -> int:
        return self.nodes.count

    @property
    def memory(self) -> int:
        """Bytes of entries and groups."""
        cdef int64_t total = self.node_bytes + Stream.__basicsize__
        if self.groups is not None:
            for group in self.groups.values():
                total += group.memory
        return total

    def tree_nodes(self) -> int:
        """The nodes that Redis' radix tree of the nodes' IDs would have."""
        cdef Place place = first_place()
        cdef StreamId id
        cdef int depth, shared = -1, ahead, above
        cdef int64_t total = 0
        cdef list branches = []     # bytes in front of the branches on the way to the last leaf
        if self.nodes.count == 0:
            return 1
        while True:
            id = record_id(record_of(&self.nodes, place))
            step(&self.nodes, &place)
            ahead = -1
            if record_of(&self.nodes, place) != NULL:
                ahead = shared_bytes(id, record_id(record_of(&self.nodes, place)))
            # a leaf, and the bytes that stand alone between it and the branch above
            depth = max(shared, ahead)
            total += 1 + (depth < 15)
            while branches and branches[len(branches) - 1] > ahead:
                depth = branches.pop()
                above = max(ahead, branches[len(branches) - 1] if branches else -1)
                total += 1 + (depth > above + 1)
            if ahead < 0:
                return total
            if not branches or branches[len(branches) - 1] < ahead:
                branches.append(ahead)
            shared = ahead

    # -- what a group has read -----------------------------------------------------------------------

    cdef bint has_gaps_from(self, StreamId id) noexcept nogil:
        """Was an entry deleted that is not before id?"""
        return (self.length > 0 and not is_zero(self.max_deleted)
                and not is_less(self.max_deleted, id))

    cdef int64_t counter_at(self, StreamId id) noexcept nogil:
        """How many entries there have ever been up to id, NO_COUNTER if that cannot be told."""
        if self.added == 0:
            return 0
        if self.length == 0 and not is_less(self.last, id):
            return self.added
        if not is_zero(id) and is_less(id, self.max_deleted):
            return NO_COUNTER
        if is_equal(id, self.last):
            return self.added
        if is_less(self.last, id):
            return NO_COUNTER
        if is_zero(self.max_deleted) or is_less(self.max_deleted, self.first):
            if is_less(id, self.first):
                return self.added - self.length
            if is_equal(id, self.first):
                return self.added - self.length + 1
        return NO_COUNTER

    # -- as a whole ----------------------------------------------------------------------------------

    def dump_nodes(self) -> list[tuple[int, bytes]]:
        """The nodes' IDs and blobs, in Redis' own form."""
        cdef Place place = first_place()
        cdef Node* node
        cdef list found = []
        while True:
            node = <Node*>record_of(&self.nodes, place)
            if node == NULL:
                return found
            found.append((number_of(node.id),
                          PyBytes_FromStringAndSize(node.blob, blob_bytes(node.blob))))
            step(&self.nodes, &place)

    def load_node(self, number: int, bytes blob not None) -> bool:
        """Add a node behind the others; False if it is no sound one.

        It counts towards the length only: the other figures are for whoever loads them.
        """
        cdef StreamId id = id_of(number), last
        cdef int64_t held = held_bytes(), live
        cdef Place place = end_place(&self.nodes)
        cdef Node loaded
        cdef Node* node
        cdef Walk walk
        cdef StreamEntry entry
        if not is_node(PyBytes_AS_STRING(blob), PyBytes_GET_SIZE(blob)):
            return False
        if step_back(&self.nodes, &place):
            last = last_id_of(<Node*>record_of(&self.nodes, place))
            if not is_less(last, id):
                return False
        loaded.id = id
        loaded.blob = PyBytes_AS_STRING(blob)
        start_walk(&walk, &loaded)
        if is_zero(id) or not next_entry(&walk, &entry) or not is_equal(entry.id, id):
            return False
        last = id
        while next_entry(&walk, &entry):
            if not is_less(last, entry.id):
                return False
            last = entry.id
        loaded.blob = copy_node(loaded.blob)
        try:
            node = <Node*>add_record(&self.nodes, id)
        except MemoryError:
            free_node(loaded.blob)
            raise
        node.blob = loaded.blob
        live = live_entries(node.blob)
        self.length += live
        self.node_bytes += held_bytes() - held
        if live and live == self.length:
            self.note_first()
        return True

    def copy(self) -> Stream:
        """An equal stream that shares nothing."""
        cdef Stream other = Stream()
        cdef Place place = first_place()
        cdef Node* node
        cdef Node* copied
        cdef char* blob
        cdef int64_t held = held_bytes()
        while True:
            node = <Node*>record_of(&self.nodes, place)
            if node == NULL:
                break
            blob = copy_node(node.blob)
            try:
                copied = <Node*>add_record(&other.nodes, node.id)
            except MemoryError:
                free_node(blob)
                raise
            copied.blob = blob
            step(&self.nodes, &place)
        other.node_bytes = held_bytes() - held
        other.length = self.length
        other.added = self.added
        other.last = self.last
        other.first = self.first
        other.max_deleted = self.max_deleted
        if self.groups is not None:
            other.groups = {name: group.copy() for name, group in self.groups.items()}
        return other

    cdef size_t weight(self) noexcept:
        cdef size_t total = self.nodes.count
        if self.groups is not None:
            for group in self.groups.values():
                total += (<Value>group).weight()
        return total

    cdef bint dismantle(self, int64_t* budget) noexcept:
        if free_nodes(&self.nodes, budget):
            return True
        while self.groups and budget[0] > 0:
            name = next(iter(self.groups))
            if (<Value>self.groups[name]).dismantle(budget):
                return True
            del self.groups[name]
            budget[0] -= 1
        return bool(self.groups)

    def check(self) -> None:
        """Assert that figures and entries agree; for tests."""
        cdef Place place = first_place()
        cdef int64_t total = 0, live, gone, bytes_held = index_memory(&self.nodes)
        cdef StreamId last = make_id(0, 0), id
        cdef Walk walk
        cdef StreamEntry entry
        cdef Node* node
        check_index(&self.nodes)
        while True:
            node = <Node*>record_of(&self.nodes, place)
            if node == NULL:
                break
            assert is_node(node.blob, blob_bytes(node.blob)), "a broken node"
            bytes_held += allocated(node.blob)
            start_walk(&walk, node)
            live = gone = 0
            while next_entry(&walk, &entry):
                assert is_less(last, entry.id), "entries out of order"
                assert live + gone > 0 or is_equal(node.id, entry.id), "a node of another ID"
                last = entry.id
                gone += entry.flags & DELETED
                live += not (entry.flags & DELETED)
            assert live == live_entries(node.blob) and live + gone == all_entries(node.blob)
            total += live
            step(&self.nodes, &place)
        assert total == self.length, "entries counted wrong"
        assert not is_less(self.last, last), "an entry behind the last ID"
        if self.edge(False, &id):
            assert is_equal(id, self.first), "another first ID"
        assert bytes_held == self.node_bytes, (bytes_held, self.node_bytes)


cdef bint free_nodes(IdIndex* nodes, int64_t* budget) noexcept nogil:
    """Free nodes, the last ones first, until the budget is used up; True while there are more."""
    cdef Place place
    cdef size_t block
    while nodes.block_count and budget[0] > 0:
        place.block = nodes.block_count - 1
        place.at = 0
        block = place.block
        while record_of(nodes, place) != NULL:
            free_node((<Node*>record_of(nodes, place)).blob)
            budget[0] -= 1
            step(nodes, &place)
        drop_block(nodes)
    return nodes.block_count > 0


cdef int shared_bytes(StreamId a, StreamId b) noexcept nogil:
    """How many bytes two IDs have in common at the front, most significant ones first."""
    cdef uint64_t difference = a.ms ^ b.ms
    cdef int n = 0
    if difference == 0:
        difference = a.seq ^ b.seq
        n = 8
    while not difference >> 56:
        difference <<= 8
        n += 1
    return n
