# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Single functions over bytes: keyed hash, checksums, integers as text, patterns, quotes, LZF.

Each exists twice: for other native modules by cimport (bytesops.pxd), and for Python, under the
same name, at the end of this file.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memchr, memcpy, memset


# --- checksums -----------------------------------------------------------------------------------

cdef const char* HEX = b"0123456789abcdef"
cdef const char* SPECIAL = b"abtn\0\0r"      # behind a backslash: BEL, BS, TAB, LF, CR

cdef enum:
    ALONE = 16 * 1024           # bytes from which a sum is worth another thread's turn

cdef uint16_t[256] crc16_table
cdef uint64_t[8][256] crc64_tables    # table k: a byte followed by k zero bytes


def _fill_tables():
    cdef int i, k
    cdef uint64_t crc
    for i in range(256):
        crc = <uint64_t>i << 8
        for k in range(8):
            crc = (crc << 1) ^ (0x1021 if crc & 0x8000 else 0)
        crc16_table[i] = <uint16_t>crc
        crc = i
        for k in range(8):
            crc = (crc >> 1) ^ (<uint64_t>0x95AC9329AC4BC9B5 if crc & 1 else 0)
        crc64_tables[0][i] = crc
    for i in range(256):
        for k in range(1, 8):
            crc = crc64_tables[k - 1][i]
            crc64_tables[k][i] = crc64_tables[0][crc & 0xFF] ^ (crc >> 8)

_fill_tables()


cdef uint16_t crc16(const char* data, size_t n) noexcept nogil:
    """CRC-16/XMODEM, which gives a key its hash slot."""
    cdef uint16_t crc = 0
    cdef size_t i
    for i in range(n):
        crc = <uint16_t>(crc << 8) ^ crc16_table[(crc >> 8) ^ <uint8_t>data[i]]
    return crc


cdef uint64_t crc64(uint64_t crc, const char* data, size_t n) noexcept nogil:
    """CRC-64 with Jones' polynomial, which closes RDB files and DUMP payloads."""
    cdef const uint8_t* p = <const uint8_t*>data
    while n >= 8:
        crc ^= load64(p)
        crc = (
            crc64_tables[7][crc & 0xFF]
            ^ crc64_tables[6][(crc >> 8) & 0xFF]
            ^ crc64_tables[5][(crc >> 16) & 0xFF]
            ^ crc64_tables[4][(crc >> 24) & 0xFF]
            ^ crc64_tables[3][(crc >> 32) & 0xFF]
            ^ crc64_tables[2][(crc >> 40) & 0xFF]
            ^ crc64_tables[1][(crc >> 48) & 0xFF]
            ^ crc64_tables[0][crc >> 56]
        )
        p += 8
        n -= 8
    while n > 0:
        crc = crc64_tables[0][(crc ^ p[0]) & 0xFF] ^ (crc >> 8)
        p += 1
        n -= 1
    return crc


cdef int key_slot(const char* key, size_t n) noexcept nogil:
    """The cluster's hash slot of a key: of what stands in its first {} if that is not empty."""
    cdef const char* opening = <const char*>memchr(key, c'{', n)
    cdef const char* closing
    if opening != NULL:
        opening += 1
        closing = <const char*>memchr(opening, c'}', n - (opening - key))
        if closing != NULL and closing > opening:
            return crc16(opening, closing - opening) & 0x3FFF
    return crc16(key, n) & 0x3FFF


# --- patterns ------------------------------------------------------------------------------------

# Characters compare as signed in ranges, as they do in Redis on x86: [a-\xff] is \xff to a.
ctypedef signed char schar

cdef enum:
    MOST_STARS = 1000    # a pattern that needs more matches nothing


cdef inline int _lower(int c) noexcept nogil:
    return c + 32 if c'A' <= c <= c'Z' else c


