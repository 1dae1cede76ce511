# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Packed forms that other servers write: listpacks, ziplists, zipmaps and intsets, element by element.

    listpack   uint32 bytes | uint16 elements | element ... | 0xFF          (elements: packed.pxd)
    ziplist    uint32 bytes | uint32 offset of the last | uint16 entries | entry ... | 0xFF
               entry = bytes of the one before (1, or 0xFE and 4) | what and how long | bytes
    zipmap     pairs, if less than 254 | (length | field | length | unused | value | unused bytes) ... | 0xFF
    intset     uint32 width | uint32 count | integers, ascending

They come from strangers. Each step looks at all it is about to read, and the last one at what the head said,
so that whoever has read all elements knows that the whole was sound.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport format_int64
from dflite.native.rdb.reader cimport bad
from dflite.native.streams.stream_node cimport checked
from dflite.native.values.packed cimport text_of

FORM_LISTPACK = LISTPACK
FORM_ZIPLIST = ZIPLIST
FORM_ZIPMAP = ZIPMAP
FORM_INTSET = INTSET

cdef enum:
    END = 0xFF
    LISTPACK_HEAD = 6
    ZIPLIST_HEAD = 10
    INTSET_HEAD = 8
    UNCOUNTED = 65535           # elements: so many or more
    BIG = 254                   # a length of four bytes follows


cdef int open_packed(Cursor* cursor, int form, const char* blob, size_t n) except -1:
    """Stand before the first element of a blob in that form. BadFormat if its head is wrong."""
    cdef uint32_t total, tail
    cdef uint16_t count
    cursor.form = form
    cursor.end = blob + n - 1
    cursor.passed = 0
    cursor.counted = -1
    if form == INTSET:
        return open_intset(cursor, blob, n)
    if n < 2 or <uint8_t>cursor.end[0] != END:
        bad("no end")
    if form == ZIPMAP:
        cursor.p = blob + 1
        if <uint8_t>blob[0] < BIG:
            cursor.counted = 2 * <int64_t><uint8_t>blob[0]
        return 0
    if n < (LISTPACK_HEAD if form == LISTPACK else ZIPLIST_HEAD) + 1:
        bad("too short")
    memcpy(&total, blob, 4)
    if total != n:
        bad("another length")
    if form == LISTPACK:
        memcpy(&count, blob + 4, 2)
        cursor.p = blob + LISTPACK_HEAD
    else:
        memcpy(&tail, blob + 4, 4)
        memcpy(&count, blob + 8, 2)
        if tail < ZIPLIST_HEAD or tail >= n:
            bad("a last element elsewhere")
        cursor.p = cursor.previous = blob + ZIPLIST_HEAD
        cursor.last = blob + tail
        cursor.before = 0
    if count != UNCOUNTED:
        cursor.counted = count
    return 0


cdef int open_intset(Cursor* cursor, const char* blob, size_t n) except -1:
    cdef uint32_t width, count
    if n < INTSET_HEAD:
        bad("too short")
    memcpy(&width, blob, 4)
    memcpy(&count, blob + 4, 4)
    if (width != 2 and width != 4 and width != 8) or INTSET_HEAD + <size_t>count * width != n:
        bad("another length")
    cursor.width = <int>width
    cursor.p = blob + INTSET_HEAD
    cursor.end = blob + n
    cursor.counted = count
    return 0


cdef bint read_packed(Cursor* cursor, Text* text) except -1:
    """The next element; False behind the last one. It is good as long as the blob."""
    cdef const char* behind
    if cursor.p == cursor.end:
        if cursor.counted >= 0 and cursor.passed != cursor.counted:
            bad("miscounted")
        if cursor.form == ZIPLIST and cursor.last != cursor.previous:
            bad("a last element elsewhere")
        if cursor.form == ZIPMAP and cursor.passed & 1:
            bad("a field without a value")
        return False
    if cursor.form == LISTPACK:
        behind = checked(cursor.p, cursor.end)
        if behind == NULL:
            bad("a broken element")
        text.length = text_of(cursor.p, text.room, &text.data)
        cursor.p = behind
    elif cursor.form == ZIPLIST:
        read_ziplist(cursor, text)
    elif cursor.form == ZIPMAP:
        read_zipmap(cursor, text)
    else:
        read_intset(cursor, text)
    cursor.passed += 1
    return True


cdef int need(Cursor* cursor, const char* p, size_t n) except -1:
    """There have to be n bytes at p."""
    if <size_t>(cursor.end - p) < n:
        bad("an element beyond the end")
    return 0


