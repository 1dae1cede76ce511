"""Others' packed forms, walked element by element. packed.pyx describes them."""

from libc.stdint cimport int64_t, uint8_t

from dflite.native.rdb.reader cimport Text

cdef enum:
    LISTPACK = 1
    ZIPLIST = 2
    ZIPMAP = 3
    INTSET = 4

cdef struct Cursor:
    # A place in a blob of strangers; nothing beyond it has been looked at.
    int form
    const char* p               # the next element
    const char* end             # behind the last one
    size_t before               # of a ziplist: bytes of the element before
    const char* last            # of a ziplist: where the head says that the last element is
    const char* previous        # of a ziplist: where the element before is
    int64_t counted             # elements that the head says there are, -1 if it does not
    int64_t passed              # elements that were read
    int width                   # of an intset

cdef int open_packed(Cursor* cursor, int form, const char* blob, size_t n) except -1
cdef bint read_packed(Cursor* cursor, Text* text) except -1
