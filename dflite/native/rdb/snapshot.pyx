# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A snapshot: all keys of some tables as they were at one moment, as RDB, while the tables go on changing.

    s = Snapshot(...)           the moment: from now on every table has a cut
    while s.run(500): send(s.take())

A walk goes through the segments of each table by hash. An entry that is about to change while its segment
is not written yet has the whole segment written before that (Cut.save_before), so that what is kept twice
is never more than a segment. Segments remember the version of the snapshot that has written them.

What would take long at once is a part of its own, written in slices: a large hash, set or sorted set is an
index too and gets its own cut, so that its members may change meanwhile. A large list, stream or string is
written as it is; if something is about to change it, the rest of it is written first. While a part is being
written, keys that have to be written at once wait aside, since the elements of a key lie together in a file.

The order of keys in RDB, and of elements but for lists' and streams', means nothing.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.ref cimport Py_INCREF, PyObject
from libc.stdint cimport int64_t, uint32_t, uint64_t
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cimport cython

from dflite.native.keyspace.cut cimport Cut
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    ENC_OBJECT,
    F_STICKY,
    T_STRING,
    Entry,
    deadline_of,
    key_length_of,
    key_of,
    mc_flags_of,
    slot_entry,
    value_length_of,
    value_of,
)
from dflite.native.keyspace.index cimport Index, hash_key
from dflite.native.keyspace.segment cimport SLOTS, Segment, after_prefix
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.value cimport Value, bury
from dflite.native.rdb.save cimport kind_for, save_element, save_node, save_value
from dflite.native.rdb.streams cimport save_behind_nodes
from dflite.native.rdb.streams cimport save_node as save_stream_node
from dflite.native.rdb.types cimport (
    FOR_DFLITE,
    FOR_REDIS_7_0,
    FOR_REDIS_7_2,
    FOR_VALKEY_9,
    OP_AUX,
    OP_DEADLINE,
    OP_IDLE,
    OP_RESIZE,
    OP_SELECT,
    RDB_STREAM_2,
    RDB_STREAM_3,
    RDB_STRING,
)
from dflite.native.rdb.writer cimport Writer
from dflite.native.streams.stream cimport Stream
from dflite.native.streams.stream_index cimport Place, first_place
from dflite.native.values.packed_list cimport Node, PackedList
from dflite.native.values.small cimport object_of

# From when on a value is a part of its own: elements, nodes of a list or a stream, bytes of a string, which
# then is not packed, and is written in pieces of so many bytes.
cdef size_t large_index = 1024
cdef size_t large_nodes = 16
cdef size_t large_string = 256 * 1024

cdef enum:
    AHEAD = 6                   # slots whose entries are asked for before they are needed

cdef uint64_t versions = 0      # of snapshots so far

# What Redis does not know of a key goes before it as an auxiliary field, which it skips.
KEY_FIELD = b"dflite-key"

# Who is to read a snapshot: the more, the fewer forms of values may be used.
READ_BY_DFLITE = FOR_DFLITE
READ_BY_VALKEY_9 = FOR_VALKEY_9
READ_BY_REDIS_7_2 = FOR_REDIS_7_2
READ_BY_REDIS_7_0 = FOR_REDIS_7_0


cdef inline int64_t now_ns() noexcept nogil:
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return <int64_t>ts.tv_sec * 1000000000 + ts.tv_nsec


cdef class Part(Cut):
    """A large value that is written by itself, in slices. `head` is what stands before its elements."""

    cdef Snapshot snapshot
    cdef int db
    cdef Value value            # None for a string
    cdef Writer head
    cdef Writer early           # elements that had to be written before its turn
    cdef bint started

    cdef void let_go(self) noexcept:
        """The value is the table's alone again, or to be freed, in slices too."""
        cdef PyObject* value
        if self.value is not None:
            value = <PyObject*>self.value
            Py_INCREF(self.value)
            self.value = None
            bury(value)

    cdef Writer writer(self):
        """Where elements go: behind what is written of it, or aside until its turn comes."""
        if self.snapshot.current is self:
            return self.snapshot.out
        if self.early is None:
            self.early = Writer(self.snapshot.out.packing)
        return self.early

    cdef int start(self) except -1:
        """Its turn has come."""
        cdef Writer out = self.snapshot.out
        self.started = True
        out.put(self.head.buffer, self.head.size)
        if self.early is not None:
            out.put(self.early.buffer, self.early.size)
            self.early = None
        return 0

    cdef bint go_on(self, int64_t end_ns) except -1:
        """Write until that time; True when all of it is written."""
        raise NotImplementedError


