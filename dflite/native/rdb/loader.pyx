# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Keys out of RDB into tables: what stands between the header of a file and its checksum.

    (SELECT database | RESIZE keys, with a deadline | AUX name, value | FUNCTION code | ...
     | [DEADLINE ms] [IDLE seconds | FREQUENCY counter] kind key value) ... END

What comes in pieces is read again from the start of a record that was cut off. The tables may hold nothing
under the keys that are read: a key that is there twice makes the file a broken one.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint64_t
from libc.string cimport memcpy

cimport cython

from dflite.native.base.clock cimport microseconds
from dflite.native.keyspace.entry cimport T_STREAM, Entry
from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.table cimport Table
from dflite.native.rdb.load import load
from dflite.native.rdb.reader cimport FIRST, Reader, Text, bad
from dflite.native.rdb.reader import Truncated
from dflite.native.rdb.snapshot import KEY_FIELD
from dflite.native.rdb.streams import load_stream
from dflite.native.rdb.types cimport (
    OP_AUX,
    OP_DEADLINE,
    OP_DEADLINE_SECONDS,
    OP_END,
    OP_FREQUENCY,
    OP_FUNCTION,
    OP_FUNCTION_EARLY,
    OP_IDLE,
    OP_MODULE,
    OP_RESIZE,
    OP_SELECT,
    OP_SLOT_IMPORT,
    OP_SLOT_INFO,
    RDB_MODULE,
    RDB_MODULE_2,
    RDB_STREAM,
    RDB_STREAM_2,
    RDB_STREAM_3,
)

cdef enum:
    KEYS_A_LOOK = 32            # at the clock
    VALKEY = 80                 # versions of Valkey begin here

cdef enum:
    # what modules' data is made of
    MODULE_END = 0
    MODULE_FLOAT = 3
    MODULE_DOUBLE = 4
    MODULE_STRING = 5


cdef bytes read_string(Reader reader):
    cdef Text text
    reader.read_text(FIRST, &text)
    return PyBytes_FromStringAndSize(text.data, text.length)


