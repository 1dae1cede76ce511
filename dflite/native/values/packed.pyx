# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Elements of small collections: encoding, decoding, looking for them. packed.pxd has the format."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.string cimport memmove

from dflite.native.base.bytesops cimport format_int64, parse_int64
from dflite.native.base.floattext cimport format_double


cdef void encode(Encoded* e, const char* data, size_t n) noexcept nogil:
    """Make an element of a string; `data` has to stay where it is."""
    cdef int64_t number
    cdef uint32_t wide
    if 0 < n <= 20 and parse_int64(data, n, &number):
        encode_integer(e, number)
        return
    if n < 64:
        e.head[0] = <char>(0x80 | n)
        e.head_length = 1
    elif n < 4096:
        e.head[0] = <char>(0xE0 | (n >> 8))
        e.head[1] = <char>n
        e.head_length = 2
    else:
        wide = <uint32_t>n
        e.head[0] = <char>0xF0
        memcpy(e.head + 1, &wide, 4)
        e.head_length = 5
    e.data = data
    e.length = n
    e.total = e.head_length + n
    e.total += back_size(e.total)


cdef void encode_integer(Encoded* e, int64_t number) noexcept nogil:
    """Make an element of an integer."""
    cdef uint64_t bits = <uint64_t>number
    if 0 <= number < 128:
        e.head[0] = <char>number
        e.head_length = 1
    elif -4096 <= number < 4096:
        e.head[0] = <char>(0xC0 | ((bits >> 8) & 0x1F))
        e.head[1] = <char>bits
        e.head_length = 2
    elif -0x8000 <= number < 0x8000:
        e.head[0] = <char>0xF1
        memcpy(e.head + 1, &bits, 2)
        e.head_length = 3
    elif -0x800000 <= number < 0x800000:
        e.head[0] = <char>0xF2
        memcpy(e.head + 1, &bits, 3)
        e.head_length = 4
    elif -<int64_t>0x80000000 <= number < <int64_t>0x80000000:
        e.head[0] = <char>0xF3
        memcpy(e.head + 1, &bits, 4)
        e.head_length = 5
    else:
        e.head[0] = <char>0xF4
        memcpy(e.head + 1, &bits, 8)
        e.head_length = 9
    e.data = NULL
    e.length = 0
    e.total = e.head_length + 1


cdef void encode_double(Encoded* e, double value) noexcept nogil:
    """Make an element of a double: an integer where it is one."""
    cdef int64_t number
    if -9007199254740992.0 <= value <= 9007199254740992.0:
        number = <int64_t>value
        if number == value and (number != 0 or memcmp(&value, b"\0\0\0\0\0\0\0\0", 8) == 0):
            encode_integer(e, number)
            return
    e.head[0] = <char>0xF5
    memcpy(e.head + 1, &value, 8)
    e.head_length = 9
    e.data = NULL
    e.length = 0
    e.total = 10


cdef void encode_again(Encoded* e, const char* p) noexcept nogil:
    """The element at p, to be written or looked for elsewhere; the blob has to stay where it is."""
    cdef uint8_t first = <uint8_t>p[0]
    cdef size_t n = forward_size(p)
    if 0x80 <= first < 0xC0:
        e.head_length = 1
    elif 0xE0 <= first < 0xF0:
        e.head_length = 2
    elif first == 0xF0:
        e.head_length = 5
    else:
        e.head_length = <uint8_t>n
    memcpy(e.head, p, e.head_length)
    e.data = p + e.head_length
    e.length = n - e.head_length
    e.total = n + back_size(n)


cdef char* write_element(char* p, Encoded* e) noexcept nogil:
    """Write `total` bytes at p; where they end."""
    cdef size_t n = e.head_length + e.length
    cdef int i, size = back_size(n)
    memcpy(p, e.head, e.head_length)
    p += e.head_length
    if e.length:
        memcpy(p, e.data, e.length)
        p += e.length
    if size == 1:
        p[0] = <char>n
        return p + 1
    for i in range(size - 1, -1, -1):
        p[i] = <char>((n & 127) | (128 if i else 0))
        n >>= 7
    return p + size