@cython.final
cdef class IndexPart(Part):
    """A large hash, set or sorted set: segments are written before they change, as those of tables are."""

    cdef int kind
    cdef uint64_t at

    cdef int begin(self, int kind, uint64_t version) except -1:
        cdef Index index = <Index>self.value
        self.kind = kind
        self.version = version
        self.head.put_length(index.count)
        index.cut = self
        return 0

    cdef void let_go(self) noexcept:
        if self.value is not None:
            (<Index>self.value).cut = None
        Part.let_go(self)

    cdef void save_before(self, Value index, uint64_t h) noexcept:
        cdef Segment* s = (<Index>index).segment_for(h)
        try:
            if s.version < self.version:
                self.save(s, self.writer())
        except BaseException as error:
            self.snapshot.failure = error

    cdef int save(self, Segment* s, Writer writer) except -1:
        cdef size_t i, n = <size_t>s.buckets * SLOTS
        for i in range(n):
            if i + AHEAD < n and s.slots[i + AHEAD] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + AHEAD]))
            if s.slots[i] != 0:
                save_element(writer, slot_entry(s.slots[i]), self.kind)
        s.version = self.version
        return 0

    cdef bint go_on(self, int64_t end_ns) except -1:
        cdef Index index = <Index>self.value
        cdef Segment* s
        if index.directory == NULL:
            return True
        while True:
            s = index.segment_for(self.at)
            if s.version < self.version:
                self.save(s, self.snapshot.out)
            self.at = after_prefix(self.at, s.depth)
            if self.at == 0:
                return True
            if now_ns() >= end_ns:
                return False


cdef class KeyedPart(Part):
    """A large value whose changes are told by its key; before the first one it is written to its end."""

    cdef TableCut owner
    cdef uint64_t hash
    cdef bint finished

    cdef int finish(self) except -1:
        """Write what is left of it now."""
        if not self.finished:
            self.write(self.writer(), <int64_t>1 << 62)
            self.finished = True
        return 0

    cdef bint go_on(self, int64_t end_ns) except -1:
        if not self.finished:
            self.finished = self.write(self.snapshot.out, end_ns)
        return self.finished

    cdef bint write(self, Writer writer, int64_t end_ns) except -1:
        raise NotImplementedError

    cdef void let_go(self) noexcept:
        if self.owner is not None:
            self.owner.keyed.remove(self)
            self.owner.watched = <size_t>len(self.owner.keyed)
            self.owner = None
        Part.let_go(self)


@cython.final
cdef class ListPart(KeyedPart):
    cdef Node* node

    cdef bint write(self, Writer writer, int64_t end_ns) except -1:
        while self.node != NULL:
            save_node(writer, self.node)
            self.node = self.node.next
            if now_ns() >= end_ns:
                break
        return self.node == NULL


@cython.final
cdef class StreamPart(KeyedPart):
    cdef Place place
    cdef int kind

    cdef bint write(self, Writer writer, int64_t end_ns) except -1:
        while save_stream_node(writer, <Stream>self.value, &self.place):
            if now_ns() >= end_ns:
                return False
        save_behind_nodes(writer, <Stream>self.value, self.kind)
        return True


@cython.final
cdef class StringPart(KeyedPart):
    cdef bytes key
    cdef size_t at

    cdef bint write(self, Writer writer, int64_t end_ns) except -1:
        cdef Entry* e = self.owner.table.entry_of(self.key)
        cdef size_t length = value_length_of(e), n
        while self.at < length:
            n = min(length - self.at, large_string)
            writer.put(value_of(e) + self.at, n)
            self.at += n
            if now_ns() >= end_ns:
                break
        return self.at >= length