@cython.final
cdef class Loader:
    """Reads records into `databases` (for each the tables of its shards).

    `version` is the file's. Keys that were due at `now_ms` are left out, -1 keeps them: a replica waits for
    its primary's word. Without `keeping` everything is read, and only the names of keys are kept. `visitor`
    is told of fields, functions, and collections with deadlines within.
    """

    cdef list databases
    cdef object visitor
    cdef bint valkey
    cdef bint keeping
    cdef public int64_t now_ms
    cdef public bint replacing          # keys take the place of those that are there
    cdef int database
    cdef size_t shards
    cdef readonly size_t keys           # that were put
    cdef readonly size_t expired        # that were left out
    cdef readonly size_t place          # bytes behind the start where the record begins that is read
    cdef readonly bytes key             # that is read, or None
    # of the key that comes next
    cdef int64_t deadline
    cdef int64_t idle
    cdef int64_t mc_flags
    cdef bint sticky

    def __init__(self, list databases not None, int version, object visitor, int64_t now_ms,
                 bint keeping=True):
        self.databases = databases
        self.shards = len(databases[0])
        self.visitor = visitor
        self.valkey = version >= VALKEY
        self.now_ms = now_ms
        self.keeping = keeping
        self.forget()

    cdef void forget(self) noexcept:
        """Nothing is known of the key that comes next."""
        self.deadline = self.idle = -1
        self.mc_flags = 0
        self.sticky = False
        self.key = None

    def run(self, Reader reader not None, int64_t budget_us) -> bool:
        """Read for about so many microseconds; False when the end was read.

        Truncated, and the reader at the start of the record, if the rest of it is not there; BadFormat if
        it is none that could be read.
        """
        cdef int64_t end_us = microseconds() + budget_us
        cdef const char* start = reader.p
        cdef const char* first = <const char*>reader.start
        cdef int op, n = 0
        try:
            while True:
                op = reader.read_byte()
                if op == OP_END:
                    return False
                if op < OP_SLOT_IMPORT:
                    self.read_key(reader, op)
                    self.forget()
                    start = reader.p
                    self.place = start - first
                    n += 1
                    if n % KEYS_A_LOOK == 0 and microseconds() >= end_us:
                        return True
                elif self.read_other(reader, op):
                    start = reader.p
                    self.place = start - first
        except Truncated:
            cut_off = self.key
            self.forget()
            self.key = cut_off      # for whoever says what is wrong
            reader.p = start
            raise

    cdef bint read_other(self, Reader reader, int op) except -1:
        """What is no key; False if it belongs to the key that follows."""
        cdef uint64_t n, more
        cdef int32_t seconds
        cdef bytes name, value
        if op == OP_DEADLINE:
            reader.read_int64(&self.deadline)
            return False
        if op == OP_DEADLINE_SECONDS:
            memcpy(&seconds, reader.take(4), 4)
            self.deadline = <int64_t>seconds * 1000
            return False
        if op == OP_IDLE:
            reader.read_signed(&self.idle)
            return False
        if op == OP_FREQUENCY:
            reader.read_byte()
            return False
        if op == OP_AUX:
            name = read_string(reader)
            value = read_string(reader)
            if name == KEY_FIELD:
                self.read_known(value)
                return False
            self.visitor.field(name, value)
        elif op == OP_SELECT:
            reader.read_length(&n)
            if n >= <uint64_t>len(self.databases):
                bad(f"database {n}, where there are {len(self.databases)}: see --dbnum")
            self.database = <int>n
        elif op == OP_RESIZE:
            reader.read_length(&n)
            reader.read_length(&more)
        elif op == OP_FUNCTION:
            self.visitor.function(read_string(reader))
        elif op == OP_SLOT_INFO:
            reader.read_length(&n)
            reader.read_length(&n)
            reader.read_length(&n)
        elif op == OP_MODULE:
            skip_module(reader)
        elif op == OP_FUNCTION_EARLY:
            bad("a function as candidates of Redis 7.0 wrote them")
        else:
            bad("something that is not known")
        return True

    cdef int read_known(self, bytes known) except -1:
        """What Redis does not know of a key."""
        cdef bytes flags = known
        if known.startswith(b"sticky,"):
            self.sticky = True
            flags = known[7:]
        if not flags.isdigit() or len(flags) > 10 or int(flags) > 0xFFFFFFFF:
            bad("an unknown field of a key")
        self.mc_flags = int(flags)
        return 0

    cdef int read_key(self, Reader reader, int kind) except -1:
        cdef Text text
        cdef Table table
        cdef bytes key
        cdef Entry* e
        cdef object value
        if kind == RDB_MODULE or kind == RDB_MODULE_2:
            bad("a value of a module")
        reader.read_text(FIRST, &text)
        key = self.key = PyBytes_FromStringAndSize(text.data, text.length)
        table = self.databases[self.database][
            self.visitor.shard_of(key) if self.shards > 1 else 0]
        if table.entry_of(key) != NULL:
            if not self.replacing:
                bad("a key that was there before")
            table.delete(key)
        if kind == RDB_STREAM or kind == RDB_STREAM_2 or kind == RDB_STREAM_3:
            table.set_object(key, T_STREAM, load_stream(reader, kind))
        else:
            load(reader, table, key, kind, self.valkey)
        if not self.keeping:
            self.keys += 1
            table.set_string(key, b"")  # so that it is known if it comes again
            return 0
        if self.deadline >= 0:
            if 0 <= self.now_ms and self.deadline <= self.now_ms:
                self.expired += 1
                table.delete(key)
                return 0
            table.set_deadline(key, self.deadline)
        self.keys += 1
        if self.mc_flags:
            table.set_string(key, table.read(key, False), self.deadline, <unsigned int>self.mc_flags)
        if self.idle >= 0:
            table.set_idle(key, self.idle)
        if self.sticky:
            table.stick(key)
        value = None
        e = table.entry_of(key)
        if e.kind >> 4 == 3:
            value = table.read(key, False)
            if isinstance(value, Index) and (<Index>value).expiring_count:
                self.visitor.elements(self.database, key, (<Index>value).next_due)
        return 0


cdef int skip_module(Reader reader) except -1:
    """What a module has put beside the keys: it can be of no use here."""
    cdef uint64_t what, n
    cdef Text text
    reader.read_length(&n)
    while True:
        reader.read_length(&what)
        if what == MODULE_END:
            return 0
        if what == MODULE_FLOAT:
            reader.take(4)
        elif what == MODULE_DOUBLE:
            reader.take(8)
        elif what == MODULE_STRING:
            reader.read_text(FIRST, &text)
        elif what < MODULE_FLOAT:
            reader.read_length(&n)
        else:
            bad("data of a module")