cdef inline bint _same(char a, char b, bint nocase) noexcept nogil:
    return a == b or (nocase and _lower(<schar>a) == _lower(<schar>b))


cdef inline size_t _class_holds(
    const char* pattern, size_t np, size_t p, char c, bint nocase, bint* holds
) noexcept nogil:
    """Try c against the class whose inside begins at p; where the pattern goes on behind it.

    A class that is not closed ends with the pattern. An escaped character in a class keeps its
    case even when case is to be ignored.
    """
    cdef bint inverse = p < np and pattern[p] == c'^'
    cdef bint found = False
    cdef int low, high, at
    if inverse:
        p += 1
    while p < np and pattern[p] != c']':
        if pattern[p] == c'\\' and p + 1 < np:
            p += 1
            if pattern[p] == c:
                found = True
        elif p + 2 < np and pattern[p + 1] == c'-':
            low = <schar>pattern[p]
            high = <schar>pattern[p + 2]
            at = <schar>c
            if low > high:
                low, high = high, low
            if nocase:
                low = _lower(low)
                high = _lower(high)
                at = _lower(at)
            p += 2
            if low <= at <= high:
                found = True
        elif _same(pattern[p], c, nocase):
            found = True
        p += 1
    holds[0] = found != inverse
    return p + 1 if p < np else np


cdef bint glob_match(
    const char* pattern, size_t np, const char* s, size_t ns, bint nocase
) noexcept nogil:
    """Whether the pattern of KEYS, SCAN, PSUBSCRIBE, … matches the whole of s.

    Only the last star met is ever tried again, one character further: if what follows it fits
    nowhere, no other end of an earlier star can help. So time is at most np * ns.
    """
    cdef size_t p = 0
    cdef size_t i = 0
    cdef size_t after_star = 0    # where the pattern goes on behind the last star; 0: none yet
    cdef size_t star_end = 0      # what that star has taken ends here
    cdef int stars = 0
    cdef bint fits
    cdef const char* found
    while True:
        if p < np and i < ns:
            if pattern[p] == c'*':
                while p + 1 < np and pattern[p + 1] == c'*':
                    p += 1
                p += 1
                if p == np:
                    return True
                stars += 1
                if stars > MOST_STARS:
                    return False
                after_star = p
                star_end = i
                continue
            if pattern[p] == c'?':
                fits = True
                p += 1
            elif pattern[p] == c'[':
                p = _class_holds(pattern, np, p + 1, s[i], nocase, &fits)
            else:
                if pattern[p] == c'\\' and p + 1 < np:
                    p += 1
                fits = _same(pattern[p], s[i], nocase)
                p += 1
            if fits:
                i += 1
                if i < ns:
                    continue
                while p < np and pattern[p] == c'*':
                    p += 1
                if p == np:
                    return True
        elif p == np and i == ns:
            return True    # both empty from the start
        if after_star == 0:
            return False
        star_end += 1
        p = after_star
        if star_end < ns and not nocase and pattern[p] not in (c'?', c'[', c'\\'):
            # a plain character follows the star: go on where it next stands
            found = <const char*>memchr(s + star_end, pattern[p], ns - star_end)
            if found == NULL:
                return False
            star_end = found - s
        if star_end >= ns:
            return False
        i = star_end


# --- LZF -----------------------------------------------------------------------------------------
#
# A run of 1 to 32 bytes as they are: a byte 000nnnnn (their number less 1), then the bytes.
# A copy of 3 to 264 earlier bytes: a byte nnnooooo with their number less 2, where 7 means that a
# byte to be added follows; o and one more byte are how far back they begin, less 1.

cdef enum:
    LZF_LITERALS = 32
    LZF_REACH = 1 << 13
    LZF_LONGEST = 264
    LZF_HASH_BITS = 13


cdef inline uint32_t _three(const uint8_t* p) noexcept nogil:
    return <uint32_t>p[0] << 16 | <uint32_t>p[1] << 8 | p[2]


