# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Parts of a snapshot: large values, each written in slices, and told before they change.

A large hash, set or sorted set is an index with segments and gets a cut of its own, so that its members may
change meanwhile, as keys may. A large list, stream or string is written as it is: it is known by its key, and
before that changes, what is left of it is written, aside if its turn has not come.
"""

from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.base.clock cimport microseconds
from dflite.native.keyspace.directory cimport segment_for
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    ENC_OBJECT,
    T_STRING,
    key_length_of,
    key_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.segment cimport NEVER, SLOTS, Segment, after_prefix
from dflite.native.keyspace.value cimport bury
from dflite.native.rdb.save cimport save_element, save_node
from dflite.native.rdb.streams cimport save_behind_nodes
from dflite.native.rdb.streams cimport save_node as save_stream_node
from dflite.native.streams.stream cimport Stream
from dflite.native.streams.stream_index cimport Place, first_place
from dflite.native.values.list_nodes cimport Node
from dflite.native.values.packed_list cimport PackedList
from dflite.native.values.small cimport object_of

# From when on a value is a part of its own: elements, nodes of a list or a stream, bytes of a string, which
# then is not packed, and is written in pieces of so many bytes.
cdef size_t large_index = 1024
cdef size_t large_nodes = 16
cdef size_t large_string = 256 * 1024

cdef enum:
    AHEAD = 6                   # slots whose entries are asked for before they are needed


def set_part_sizes(size_t elements, size_t nodes, size_t bytes_of_string) -> None:
    """Other sizes from which values are written in slices; for tests."""
    global large_index, large_nodes, large_string
    large_index, large_nodes, large_string = elements, nodes, bytes_of_string


def part_sizes() -> tuple[int, int, int]:
    """What `set_part_sizes` changes."""
    return large_index, large_nodes, large_string


cdef bint is_large(Entry* e):
    """Would it take long to write the value at once?"""
    cdef object value
    if (e.kind & 0xF0) != ENC_OBJECT:
        return (e.kind & 0x0F) == T_STRING and value_length_of(e) >= large_string
    value = object_of(e)
    return (<Value>value).weight() >= (large_index if isinstance(value, Index) else large_nodes)


cdef Part part_of(KeyedCut cut, Entry* e, uint64_t h, int kind, Writer head):
    """The part that a large value is, written as `kind` behind its head; from now on it is told of changes."""
    cdef Part part
    cdef object value = object_of(e) if (e.kind & 0xF0) == ENC_OBJECT else None
    if value is None:
        part = string_part(e, head)
    elif isinstance(value, Index):
        part = index_part(<Index>value, kind, cut.version, head)
    elif isinstance(value, PackedList):
        part = list_part(<PackedList>value, head)
    else:
        part = stream_part(<Stream>value, kind, head)
    part.output = cut.output
    part.db = cut.db
    part.head = head
    if isinstance(part, KeyedPart):
        cut.watch(<KeyedPart>part, h)
    return part


cdef class Part(Cut):
    """A large value that is written by itself, in slices."""

    cdef Writer writer(self):
        """Where elements go: behind what is written of it, or aside until its turn comes."""
        if self.started:
            return self.output.out
        if self.early is None:
            self.early = Writer(self.output.out.packing)
        return self.early

    cdef int start(self) except -1:
        """Its turn has come."""
        cdef Writer out = self.output.begin_large(self.db)
        self.started = True
        out.put(self.head.buffer, self.head.size)
        if self.early is not None:
            out.put(self.early.buffer, self.early.size)
            self.early = None
        return 0

    cdef bint go_on(self, int64_t end_us) except -1:
        """Write until that time; True when all of it is written."""
        raise NotImplementedError

    cdef void let_go(self) noexcept:
        """The value is the table's alone again, or to be freed, in slices too."""
        cdef PyObject* value
        if self.value is not None:
            value = <PyObject*>self.value
            Py_INCREF(self.value)
            self.value = None
            bury(value)

    cdef size_t memory(self) noexcept:
        """Bytes that wait for its turn."""
        return 0 if self.early is None else self.early.capacity


# -- hashes, sets and sorted sets --------------------------------------------------------------------


