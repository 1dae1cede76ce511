from libc.stdint cimport int64_t, uint32_t, uint64_t

cimport cython

from dflite.native.keyspace.cut cimport Cut
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.segment cimport Segment
from dflite.native.keyspace.table cimport Table
from dflite.native.rdb.writer cimport Writer

@cython.final
cdef class Snapshot:
    cdef readonly uint64_t version
    cdef Writer out             # what is written, as far as it was not taken
    cdef Writer aside           # keys that had to be written in the middle of a large one
    cdef int selected           # the database whose keys come next in `out`
    cdef int selected_aside
    cdef list tables            # TableCut
    cdef size_t at_table
    cdef list parts             # large values that are still to be written, the last one first
    cdef object current         # the part that is being written, or None
    cdef public list remains    # of tables that were emptied meanwhile
    cdef readonly size_t keys
    cdef object failure
    cdef bint idle
    cdef int forms
    cdef uint32_t stamp         # the time of the cut, as entries have it

    cdef int announce(self, int db, list tables) except -1
    cdef Writer writer_for(self, int db)
    cdef int save_segment(self, TableCut cut, Segment* s) except -1
    cdef int save_entry(self, TableCut cut, Entry* e) except -1
    cdef int put_head(self, Writer writer, Entry* e, int kind) except -1
    cdef bint step(self, int64_t end_ns) except -1
    cdef int add_part(self, TableCut cut, Entry* e, uint64_t h) except -1

@cython.final
cdef class TableCut(Cut):
    cdef Snapshot snapshot
    cdef Table table            # whose keys are saved; another one once the original was emptied
    cdef int db
    cdef uint64_t at            # hash of the segment that comes next
    cdef bint walked
    cdef list keyed             # KeyedPart

    cdef bint walk(self, int64_t end_ns) except -1
    cdef int end(self) except -1