cdef size_t lzf_compress(const char* data, size_t n, char* out, size_t cap) noexcept nogil:
    """Compress n bytes into at most cap; the length, or 0 if there is no room for the result."""
    cdef uint32_t[1 << LZF_HASH_BITS] seen    # by hash of three bytes: 1 + where they last began
    cdef const uint8_t* source = <const uint8_t*>data
    cdef uint8_t* o = <uint8_t*>out
    cdef size_t i = 0
    cdef size_t used = 0
    cdef size_t plain = 0    # bytes before i that are not written yet
    cdef size_t back, length, longest, run
    cdef int bits = 10 if n < 2048 else LZF_HASH_BITS
    cdef uint32_t slot, before
    if n == 0 or n > <size_t>0xFFFFFFF0:
        return 0
    memset(seen, 0, sizeof(uint32_t) << bits)
    while i < n:
        length = 0
        if i + 2 < n:
            slot = (_three(source + i) * <uint32_t>2654435769) >> (32 - bits)
            before = seen[slot]
            seen[slot] = <uint32_t>i + 1
            back = i + 1 - before
            if before and back <= LZF_REACH and _three(source + before - 1) == _three(source + i):
                longest = n - i if n - i < LZF_LONGEST else LZF_LONGEST
                length = 3
                while length < longest and source[before - 1 + length] == source[i + length]:
                    length += 1
        if length == 0:
            plain += 1
            i += 1
            if i < n and plain < LZF_LITERALS:
                continue
        if plain:
            if used + 1 + plain > cap:
                return 0
            o[used] = <uint8_t>(plain - 1)
            memcpy(o + used + 1, source + i - plain, plain)
            used += 1 + plain
            plain = 0
        if length == 0:
            continue
        if used + 3 > cap:
            return 0
        back -= 1
        if length - 2 < 7:
            o[used] = <uint8_t>((length - 2) << 5 | back >> 8)
        else:
            o[used] = <uint8_t>(7 << 5 | back >> 8)
            used += 1
            o[used] = <uint8_t>(length - 2 - 7)
        o[used + 1] = <uint8_t>(back & 0xFF)
        used += 2
        # the last places in the copy are where the next one most likely begins
        run = i + length
        i = run - 2
        while i < run:
            if i + 2 < n:
                slot = (_three(source + i) * <uint32_t>2654435769) >> (32 - bits)
                seen[slot] = <uint32_t>i + 1
            i += 1
    return used


cdef size_t lzf_decompress(const char* data, size_t n, char* out, size_t cap) noexcept nogil:
    """Undo lzf_compress; the length, or 0 if data is damaged or needs more than cap."""
    cdef const uint8_t* source = <const uint8_t*>data
    cdef size_t i = 0
    cdef size_t used = 0
    cdef size_t length, back, k
    while i < n:
        length = source[i]
        i += 1
        if length < LZF_LITERALS:
            length += 1
            if length > n - i or length > cap - used:
                return 0
            memcpy(out + used, source + i, length)
            i += length
            used += length
            continue
        back = (length & 0x1F) << 8
        length >>= 5
        if length == 7:
            if i == n:
                return 0
            length += source[i]
            i += 1
        if i == n:
            return 0
        back += <size_t>source[i] + 1
        i += 1
        length += 2
        if back > used or length > cap - used:
            return 0
        if back >= length:
            memcpy(out + used, out + used - back, length)
        else:
            for k in range(length):    # the copy reads what it has just written
                out[used + k] = out[used + k - back]
        used += length
    return used


# --- from Python ---------------------------------------------------------------------------------
#
# A C function and a Python function cannot share a name in Cython, so these are defined with
# `py_` before it, which the last lines take away.

def py_siphash13(bytes data not None, uint64_t k0, uint64_t k1):
    """SipHash-1-3 of data under the key (k0, k1)."""
    return siphash13(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), k0, k1)


