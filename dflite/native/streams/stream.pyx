# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Streams: the log of entries, what is known of those it has had, and the groups that read it.

A stream is an append-only log (stream_log.pxd) whose entries may be deleted or trimmed from its front. Of what
went it remembers as much as its groups need to tell how many entries they have yet to read. What concerns
a group itself is in stream_group.pyx.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free, malloc

cimport cython

from dflite.native.streams.stream_id cimport (
    id_bytes,
    id_of,
    is_equal,
    is_less,
    is_zero,
    make_id,
    number_of,
)
from dflite.native.streams.stream_index cimport Place, first_place, record_of, step
from dflite.native.streams.stream_log cimport (
    add_entry,
    check_log,
    copy_log,
    delete_entry,
    forget_behind,
    free_nodes,
    load_node,
    start_log,
    trim,
)
from dflite.native.streams.stream_node cimport Node, StreamEntry, blob_bytes
from dflite.native.streams.stream_range cimport (
    RangeWalk,
    edge,
    entries_in,
    find_entry,
    reply_entries,
    reply_entry,
    start_range,
)
from dflite.native.wire.reply cimport Reply

cdef enum:
    AT_HAND = 32                # texts of an entry that need no allocation
    LONGEST_ENTRY = 1 << 30     # bytes

cdef uint64_t TOP = <uint64_t>-1