@cython.final
cdef class TableCut(Cut):
    """One table, walked by hash. `watched` counts the parts that must be told of changes by key."""

    def __cinit__(self):
        self.keyed = []

    cdef void save_before(self, Value index, uint64_t h) noexcept:
        cdef Segment* s
        cdef KeyedPart part
        try:
            if self.table.directory != NULL:
                s = self.table.segment_for(h)
                if s.version < self.version:
                    self.snapshot.save_segment(self, s)
            if self.watched:
                for part in self.keyed:
                    if part.hash == h:
                        part.finish()
        except BaseException as error:
            self.snapshot.failure = error

    cdef void take_over(self, Value index) noexcept:
        """The table is emptied at once: its keys are saved from a table of our own."""
        cdef Table table = <Table>index
        cdef Table own
        try:
            own = Table(table.clock)
        except BaseException as error:
            self.snapshot.failure = error
            return
        table.cut = None
        own.directory = table.directory
        own.depth = table.depth
        own.count = table.count
        own.expiring_count = table.expiring_count
        own.entry_bytes = table.entry_bytes
        own.segment_bytes = table.segment_bytes
        table.directory = NULL
        self.table = own

    cdef bint walk(self, int64_t end_ns) except -1:
        """Write segments until that time or until a part has to be written; True behind the last one."""
        cdef Segment* s
        if self.table.directory == NULL:
            return True
        while not self.snapshot.parts:
            s = self.table.segment_for(self.at)
            if s.version < self.version:
                self.snapshot.save_segment(self, s)
            self.at = after_prefix(self.at, s.depth)
            if self.at == 0:
                return True
            if now_ns() >= end_ns:
                return False
        return False

    cdef int end(self) except -1:
        """All of it is written, or nobody wants it any more."""
        if self.table.cut is self:
            self.table.cut = None
        elif self.table.count:
            self.snapshot.remains.append(self.table.clear())
        return 0


