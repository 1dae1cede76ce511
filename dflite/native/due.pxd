from libc.stdint cimport int64_t

from dflite.native.index cimport Index

cdef int64_t count_living(Index index) noexcept nogil
cdef tuple due_keys(Index index, size_t limit, size_t segments)