@cython.final
@cython.no_gc
cdef class Stream(Value):
    """The entries of a stream. IDs are whole numbers, `ms << 64 | seq`."""

    encoding = b"stream"

    def __cinit__(self):
        start_log(&self.log)

    def __dealloc__(self):
        cdef int64_t budget = 0x7FFFFFFFFFFFFFFF
        free_nodes(&self.log, &budget)

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
        add_entry(&self.log, id, texts, count)
        self.added += 1
        self.last = id
        if self.log.length == 1:
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

    def reply_range(self, Reply reply not None, start: int, end: int, limit: int, reverse: bool) -> int:
        """Answer the entries from start to end, at most `limit` of them (0: all); how many they are."""
        cdef RangeWalk walk
        start_range(&walk, &self.log.nodes, id_of(start), id_of(end), reverse)
        return reply_entries(reply, &walk, self.log.length, limit)

    def reply_one(self, Reply reply not None, number: int) -> bool:
        """Answer the entry of that ID; nothing, and False, if there is none."""
        cdef RangeWalk walk
        cdef StreamEntry entry
        if not find_entry(&self.log.nodes, id_of(number), &walk, &entry):
            return False
        reply_entry(reply, &walk, &entry)
        return True

    def entries(self, start: int, end: int, limit: int = 0, reverse: bool = False) -> list[tuple[int, list[bytes]]]:
        """As `reply_range`, with fields and values in turn."""
        cdef RangeWalk walk
        start_range(&walk, &self.log.nodes, id_of(start), id_of(end), reverse)
        return entries_in(&walk, limit)

    def exists(self, number: int) -> bool:
        """Is there an entry of that ID?"""
        cdef RangeWalk walk
        cdef StreamEntry entry
        return find_entry(&self.log.nodes, id_of(number), &walk, &entry)

    def has_behind(self, number: int) -> bool:
        """Is there an entry behind this ID?"""
        cdef StreamId id
        return edge(&self.log.nodes, True, &id) and is_less(id_of(number), id)

    def first_entry_id(self) -> int:
        """The first ID there is, -1 without entries."""
        cdef StreamId id
        return number_of(id) if edge(&self.log.nodes, False, &id) else -1

    def last_entry_id(self) -> int:
        """The last ID there is, -1 without entries."""
        cdef StreamId id
        return number_of(id) if edge(&self.log.nodes, True, &id) else -1

    # -- taking away ---------------------------------------------------------------------------------

    cdef void note_first(self) noexcept nogil:
        """Look up the first ID anew."""
        if not edge(&self.log.nodes, False, &self.first):
            self.first = make_id(0, 0)

    def delete(self, number: int) -> bool:
        """Take an entry out; False if there is none of that ID."""
        cdef StreamId id = id_of(number)
        if not delete_entry(&self.log, id):
            return False
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
        cdef int64_t removed = trim(&self.log, most, make_id(0, 0), False, whole_nodes, limit)
        if removed:
            self.note_first()
        return removed

    def trim_to_id(self, least: int, whole_nodes: bool, limit: int) -> int:
        """As `trim_to_length`, of entries before the ID `least`."""
        cdef int64_t removed = trim(&self.log, 0, id_of(least), True, whole_nodes, limit)
        if removed:
            self.note_first()
        return removed

    # -- figures -------------------------------------------------------------------------------------

    def __len__(self):
        return self.log.length

    @property
    def last_id(self) -> int:
        """The highest ID there has been, or what XSETID says."""
        return number_of(self.last)

    @last_id.setter
    def last_id(self, number: int) -> None:
        self.last = id_of(number)
        forget_behind(&self.log, self.last)

    @property
    def first_id(self) -> int:
        """The first ID as it was noted, 0 without entries."""
        return number_of(self.first)

    @property
    def max_deleted_id(self) -> int:
        """The highest ID that was deleted, 0 before any was."""
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
        """Nodes that the entries lie in."""
        return self.log.nodes.count

    @property
    def memory(self) -> int:
        """Bytes of entries and groups."""
        cdef int64_t total = self.log.bytes + Stream.__basicsize__
        if self.groups is not None:
            for group in self.groups.values():
                total += group.memory
        return total

    # -- what a group has read -----------------------------------------------------------------------

    cdef bint has_gaps_from(self, StreamId id) noexcept nogil:
        """Was an entry deleted that is not before id?"""
        return (self.log.length > 0 and not is_zero(self.max_deleted)
                and not is_less(self.max_deleted, id))

    cdef int64_t counter_at(self, StreamId id) noexcept nogil:
        """How many entries there have ever been up to id, NO_COUNTER if that cannot be told."""
        if self.added == 0:
            return 0
        if self.log.length == 0 and not is_less(self.last, id):
            return self.added
        if not is_zero(id) and is_less(id, self.max_deleted):
            return NO_COUNTER
        if is_equal(id, self.last):
            return self.added
        if is_less(self.last, id):
            return NO_COUNTER
        if is_zero(self.max_deleted) or is_less(self.max_deleted, self.first):
            if is_less(id, self.first):
                return self.added - self.log.length
            if is_equal(id, self.first):
                return self.added - self.log.length + 1
        return NO_COUNTER

    # -- as a whole ----------------------------------------------------------------------------------

    def dump_nodes(self) -> list[tuple[int, bytes]]:
        """The nodes' IDs and blobs, in Redis' own form."""
        cdef Place place = first_place()
        cdef Node* node
        cdef list found = []
        while True:
            node = <Node*>record_of(&self.log.nodes, place)
            if node == NULL:
                return found
            found.append((number_of(node.id),
                          PyBytes_FromStringAndSize(node.blob, blob_bytes(node.blob))))
            step(&self.log.nodes, &place)

    def load_node(self, number: int, bytes blob not None) -> bool:
        """Add a node behind the others; False if it is no sound one.

        It counts towards the length only: the other figures are for whoever loads them.
        """
        cdef bint first = self.log.length == 0
        if not load_node(&self.log, id_of(number), PyBytes_AS_STRING(blob), PyBytes_GET_SIZE(blob)):
            return False
        if first and self.log.length:
            self.note_first()
        return True

    def copy(self) -> Stream:
        """An equal stream that shares nothing."""
        cdef Stream other = Stream()
        copy_log(&self.log, &other.log)
        other.added = self.added
        other.last = self.last
        other.first = self.first
        other.max_deleted = self.max_deleted
        if self.groups is not None:
            other.groups = {name: group.copy() for name, group in self.groups.items()}
        return other

    cdef size_t weight(self) noexcept:
        cdef size_t total = self.log.nodes.count
        if self.groups is not None:
            for group in self.groups.values():
                total += (<Value>group).weight()
        return total

    cdef bint dismantle(self, int64_t* budget) noexcept:
        if free_nodes(&self.log, budget):
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
        cdef StreamId last, id
        check_log(&self.log, &last)
        assert not is_less(self.last, last), "an entry behind the last ID"
        if edge(&self.log.nodes, False, &id):
            assert is_equal(id, self.first), "another first ID"
