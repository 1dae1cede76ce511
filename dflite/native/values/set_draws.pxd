from libc.stdint cimport uint64_t

from dflite.native.keyspace.table cimport Table
from dflite.native.wire.reply cimport Reply

cdef int pop_member(Table table, uint64_t* slot, uint64_t h, Reply reply) except -1
