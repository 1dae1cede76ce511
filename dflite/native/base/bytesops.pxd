# cython: language_level=3
"""What other native modules may use of bytesops, without the GIL and without Python objects.

The functions that run once per key or per number have their bodies here, so that the C compiler
inlines them in the module that uses them.
"""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint64_t

cdef enum:
    INT64_CHARS = 21       # the room format_int64 needs


# --- hashing -------------------------------------------------------------------------------------

cdef inline uint64_t load64(const uint8_t* p) noexcept nogil:
    """Eight bytes as a little-endian number; compilers make one load of it where they may."""
    return (<uint64_t>p[0] | <uint64_t>p[1] << 8 | <uint64_t>p[2] << 16 | <uint64_t>p[3] << 24
            | <uint64_t>p[4] << 32 | <uint64_t>p[5] << 40 | <uint64_t>p[6] << 48
            | <uint64_t>p[7] << 56)


cdef inline uint64_t rotate_left(uint64_t x, int bits) noexcept nogil:
    return (x << bits) | (x >> (64 - bits))


cdef inline void sip_round(uint64_t* v) noexcept nogil:
    v[0] += v[1]
    v[2] += v[3]
    v[1] = rotate_left(v[1], 13) ^ v[0]
    v[3] = rotate_left(v[3], 16) ^ v[2]
    v[0] = rotate_left(v[0], 32)
    v[2] += v[1]
    v[0] += v[3]
    v[1] = rotate_left(v[1], 17) ^ v[2]
    v[3] = rotate_left(v[3], 21) ^ v[0]
    v[2] = rotate_left(v[2], 32)


cdef inline uint64_t siphash13(
    const char* data, size_t n, uint64_t k0, uint64_t k1
) noexcept nogil:
    """SipHash-1-3 of n bytes under a 128-bit key."""
    cdef const uint8_t* p = <const uint8_t*>data
    cdef const uint8_t* end = p + (n & ~<size_t>7)
    cdef uint64_t[4] v
    cdef uint64_t word
    cdef size_t left = n & 7
    v[0] = k0 ^ <uint64_t>0x736F6D6570736575
    v[1] = k1 ^ <uint64_t>0x646F72616E646F6D
    v[2] = k0 ^ <uint64_t>0x6C7967656E657261
    v[3] = k1 ^ <uint64_t>0x7465646279746573
    while p < end:
        word = load64(p)
        v[3] ^= word
        sip_round(v)
        v[0] ^= word
        p += 8
    word = <uint64_t>n << 56
    if left > 0 and n > 8:
        word |= load64(p + left - 8) >> (64 - 8 * left)    # the last eight, less those done
    else:
        while left > 0:
            left -= 1
            word |= <uint64_t>p[left] << (8 * left)
    v[3] ^= word
    sip_round(v)
    v[0] ^= word
    v[2] ^= 0xFF
    sip_round(v)
    sip_round(v)
    sip_round(v)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


cdef uint16_t crc16(const char* data, size_t n) noexcept nogil
cdef uint64_t crc64(uint64_t crc, const char* data, size_t n) noexcept nogil
cdef int key_slot(const char* key, size_t n) noexcept nogil


# --- integers ------------------------------------------------------------------------------------

cdef inline bint parse_int64(const char* s, size_t n, int64_t* out) noexcept nogil:
    """The one canonical decimal spelling of a signed 64-bit integer, and nothing else."""
    cdef size_t i = 0
    cdef bint negative = False
    cdef uint64_t value, digit
    if n == 0 or n > 20:
        return False
    if s[0] == c'-':
        negative = True
        i = 1
        if n == 1:
            return False
    elif n == 1 and s[0] == c'0':
        out[0] = 0
        return True
    if s[i] < c'1' or s[i] > c'9':
        return False
    value = <uint64_t>(s[i] - c'0')
    i += 1
    while i < n:
        digit = <uint64_t><uint8_t>s[i] - <uint64_t>c'0'    # below '0' wraps to a huge one
        if digit > 9:
            return False
        if value > <uint64_t>922337203685477580:
            return False
        value = value * 10 + digit
        i += 1
    if negative:
        if value > <uint64_t>1 << 63:
            return False
        out[0] = <int64_t>(0 - value)
    else:
        if value > (<uint64_t>1 << 63) - 1:
            return False
        out[0] = <int64_t>value
    return True


cdef extern from *:
    """
    static const char dflite_digit_pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
        "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
        "888990919293949596979899";
    """
    const char* DIGIT_PAIRS "dflite_digit_pairs"


cdef inline int format_int64(int64_t v, char* out) noexcept nogil:
    """Write v in decimal, without a NUL; its length, at most INT64_CHARS - 1."""
    cdef uint64_t rest = <uint64_t>v
    cdef uint64_t probe
    cdef const char* pair
    cdef int length = 1
    cdef int at, start = 0
    if v < 0:
        rest = 0 - rest
        out[0] = c'-'
        start = 1
    probe = rest
    while probe >= 1000:
        probe //= 1000
        length += 3
    if probe >= 100:
        length += 2
    elif probe >= 10:
        length += 1
    at = start + length
    while rest >= 10:
        pair = DIGIT_PAIRS + 2 * (rest % 100)
        rest //= 100
        at -= 2
        out[at] = pair[0]
        out[at + 1] = pair[1]
    if at > start:
        out[start] = <char>(c'0' + <char>rest)
    return start + length


# --- patterns ------------------------------------------------------------------------------------

cdef bint glob_match(
    const char* pattern, size_t np, const char* s, size_t ns, bint nocase
) noexcept nogil


# --- compression ---------------------------------------------------------------------------------

cdef size_t lzf_compress(const char* data, size_t n, char* out, size_t cap) noexcept nogil
cdef size_t lzf_decompress(const char* data, size_t n, char* out, size_t cap) noexcept nogil