@cython.final
cdef class IndexPart(Part):
    """An index: segments are written before they change, as those of tables are."""

    cdef int kind
    cdef uint64_t at

    cdef void let_go(self) noexcept:
        if self.value is not None:
            (<Index>self.value).cut = None
        Part.let_go(self)

    cdef void save_before(self, Value index, uint64_t h) noexcept:
        cdef Segment* s = segment_for(&(<Index>index).directory, h)
        try:
            if s.version < self.version:
                self.save(s, self.writer())
        except BaseException as error:
            self.output.failure = error

    cdef int save(self, Segment* s, Writer writer) except -1:
        cdef size_t i, n = <size_t>s.buckets * SLOTS
        for i in range(n):
            if i + AHEAD < n and s.slots[i + AHEAD] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + AHEAD]))
            if s.slots[i] != 0:
                save_element(writer, slot_entry(s.slots[i]), self.kind)
        s.version = self.version
        return 0

    cdef bint go_on(self, int64_t end_us) except -1:
        cdef Index index = <Index>self.value
        cdef Segment* s
        if index.directory.places == NULL:
            return True
        while True:
            s = segment_for(&index.directory, self.at)
            if s.version < self.version:
                self.save(s, self.output.out)
            self.at = after_prefix(self.at, s.depth)
            if self.at == 0:
                return True
            if microseconds() >= end_us:
                return False


cdef IndexPart index_part(Index index, int kind, uint64_t version, Writer head):
    cdef IndexPart part = IndexPart.__new__(IndexPart)
    part.value = index
    part.kind = kind
    part.version = version
    head.put_length(index.count)
    index.cut = part
    return part


# -- lists, streams and strings ----------------------------------------------------------------------


cdef class KeyedCut(Cut):
    """A cut of a table that tells its large values of changes to their keys."""

    def __cinit__(self):
        self.keyed = []

    cdef int watch(self, KeyedPart part, uint64_t h) except -1:
        """From now on the part is told before the key of this hash changes."""
        part.owner = self
        part.hash = h
        self.keyed.append(part)
        self.watched = <size_t>len(self.keyed)
        return 0

    cdef int leave(self, KeyedPart part) except -1:
        """The part need not be told any more."""
        self.keyed.remove(part)
        self.watched = <size_t>len(self.keyed)
        return 0

    cdef int finish(self, uint64_t h) except -1:
        """A key of this hash is about to change."""
        cdef KeyedPart part
        for part in self.keyed:
            if part.hash == h:
                part.finish()
        return 0


cdef class KeyedPart(Part):
    """A value whose changes are told by its key; before the first one it is written to its end."""

    cdef int finish(self) except -1:
        """Write what is left of it now."""
        if not self.finished:
            self.write(self.writer(), NEVER)
            self.finished = True
        return 0

    cdef bint go_on(self, int64_t end_us) except -1:
        if not self.finished:
            self.finished = self.write(self.output.out, end_us)
        return self.finished

    cdef bint write(self, Writer writer, int64_t end_us) except -1:
        """Write on until that time; True at its end."""
        raise NotImplementedError

    cdef void let_go(self) noexcept:
        if self.owner is not None:
            self.owner.leave(self)
            self.owner = None
        Part.let_go(self)


@cython.final
cdef class ListPart(KeyedPart):
    cdef Node* node

    cdef bint write(self, Writer writer, int64_t end_us) except -1:
        while self.node != NULL:
            save_node(writer, self.node)
            self.node = self.node.next
            if microseconds() >= end_us:
                break
        return self.node == NULL


cdef ListPart list_part(PackedList value, Writer head):
    cdef ListPart part = ListPart.__new__(ListPart)
    part.value = value
    part.node = value.chain.head
    head.put_length(value.chain.nodes)
    return part


@cython.final
cdef class StreamPart(KeyedPart):
    cdef Place place
    cdef int kind

    cdef bint write(self, Writer writer, int64_t end_us) except -1:
        while save_stream_node(writer, <Stream>self.value, &self.place):
            if microseconds() >= end_us:
                return False
        save_behind_nodes(writer, <Stream>self.value, self.kind)
        return True


cdef StreamPart stream_part(Stream stream, int kind, Writer head):
    cdef StreamPart part = StreamPart.__new__(StreamPart)
    part.value = stream
    part.place = first_place()
    part.kind = kind
    head.put_length(stream.log.nodes.count)
    return part


@cython.final
cdef class StringPart(KeyedPart):
    cdef bytes key
    cdef size_t at

    cdef bint write(self, Writer writer, int64_t end_us) except -1:
        cdef Entry* e = self.owner.table.entry_of(self.key)
        cdef size_t length = value_length_of(e), n
        while self.at < length:
            n = min(length - self.at, large_string)
            writer.put(value_of(e) + self.at, n)
            self.at += n
            if microseconds() >= end_us:
                break
        return self.at >= length


cdef StringPart string_part(Entry* e, Writer head):
    cdef StringPart part = StringPart.__new__(StringPart)
    part.key = key_of(e)[:key_length_of(e)]
    head.put_length(value_length_of(e))
    return part
