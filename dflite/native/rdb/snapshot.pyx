# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""A snapshot: all keys of some tables as they were at one moment, as RDB, while the tables go on changing.

    s = Snapshot(...)           the moment: from now on every table has a cut
    while s.run(500): send(s.take())

A walk goes through the segments of each table by hash. An entry that is about to change while its segment
is not written yet has the whole segment written before that (Cut.save_before), so that what is kept twice
is never more than a segment. Segments remember the version of the snapshot that has written them.

What would take long at once is a part of its own, written in slices (snapshot_parts.pyx); keys that have to be
written in the middle of it wait aside (snapshot_output.pyx).

The order of keys in RDB, and of elements but for lists' and streams', means nothing.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.base.clock cimport microseconds
from dflite.native.keyspace.directory cimport segment_for
from dflite.native.keyspace.entry cimport (
    DFLITE_PREFETCH,
    F_STICKY,
    deadline_of,
    key_length_of,
    key_of,
    mc_flags_of,
    slot_entry,
    stamp_of,
)
from dflite.native.keyspace.index cimport hash_of
from dflite.native.keyspace.segment cimport SLOTS, after_prefix
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.value cimport Value
from dflite.native.rdb.save cimport kind_for, save_value
from dflite.native.rdb.snapshot_parts cimport is_large, part_of
from dflite.native.rdb.streams cimport save_whole
from dflite.native.rdb.types cimport (
    FOR_DFLITE,
    FOR_REDIS_7_0,
    FOR_REDIS_7_2,
    FOR_VALKEY_9,
    OP_AUX,
    OP_DEADLINE,
    OP_IDLE,
    OP_RESIZE,
    RDB_STREAM_2,
    RDB_STREAM_3,
)
from dflite.native.streams.stream cimport Stream
from dflite.native.values.small cimport object_of

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


@cython.final
cdef class TableCut(KeyedCut):
    """One table, walked by hash."""

    cdef void save_before(self, Value index, uint64_t h) noexcept:
        cdef Segment* s
        try:
            if self.table.directory.places != NULL:
                s = segment_for(&self.table.directory, h)
                if s.version < self.version:
                    self.snapshot.save_segment(self, s)
            if self.watched:
                self.finish(h)
        except BaseException as error:
            self.output.failure = error

    cdef void take_over(self, Value index) noexcept:
        """The table is emptied at once: its keys are saved from a table of our own."""
        cdef Table table = <Table>index
        cdef Table own
        try:
            own = Table(table.clock)
        except BaseException as error:
            self.output.failure = error
            return
        table.cut = None
        own.exchange(table)
        self.table = own

    cdef bint walk(self, int64_t end_us) except -1:
        """Write segments until that time or until a part has to be written; True behind the last one."""
        cdef Segment* s
        if self.table.directory.places == NULL:
            return True
        while not self.snapshot.parts:
            s = segment_for(&self.table.directory, self.at)
            if s.version < self.version:
                self.snapshot.save_segment(self, s)
            self.at = after_prefix(self.at, s.depth)
            if self.at == 0:
                return True
            if microseconds() >= end_us:
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
        self.output = SnapshotOutput(packing)
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
                cut.output = self.output
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
        cdef Writer writer
        cdef size_t count = 0, expiring = 0
        for table in tables:
            count += table.count
            expiring += table.expiring_count
        if count:
            writer = self.output.writer_for(db)
            writer.put_byte(OP_RESIZE)
            writer.put_length(count)
            writer.put_length(expiring)
        return 0

    # -- keys ----------------------------------------------------------------------------------------

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
        kind = kind_for(e, self.forms)
        if is_large(e):
            writer = Writer(self.output.out.packing)
            self.put_head(writer, e, kind)
            self.parts.append(part_of(cut, e, hash_of(e), kind, writer))
            return 0
        writer = self.output.writer_for(cut.db)
        self.put_head(writer, e, kind)
        if kind == RDB_STREAM_3 or kind == RDB_STREAM_2:
            return save_whole(writer, <Stream>object_of(e), kind)
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
            writer.put_length((self.stamp - stamp_of(e)) & 0xFFFFFF)
        writer.put_byte(kind)
        return writer.put_text(key_of(e), key_length_of(e))

    # -- the walk ------------------------------------------------------------------------------------

    cdef bint step(self, int64_t end_us) except -1:
        """Write on until that time; False when all is written."""
        cdef TableCut cut
        while True:
            if self.current is not None:
                if not self.current.go_on(end_us):
                    return True
                self.current.let_go()
                self.current = None
                self.output.end_large()
            elif self.parts:
                self.current = self.parts.pop()
                self.current.start()
            elif self.at_table == <size_t>len(self.tables):
                return False
            else:
                cut = self.tables[self.at_table]
                if not cut.walked:
                    cut.walked = cut.walk(end_us)
                if cut.walked and not self.parts:
                    cut.end()
                    self.at_table += 1
            if microseconds() >= end_us:
                return True

    def run(self, int64_t budget_us) -> bool:
        """Write for about so many microseconds; False when all is written.

        Whatever has gone wrong while something else changed is raised here, and the snapshot is over.
        """
        cdef bint more
        try:
            more = self.step(microseconds() + budget_us)
            if self.output.failure is not None:
                raise self.output.failure
        except BaseException:
            self.close()
            raise
        return more

    def close(self) -> None:
        """Leave off: no table is told any more. What it leaves is in `remains`."""
        cdef TableCut cut
        cdef Part part
        if self.current is not None:
            self.current.let_go()
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
        return self.output.out.take()

    @property
    def size(self) -> int:
        """Bytes that were written and not taken."""
        return self.output.out.size

    @property
    def memory(self) -> int:
        """Bytes that it holds: what is written, what waits aside, tables that were emptied."""
        cdef TableCut cut
        cdef Part part
        cdef size_t total = self.output.memory(), i
        for i in range(self.at_table, <size_t>len(self.tables)):
            cut = self.tables[i]
            if cut.table.cut is not cut:
                total += cut.table.entry_bytes + cut.table.directory.bytes
        for part in self.parts:
            total += part.memory()
        return total