@cython.final
cdef class Snapshot:
    """All keys of `databases` (for each the tables of its shards) at this moment, as RDB.

    What comes before the keys of a file and after them is the caller's. `packing` makes strings shorter,
    `idle` writes how many seconds each key was not used, `forms` says who is to read it.
    """

    def __init__(self, list databases not None, bint packing=True, bint idle=False, int forms=FOR_DFLITE):
        global versions
        cdef TableCut cut
        cdef Table table
        cdef int db
        versions += 1
        self.version = versions
        self.out = Writer(packing)
        self.aside = Writer(packing)
        self.selected = self.selected_aside = -1
        self.tables = []
        self.parts = []
        self.remains = []
        self.idle = idle
        self.forms = forms
        for db, tables in enumerate(databases):
            for table in tables:
                if table.cut is not None:
                    self.close()
                    raise ValueError("a table that is being saved already")
                cut = TableCut.__new__(TableCut)
                cut.version = self.version
                cut.snapshot = self
                cut.table = table
                cut.db = db
                table.cut = cut
                self.stamp = table.clock.stamp
                self.tables.append(cut)
        for db, tables in enumerate(databases):
            self.announce(db, tables)

    cdef int announce(self, int db, list tables) except -1:
        """How many keys a database has: readers make room for them."""
        cdef Table table
        cdef size_t count = 0, expiring = 0
        for table in tables:
            count += table.count
            expiring += table.expiring_count
        if count:
            self.writer_for(db)
            self.out.put_byte(OP_RESIZE)
            self.out.put_length(count)
            self.out.put_length(expiring)
        return 0

    # -- keys ----------------------------------------------------------------------------------------

    cdef Writer writer_for(self, int db):
        """Where keys of a database go now."""
        if self.current is None:
            if self.selected != db:
                self.out.put_byte(OP_SELECT)
                self.out.put_length(db)
                self.selected = db
            return self.out
        if self.selected_aside != db:
            self.aside.put_byte(OP_SELECT)
            self.aside.put_length(db)
            self.selected_aside = db
        return self.aside

    cdef int save_segment(self, TableCut cut, Segment* s) except -1:
        cdef size_t i, n = <size_t>s.buckets * SLOTS
        for i in range(n):
            if i + AHEAD < n and s.slots[i + AHEAD] != 0:
                DFLITE_PREFETCH(slot_entry(s.slots[i + AHEAD]))
            if s.slots[i] != 0:
                self.save_entry(cut, slot_entry(s.slots[i]))
        s.version = self.version
        return 0

    cdef int save_entry(self, TableCut cut, Entry* e) except -1:
        """A key, at once or as a part; one that is due is none."""
        cdef Writer writer
        cdef int kind
        if cut.table.is_due(e):
            return 0
        self.keys += 1
        if is_large(e):
            return self.add_part(cut, e, hash_key(key_of(e), key_length_of(e)))
        writer = self.writer_for(cut.db)
        kind = kind_for(e, self.forms)
        self.put_head(writer, e, kind)
        if kind == RDB_STREAM_3 or kind == RDB_STREAM_2:
            return save_whole_stream(writer, <Stream>object_of(e), kind)
        return save_value(writer, e, kind)

    cdef int put_head(self, Writer writer, Entry* e, int kind) except -1:
        """What stands before a value: what is known of the key, its kind, the key."""
        cdef int64_t deadline = deadline_of(e)
        cdef bytes known
        if e.flags & F_STICKY or mc_flags_of(e):
            known = b"%s%d" % (b"sticky," if e.flags & F_STICKY else b"", mc_flags_of(e))
            writer.put_byte(OP_AUX)
            writer.put_text(PyBytes_AS_STRING(KEY_FIELD), PyBytes_GET_SIZE(KEY_FIELD))
            writer.put_text(PyBytes_AS_STRING(known), PyBytes_GET_SIZE(known))
        if deadline >= 0:
            writer.put_byte(OP_DEADLINE)
            writer.put_int64(deadline)
        if self.idle:
            writer.put_byte(OP_IDLE)
            writer.put_length((self.stamp - (<uint32_t>e.stamp_high << 16 | e.stamp_low)) & 0xFFFFFF)
        writer.put_byte(kind)
        return writer.put_text(key_of(e), key_length_of(e))

    cdef int add_part(self, TableCut cut, Entry* e, uint64_t h) except -1:
        """A large value waits for its turn; from now on it is told before it changes."""
        cdef int kind = kind_for(e, self.forms)
        cdef Part part
        cdef IndexPart index
        if kind == RDB_STRING:
            part = string_part(e)
        else:
            part = object_part(object_of(e))
        part.snapshot = self
        part.db = cut.db
        part.head = Writer(self.out.packing)
        self.put_head(part.head, e, kind)
        if isinstance(part, IndexPart):
            index = <IndexPart>part
            index.begin(kind, self.version)
        else:
            if isinstance(part, StringPart):
                part.head.put_length(value_length_of(e))
            elif isinstance(part, ListPart):
                part.head.put_length((<PackedList>part.value).nodes)
            else:
                part.head.put_length((<Stream>part.value).log.nodes.count)
                (<StreamPart>part).kind = kind
            watch(cut, <KeyedPart>part, h)
        self.parts.append(part)
        return 0

    # -- the walk ------------------------------------------------------------------------------------

    cdef bint step(self, int64_t end_ns) except -1:
        """Write on until that time; False when all is written."""
        cdef Part part
        cdef TableCut cut
        while True:
            if self.current is not None:
                part = <Part>self.current
                if not part.go_on(end_ns):
                    return True
                self.current = None
                part.let_go()
                if self.aside.size:
                    self.out.put(self.aside.buffer, self.aside.size)
                    self.selected = self.selected_aside
                    self.aside = Writer(self.out.packing)
                    self.selected_aside = -1
            elif self.parts:
                part = self.parts.pop()
                self.writer_for(part.db)
                self.current = part
                part.start()
            elif self.at_table == <size_t>len(self.tables):
                return False
            else:
                cut = self.tables[self.at_table]
                if not cut.walked:
                    cut.walked = cut.walk(end_ns)
                if cut.walked and not self.parts:
                    cut.end()
                    self.at_table += 1
            if now_ns() >= end_ns:
                return True

    def run(self, int64_t budget_us) -> bool:
        """Write for about so many microseconds; False when all is written.

        Whatever has gone wrong while something else changed is raised here, and the snapshot is over.
        """
        cdef bint more
        try:
            more = self.step(now_ns() + budget_us * 1000)
            if self.failure is not None:
                raise self.failure
        except BaseException:
            self.close()
            raise
        return more

    def close(self) -> None:
        """Leave off: no table is told any more. What it leaves is in `remains`."""
        cdef TableCut cut
        cdef Part part
        if self.current is not None:
            (<Part>self.current).let_go()
            self.current = None
        while self.parts:
            part = self.parts.pop()
            part.let_go()
        while self.at_table < <size_t>len(self.tables):
            cut = self.tables[self.at_table]
            self.at_table += 1
            cut.end()

    def take(self) -> bytes:
        """What was written since the last call."""
        return self.out.take()

    @property
    def size(self) -> int:
        """Bytes that were written and not taken."""
        return self.out.size

    @property
    def memory(self) -> int:
        """Bytes that it holds: what is written, what waits aside, tables that were emptied."""
        cdef TableCut cut
        cdef Part part
        cdef size_t total = self.out.capacity + self.aside.capacity, i
        for i in range(self.at_table, <size_t>len(self.tables)):
            cut = self.tables[i]
            if cut.table.cut is not cut:
                total += cut.table.entry_bytes + cut.table.segment_bytes
        for part in self.parts:
            if part.early is not None:
                total += part.early.capacity
        return total


