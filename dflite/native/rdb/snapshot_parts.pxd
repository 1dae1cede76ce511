"""Parts of a snapshot: large values, each written in slices, and told before they change."""

from libc.stdint cimport int64_t, uint64_t

from dflite.native.keyspace.cut cimport Cut
from dflite.native.keyspace.entry cimport Entry
from dflite.native.keyspace.table cimport Table
from dflite.native.keyspace.value cimport Value
from dflite.native.rdb.snapshot_output cimport SnapshotOutput
from dflite.native.rdb.writer cimport Writer

cdef class KeyedCut(Cut):
    # Of a table. `watched` counts `keyed`.
    cdef SnapshotOutput output
    cdef Table table            # whose keys are saved; another one once the original was emptied
    cdef int db
    cdef list keyed             # KeyedPart

    cdef int watch(self, KeyedPart part, uint64_t h) except -1
    cdef int leave(self, KeyedPart part) except -1
    cdef int finish(self, uint64_t h) except -1

cdef class Part(Cut):
    cdef SnapshotOutput output
    cdef int db
    cdef Value value            # None for a string
    cdef Writer head            # what stands before its elements
    cdef Writer early           # elements that had to be written before its turn
    cdef bint started

    cdef Writer writer(self)
    cdef int start(self) except -1
    cdef bint go_on(self, int64_t end_us) except -1
    cdef void let_go(self) noexcept
    cdef size_t memory(self) noexcept

cdef class KeyedPart(Part):
    cdef KeyedCut owner
    cdef uint64_t hash
    cdef bint finished

    cdef int finish(self) except -1
    cdef bint write(self, Writer writer, int64_t end_us) except -1

cdef bint is_large(Entry* e)
cdef Part part_of(KeyedCut cut, Entry* e, uint64_t h, int kind, Writer head)