def py_crc16(bytes data not None):
    """CRC-16/XMODEM of data."""
    return crc16(PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data))


def py_crc64(bytes data not None, uint64_t start=0):
    """CRC-64 (Jones) of data; `start` is the sum of what came before."""
    cdef const char* p = PyBytes_AS_STRING(data)
    cdef size_t n = PyBytes_GET_SIZE(data)
    if n < ALONE:
        return crc64(start, p, n)
    with nogil:                 # a thread that writes a file lets others run
        start = crc64(start, p, n)
    return start


def py_key_slot(bytes key not None):
    """The cluster's hash slot of a key, 0 to 16383."""
    return key_slot(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key))


def py_glob_match(bytes pattern not None, bytes text not None, bint nocase=False):
    """Whether Redis' pattern matches the whole text."""
    return glob_match(
        PyBytes_AS_STRING(pattern), PyBytes_GET_SIZE(pattern),
        PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), nocase,
    )


def py_parse_int(bytes text not None):
    """The 64-bit integer that text spells in the one canonical way, or None."""
    cdef int64_t value
    if parse_int64(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &value):
        return value
    return None


def py_format_int(int64_t value):
    """A 64-bit integer in decimal."""
    cdef char[INT64_CHARS] out
    return PyBytes_FromStringAndSize(out, format_int64(value, out))


def py_quote(bytes data not None):
    """data in double quotes, as MONITOR shows a word: what is not printable is escaped."""
    cdef const uint8_t* text = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef Py_ssize_t i, n = PyBytes_GET_SIZE(data), length = 2
    cdef bytes out
    cdef char* p
    cdef uint8_t c
    for i in range(n):
        c = text[i]
        if c == 34 or c == 92 or 7 <= c <= 10 or c == 13:
            length += 2
        else:
            length += 1 if 32 <= c < 127 else 4
    out = PyBytes_FromStringAndSize(NULL, length)
    p = PyBytes_AS_STRING(out)
    p[0] = 34
    p += 1
    for i in range(n):
        c = text[i]
        if 32 <= c < 127 and c != 34 and c != 92:
            p[0] = <char>c
            p += 1
            continue
        p[0] = 92
        if c == 34 or c == 92:
            p[1] = <char>c
            p += 2
        elif 7 <= c <= 10 or c == 13:
            p[1] = SPECIAL[c - 7]
            p += 2
        else:
            p[1] = c"x"
            p[2] = HEX[c >> 4]
            p[3] = HEX[c & 15]
            p += 4
    p[0] = 34
    return out


def py_lzf_compress(bytes data not None, Py_ssize_t room=-1):
    """data in LZF, or None if that takes more than `room` bytes (by default: 4 less than data)."""
    cdef Py_ssize_t n = PyBytes_GET_SIZE(data)
    cdef bytes out
    cdef size_t used
    if room < 0:
        room = n - 4
    if room <= 0:
        return None
    out = PyBytes_FromStringAndSize(NULL, room)
    used = lzf_compress(PyBytes_AS_STRING(data), n, PyBytes_AS_STRING(out), room)
    return out[:used] if used else None


def py_lzf_decompress(bytes data not None, Py_ssize_t size):
    """The `size` bytes that data was compressed from, or None if it is damaged."""
    cdef bytes out
    if size <= 0:
        return None
    out = PyBytes_FromStringAndSize(NULL, size)
    if lzf_decompress(
        PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), PyBytes_AS_STRING(out), size
    ) != <size_t>size:
        return None
    return out


for _function in (
    py_siphash13, py_crc16, py_crc64, py_key_slot, py_glob_match, py_parse_int, py_format_int,
    py_quote, py_lzf_compress, py_lzf_decompress,
):
    _function.__name__ = _function.__qualname__ = _function.__name__[3:]
    globals()[_function.__name__] = _function
    del globals()["py_" + _function.__name__]
