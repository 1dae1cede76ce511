from libc.stdint cimport int64_t, uint32_t, uint64_t

cimport cython

from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.segment cimport Segment
from dflite.native.rdb.snapshot_output cimport SnapshotOutput
from dflite.native.rdb.snapshot_parts cimport KeyedCut, Part
from dflite.native.rdb.writer cimport Writer

@cython.final
cdef class Snapshot:
    cdef readonly uint64_t version
    cdef SnapshotOutput output
    cdef list tables            # TableCut
    cdef size_t at_table
    cdef list parts             # large values that are still to be written, the last one first
    cdef Part current           # the part that is being written, or None
    cdef public list remains    # of tables that were emptied meanwhile
    cdef readonly size_t keys
    cdef bint idle
    cdef int forms
    cdef uint32_t stamp         # the time of the cut, as entries have it

    cdef int announce(self, int db, list tables) except -1
    cdef int save_segment(self, TableCut cut, Segment* s) except -1
    cdef int save_entry(self, TableCut cut, Entry* e) except -1
    cdef int put_head(self, Writer writer, Entry* e, int kind) except -1
    cdef bint step(self, int64_t end_us) except -1

@cython.final
cdef class TableCut(KeyedCut):
    cdef Snapshot snapshot
    cdef uint64_t at            # hash of the segment that comes next
    cdef bint walked

    cdef bint walk(self, int64_t end_us) except -1
    cdef int end(self) except -1