cdef void read_element(const char* p, Element* e) noexcept nogil:
    """What stands at p."""
    cdef uint8_t first = <uint8_t>p[0]
    cdef int16_t two
    cdef int32_t four = 0
    cdef uint32_t wide
    e.kind = AN_INTEGER
    e.data = NULL
    e.length = 0
    if first < 0x80:
        e.number = first
    elif first < 0xC0:
        e.kind = A_STRING
        e.length = first & 0x3F
        e.data = p + 1
    elif first < 0xE0:
        e.number = (<int64_t>(first & 0x1F) << 8) | <uint8_t>p[1]
        if e.number >= 4096:
            e.number -= 8192
    elif first < 0xF0:
        e.kind = A_STRING
        e.length = (<size_t>(first & 0x0F) << 8) | <uint8_t>p[1]
        e.data = p + 2
    elif first == 0xF0:
        memcpy(&wide, p + 1, 4)
        e.kind = A_STRING
        e.length = wide
        e.data = p + 5
    elif first == 0xF1:
        memcpy(&two, p + 1, 2)
        e.number = two
    elif first == 0xF2:
        memcpy(<char*>&four + 1, p + 1, 3)
        e.number = four >> 8
    elif first == 0xF3:
        memcpy(&four, p + 1, 4)
        e.number = four
    elif first == 0xF4:
        memcpy(&e.number, p + 1, 8)
    else:
        e.kind = A_DOUBLE
        memcpy(&e.value, p + 1, 8)
        return
    if e.kind == AN_INTEGER:
        e.value = <double>e.number


cdef size_t text_of(const char* p, char* room, const char** text) noexcept nogil:
    """Length of the element at p as text; `text` leads to it, perhaps to `room` (64 bytes)."""
    cdef Element e
    read_element(p, &e)
    if e.kind == A_STRING:
        text[0] = e.data
        return e.length
    text[0] = room
    if e.kind == AN_INTEGER:
        return format_int64(e.number, room)
    return format_double(e.value, room)


cdef bytes element_bytes(const char* p):
    """The element at p as a client reads it."""
    cdef char[64] room
    cdef const char* text
    cdef size_t n = text_of(p, room, &text)
    return PyBytes_FromStringAndSize(text, n)


cdef int reply_element(Reply reply, const char* p) except -1:
    """Answer the element at p as a bulk string."""
    cdef char[64] room
    cdef const char* text
    cdef size_t n = text_of(p, room, &text)
    return reply.put_bulk(text, n)


cdef const char* find_element(const char* p, const char* end, Encoded* e, int stride) noexcept nogil:
    """The first element like `e` among every `stride`-th from p on; NULL if there is none."""
    cdef int i
    while p < end:
        if is_same(p, e):
            return p
        for i in range(stride):
            p = after(p)
    return NULL


cdef const char* element_at(const char* p, const char* end, int64_t count, int64_t index) noexcept nogil:
    """The element of that index, from 0, of `count` from p to end; index is within."""
    cdef int64_t i
    if index < count >> 1:
        for i in range(index):
            p = after(p)
        return p
    for i in range(count - index):
        end = before(end)
    return end


cdef size_t erase_same(char* first, char** end, Encoded* e, size_t* skip, size_t most) noexcept nogil:
    """Take out up to `most` elements like `e` from `first` to `end`, after `skip` of them; how many were.

    What stands behind them moves up. Afterwards `end` is where the elements end, and `skip` how many of those to
    pass were not met.
    """
    cdef const char* p = first
    cdef const char* q
    cdef char* to = first
    cdef size_t erased = 0
    while p < end[0]:
        q = after(p)
        if erased < most and is_same(p, e):
            if skip[0] == 0:
                erased += 1
                p = q
                continue
            skip[0] -= 1
        if to != p:
            memmove(to, p, q - p)
        to += q - p
        p = q
    end[0] = to
    return erased


# -- for tests -------------------------------------------------------------------------------------


def pack(items: list[bytes]) -> bytes:
    """Elements of these strings, one behind the other."""
    cdef list parts = []
    cdef Encoded e
    cdef bytes item, part
    for item in items:
        encode(&e, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
        part = PyBytes_FromStringAndSize(NULL, e.total)
        write_element(PyBytes_AS_STRING(part), &e)
        parts.append(part)
    return b"".join(parts)


def unpack(blob: bytes) -> list[bytes]:
    """The strings that `pack` made the elements of."""
    cdef const char* p = PyBytes_AS_STRING(blob)
    cdef const char* end = p + PyBytes_GET_SIZE(blob)
    cdef list items = []
    while p < end:
        items.append(element_bytes(p))
        p = after(p)
    assert p == end
    return items


def unpack_backwards(blob: bytes) -> list[bytes]:
    """The same from the end."""
    cdef const char* start = PyBytes_AS_STRING(blob)
    cdef const char* p = start + PyBytes_GET_SIZE(blob)
    cdef list items = []
    while p > start:
        p = before(p)
        items.append(element_bytes(p))
    assert p == start
    return items


def index_of(blob: bytes, item: bytes, stride: int = 1) -> int:
    """The place in bytes where an element stands among every `stride`-th; -1 if it is not there."""
    cdef Encoded e
    cdef const char* p = PyBytes_AS_STRING(blob)
    encode(&e, PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
    cdef const char* found = find_element(p, p + PyBytes_GET_SIZE(blob), &e, stride)
    return -1 if found == NULL else found - p
