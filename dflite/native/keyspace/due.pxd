from libc.stdint cimport int64_t

from dflite.native.keyspace.index cimport Index
from dflite.native.keyspace.segment cimport Segment

cdef int64_t count_living(Index index) noexcept nogil
cdef tuple due_keys(Index index, size_t limit, size_t segments)
cdef tuple expire_due(Index index, size_t limit, int64_t budget_us, bint seen)
cdef int64_t expire_in(Index index, Segment* s, size_t limit, size_t* gone, list keys) except -2