cdef bint is_large(Entry* e):
    """Would it take long to write the value at once?"""
    cdef object value
    if (e.kind & 0xF0) != ENC_OBJECT:
        return (e.kind & 0x0F) == T_STRING and value_length_of(e) >= large_string
    value = object_of(e)
    return (<Value>value).weight() >= (large_index if isinstance(value, Index) else large_nodes)


def set_part_sizes(size_t elements, size_t nodes, size_t bytes_of_string) -> None:
    """Other sizes from which values are written in slices; for tests."""
    global large_index, large_nodes, large_string
    large_index, large_nodes, large_string = elements, nodes, bytes_of_string


def part_sizes() -> tuple[int, int, int]:
    """What `set_part_sizes` changes."""
    return large_index, large_nodes, large_string


cdef Part object_part(object value):
    cdef Part part
    cdef ListPart list_part
    cdef StreamPart stream_part
    if isinstance(value, Index):
        part = IndexPart.__new__(IndexPart)
    elif isinstance(value, PackedList):
        list_part = ListPart.__new__(ListPart)
        list_part.node = (<PackedList>value).head
        part = list_part
    else:
        stream_part = StreamPart.__new__(StreamPart)
        stream_part.place = first_place()
        part = stream_part
    part.value = <Value>value
    return part


cdef Part string_part(Entry* e):
    cdef StringPart part = StringPart.__new__(StringPart)
    part.key = key_of(e)[:key_length_of(e)]
    return part


cdef int watch(TableCut cut, KeyedPart part, uint64_t h) except -1:
    part.owner = cut
    part.hash = h
    cut.keyed.append(part)
    cut.watched = <size_t>len(cut.keyed)
    return 0


cdef int save_whole_stream(Writer writer, Stream stream, int kind) except -1:
    cdef Place place = first_place()
    writer.put_length(stream.log.nodes.count)
    while save_stream_node(writer, stream, &place):
        pass
    return save_behind_nodes(writer, stream, kind)


def before_change(Table table not None, bytes key not None) -> None:
    """The value at key is about to change in place: a snapshot may have to see it first."""
    if table.cut is not None:
        table.before_change(hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)))