cdef int read_ziplist(Cursor* cursor, Text* text) except -1:
    cdef const char* p = cursor.p
    cdef uint32_t before
    cdef uint8_t first
    cdef size_t length
    need(cursor, p, 2)
    before = <uint8_t>p[0]
    p += 1
    if before == END:
        bad("an end in between")
    if before == BIG:
        need(cursor, p, 5)
        memcpy(&before, p, 4)
        p += 4
    if before != cursor.before:
        bad("an element before of another length")
    first = <uint8_t>p[0]
    p += 1
    if first >= 0xC0:
        p = read_integer(cursor, p, first, text)
    else:
        if first < 0x40:
            length = first
        elif first < 0x80:
            need(cursor, p, 1)
            length = <size_t>(first & 0x3F) << 8 | <uint8_t>p[0]
            p += 1
        else:
            if first != 0x80:
                bad("an element of an unknown spelling")
            need(cursor, p, 4)
            length = (<size_t><uint8_t>p[0] << 24 | <size_t><uint8_t>p[1] << 16
                      | <size_t><uint8_t>p[2] << 8 | <size_t><uint8_t>p[3])
            p += 4
        need(cursor, p, length)
        text.data = p
        text.length = length
        p += length
    cursor.before = p - cursor.p
    cursor.previous = cursor.p
    cursor.p = p
    return 0


cdef const char* read_integer(Cursor* cursor, const char* p, uint8_t first, Text* text) except NULL:
    """An integer of a ziplist; where it ends."""
    cdef int8_t one
    cdef int16_t two
    cdef int32_t four = 0
    cdef int64_t number = 0
    cdef size_t size = 0
    if first == 0xC0:
        size = 2
    elif first == 0xD0:
        size = 4
    elif first == 0xE0:
        size = 8
    elif first == 0xF0:
        size = 3
    elif first == 0xFE:
        size = 1
    elif 0xF1 <= first <= 0xFD:
        number = first - 0xF1
    else:
        bad("an element of an unknown spelling")
    need(cursor, p, size)
    if size == 1:
        memcpy(&one, p, 1)
        number = one
    elif size == 2:
        memcpy(&two, p, 2)
        number = two
    elif size == 3:
        memcpy(<char*>&four + 1, p, 3)
        number = four >> 8
    elif size == 4:
        memcpy(&four, p, 4)
        number = four
    elif size == 8:
        memcpy(&number, p, 8)
    text.data = text.room
    text.length = format_int64(number, text.room)
    return p + size


cdef int read_zipmap(Cursor* cursor, Text* text) except -1:
    """A field or a value, which has unused bytes behind it."""
    cdef const char* p = cursor.p
    cdef uint32_t length
    cdef size_t unused = 0
    length = <uint8_t>p[0]
    p += 1
    if length == END:
        bad("an end in between")
    if length == BIG:
        need(cursor, p, 4)
        memcpy(&length, p, 4)
        p += 4
    if cursor.passed & 1:
        need(cursor, p, 1)
        unused = <uint8_t>p[0]
        p += 1
    need(cursor, p, <size_t>length + unused)
    text.data = p
    text.length = length
    cursor.p = p + length + unused
    return 0


cdef int64_t integer_in(Cursor* cursor, const char* p) noexcept nogil:
    """The integer of an intset at p."""
    cdef int16_t two
    cdef int32_t four
    cdef int64_t eight
    if cursor.width == 2:
        memcpy(&two, p, 2)
        return two
    if cursor.width == 4:
        memcpy(&four, p, 4)
        return four
    memcpy(&eight, p, 8)
    return eight


cdef int read_intset(Cursor* cursor, Text* text) except -1:
    cdef int64_t number = integer_in(cursor, cursor.p)
    if cursor.passed and integer_in(cursor, cursor.p - cursor.width) >= number:
        bad("integers out of order")
    text.data = text.room
    text.length = format_int64(number, text.room)
    cursor.p += cursor.width
    return 0


def elements(form: int, bytes blob not None) -> list[bytes]:
    """All elements of a blob; for tests."""
    cdef Cursor cursor
    cdef Text text
    cdef list found = []
    open_packed(&cursor, form, PyBytes_AS_STRING(blob), PyBytes_GET_SIZE(blob))
    while read_packed(&cursor, &text):
        found.append(PyBytes_FromStringAndSize(text.data, text.length))
    return found
