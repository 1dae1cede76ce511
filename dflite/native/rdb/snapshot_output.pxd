"""Where the bytes of a snapshot go: keys one behind the other, or aside while a large one is written."""

cimport cython

from dflite.native.rdb.writer cimport Writer

@cython.final
cdef class SnapshotOutput:
    cdef Writer out             # what is written, as far as it was not taken
    cdef Writer aside           # keys that had to be written in the middle of a large one
    cdef int selected           # the database whose keys come next in `out`
    cdef int selected_aside
    cdef bint open              # a large key is being written
    cdef object failure         # what went wrong while something else changed

    cdef Writer writer_for(self, int db)
    cdef Writer begin_large(self, int db)
    cdef int end_large(self) except -1
    cdef size_t memory(self) noexcept
