# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Where the bytes of a snapshot go: keys one behind the other, or aside while a large one is written.

The elements of a key lie together in a file, but a large key is written in slices, and between two of them
other keys may have to be written at once, because they are about to change. They wait aside until it ends.
"""

from dflite.native.rdb.types cimport OP_SELECT

cdef enum:
    NONE = -1                   # no database was selected yet


cdef class SnapshotOutput:
    """Two buffers, each with the database that it has selected."""

    def __cinit__(self, bint packing):
        self.out = Writer(packing)
        self.aside = Writer(packing)
        self.selected = self.selected_aside = NONE

    cdef Writer writer_for(self, int db):
        """Where keys of a database go now."""
        if self.open:
            if self.selected_aside != db:
                select(self.aside, db)
                self.selected_aside = db
            return self.aside
        if self.selected != db:
            select(self.out, db)
            self.selected = db
        return self.out

    cdef Writer begin_large(self, int db):
        """Where a large key of a database goes, until `end_large`."""
        cdef Writer out = self.writer_for(db)
        self.open = True
        return out

    cdef int end_large(self) except -1:
        """The large key is written: what waited aside follows."""
        self.open = False
        if self.aside.size:
            self.out.put(self.aside.buffer, self.aside.size)
            self.selected = self.selected_aside
            self.aside = Writer(self.out.packing)
            self.selected_aside = NONE
        return 0

    cdef size_t memory(self) noexcept:
        """Bytes of the buffers."""
        return self.out.capacity + self.aside.capacity


cdef int select(Writer writer, int db) except -1:
    writer.put_byte(OP_SELECT)
    return writer.put_length(db)
