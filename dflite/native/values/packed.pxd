"""Elements of small collections, one behind the other in a blob: listpack's encoding of an element.

    head (what it is, how long, or a small integer itself) | bytes | length of both, to be read backwards

A string that spells an int64 is kept as that integer, so equal elements have equal bytes. Beyond
listpack's own there is 0xF5, a double of eight bytes, for scores.

Listpack: https://github.com/antirez/listpack/blob/master/listpack.md
"""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

from dflite.native.wire.reply cimport Reply

cdef enum:
    A_STRING = 0
    AN_INTEGER = 1
    A_DOUBLE = 2

cdef struct Encoded:
    # An element that is to be written or looked for.
    char[12] head
    uint8_t head_length         # all but a string's bytes
    const char* data
    size_t length               # of the string, 0 for numbers
    size_t total                # with the length behind it

cdef struct Element:
    # An element that was read; `data` points into the blob.
    int kind
    const char* data
    size_t length
    int64_t number
    double value

cdef inline int back_size(size_t n) noexcept nogil:
    """Bytes of the length that stands behind an element of n bytes."""
    return 1 if n < 128 else 2 if n < 16384 else 3 if n < 2097152 else 4 if n < 268435456 else 5

cdef inline size_t forward_size(const char* p) noexcept nogil:
    """Bytes of the element at p, without the length behind it."""
    cdef uint8_t first = <uint8_t>p[0]
    cdef uint32_t n
    if first < 0x80:
        return 1
    if first < 0xC0:
        return 1 + (first & 0x3F)
    if first < 0xE0:
        return 2
    if first < 0xF0:
        return 2 + ((<size_t>(first & 0x0F) << 8) | <uint8_t>p[1])
    if first == 0xF0:
        memcpy(&n, p + 1, 4)
        return 5 + <size_t>n
    if first == 0xF1:
        return 3
    if first == 0xF2:
        return 4
    if first == 0xF3:
        return 5
    return 9

cdef inline const char* after(const char* p) noexcept nogil:
    """Where the element behind the one at p begins."""
    cdef size_t n = forward_size(p)
    return p + n + back_size(n)

cdef inline const char* after_many(const char* p, size_t count) noexcept nogil:
    """Where the `count` elements from p on end."""
    cdef size_t i
    for i in range(count):
        p = after(p)
    return p

cdef inline const char* before(const char* p) noexcept nogil:
    """Where the element that ends at p begins."""
    cdef size_t n = 0
    cdef int shift = 0, size = 0
    cdef uint8_t byte
    while True:
        p -= 1
        size += 1
        byte = <uint8_t>p[0]
        n |= <size_t>(byte & 127) << shift
        if not byte & 128:
            return p - n
        shift += 7

cdef inline bint is_same(const char* p, Encoded* e) noexcept nogil:
    """Is this the element at p?"""
    return (p[0] == e.head[0] and memcmp(p, e.head, e.head_length) == 0
            and (e.length == 0 or memcmp(p + e.head_length, e.data, e.length) == 0))

cdef void encode(Encoded* e, const char* data, size_t n) noexcept nogil
cdef void encode_integer(Encoded* e, int64_t number) noexcept nogil
cdef void encode_double(Encoded* e, double value) noexcept nogil
cdef void encode_again(Encoded* e, const char* p) noexcept nogil
cdef char* write_element(char* p, Encoded* e) noexcept nogil
cdef void read_element(const char* p, Element* e) noexcept nogil
cdef size_t text_of(const char* p, char* room, const char** text) noexcept nogil
cdef bytes element_bytes(const char* p)
cdef int reply_element(Reply reply, const char* p) except -1
cdef const char* find_element(const char* p, const char* end, Encoded* e, int stride) noexcept nogil
cdef const char* element_at(const char* p, const char* end, int64_t count, int64_t index) noexcept nogil
cdef size_t erase_same(char* first, char** end, Encoded* e, size_t* skip, size_t most) noexcept nogil
