# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""XXH3 with 64 bits and seed 0, the digest of DIGEST, IFDEQ and IFDNE.

Written after the published xxHash specification: one way of mixing for each class of lengths,
and for long inputs eight accumulators fed with stripes of 64 bytes.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint64_t

from dflite.native.base.bytesops cimport load64, rotate_left

cdef uint64_t P32_1 = 0x9E3779B1
cdef uint64_t P32_2 = 0x85EBCA77
cdef uint64_t P32_3 = 0xC2B2AE3D
cdef uint64_t P64_1 = 0x9E3779B185EBCA87
cdef uint64_t P64_2 = 0xC2B2AE3D27D4EB4F
cdef uint64_t P64_3 = 0x165667B19E3779F9
cdef uint64_t P64_4 = 0x85EBCA77C2B2AE63
cdef uint64_t P64_5 = 0x27D4EB2F165667C5
cdef uint64_t MIX_1 = 0x165667919E3779F9
cdef uint64_t MIX_2 = 0x9FB21C651E98DF25
cdef uint64_t LOW_HALF = 0xFFFFFFFF
cdef uint64_t ODD_BYTES = 0x00FF00FF00FF00FF
cdef uint64_t ODD_PAIRS = 0x0000FFFF0000FFFF

cdef enum:
    SECRET_BYTES = 192
    STRIPE = 64
    STRIPES_A_BLOCK = (SECRET_BYTES - STRIPE) // 8
    BLOCK = STRIPE * STRIPES_A_BLOCK

cdef bytes SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
cdef const uint8_t* secret = <const uint8_t*>PyBytes_AS_STRING(SECRET)


cdef inline uint64_t _load32(const uint8_t* p) noexcept nogil:
    return <uint64_t>p[0] | <uint64_t>p[1] << 8 | <uint64_t>p[2] << 16 | <uint64_t>p[3] << 24


cdef inline uint64_t _swapped(uint64_t x) noexcept nogil:
    x = (x & ODD_BYTES) << 8 | (x >> 8 & ODD_BYTES)
    x = (x & ODD_PAIRS) << 16 | (x >> 16 & ODD_PAIRS)
    return x << 32 | x >> 32


cdef inline uint64_t _folded_product(uint64_t a, uint64_t b) noexcept nogil:
    """The two halves of the 128-bit product, one laid over the other."""
    cdef uint64_t low = (a & LOW_HALF) * (b & LOW_HALF)
    cdef uint64_t one = (a >> 32) * (b & LOW_HALF)
    cdef uint64_t two = (a & LOW_HALF) * (b >> 32)
    cdef uint64_t cross = (low >> 32) + (one & LOW_HALF) + two
    cdef uint64_t high = (a >> 32) * (b >> 32) + (one >> 32) + (cross >> 32)
    return (cross << 32 | (low & LOW_HALF)) ^ high


cdef inline uint64_t _avalanche(uint64_t h) noexcept nogil:
    h = (h ^ h >> 37) * MIX_1
    return h ^ h >> 32


cdef inline uint64_t _avalanche_short(uint64_t h) noexcept nogil:
    h = (h ^ h >> 33) * P64_2
    h = (h ^ h >> 29) * P64_3
    return h ^ h >> 32


cdef inline uint64_t _mix16(const uint8_t* p, const uint8_t* key) noexcept nogil:
    return _folded_product(load64(p) ^ load64(key), load64(p + 8) ^ load64(key + 8))


cdef uint64_t _up_to_16(const uint8_t* p, size_t n) noexcept nogil:
    cdef uint64_t h, low, high
    if n > 8:
        low = load64(p) ^ load64(secret + 24) ^ load64(secret + 32)
        high = load64(p + n - 8) ^ load64(secret + 40) ^ load64(secret + 48)
        return _avalanche(n + _swapped(low) + high + _folded_product(low, high))
    if n > 3:
        h = _load32(p + n - 4) + (_load32(p) << 32)
        h ^= load64(secret + 8) ^ load64(secret + 16)
        h ^= rotate_left(h, 49) ^ rotate_left(h, 24)
        h *= MIX_2
        h = (h ^ (h >> 35) + n) * MIX_2
        return h ^ h >> 28
    if n > 0:
        h = <uint64_t>p[0] << 16 | <uint64_t>p[n >> 1] << 24 | p[n - 1] | <uint64_t>n << 8
        return _avalanche_short(h ^ _load32(secret) ^ _load32(secret + 4))
    return _avalanche_short(load64(secret + 56) ^ load64(secret + 64))


cdef uint64_t _up_to_128(const uint8_t* p, size_t n) noexcept nogil:
    """Sixteen bytes from either end, as often as needed to meet in the middle."""
    cdef uint64_t h = n * P64_1
    cdef size_t i
    for i in range((n + 31) // 32):
        h += _mix16(p + 16 * i, secret + 32 * i)
        h += _mix16(p + n - 16 * (i + 1), secret + 32 * i + 16)
    return _avalanche(h)


cdef uint64_t _up_to_240(const uint8_t* p, size_t n) noexcept nogil:
    cdef uint64_t h = n * P64_1
    cdef size_t i
    for i in range(8):
        h += _mix16(p + 16 * i, secret + 16 * i)
    h = _avalanche(h)
    for i in range(8, n // 16):
        h += _mix16(p + 16 * i, secret + 16 * (i - 8) + 3)
    return _avalanche(h + _mix16(p + n - 16, secret + 119))


cdef inline void _accumulate(uint64_t* sums, const uint8_t* p, const uint8_t* key) noexcept nogil:
    cdef uint64_t value, keyed
    cdef int i
    for i in range(8):
        value = load64(p + 8 * i)
        keyed = value ^ load64(key + 8 * i)
        sums[i ^ 1] += value
        sums[i] += (keyed & LOW_HALF) * (keyed >> 32)


cdef uint64_t _long(const uint8_t* p, size_t n) noexcept nogil:
    cdef uint64_t[8] sums
    cdef uint64_t h = n * P64_1
    cdef size_t blocks = (n - 1) // BLOCK
    cdef size_t stripes = (n - 1) % BLOCK // STRIPE
    cdef size_t a_block = STRIPES_A_BLOCK
    cdef size_t block, stripe
    cdef int i
    sums[0] = P32_3
    sums[1] = P64_1
    sums[2] = P64_2
    sums[3] = P64_3
    sums[4] = P64_4
    sums[5] = P32_2
    sums[6] = P64_5
    sums[7] = P32_1
    for block in range(blocks):
        for stripe in range(a_block):
            _accumulate(sums, p + block * BLOCK + stripe * STRIPE, secret + 8 * stripe)
        for i in range(8):
            sums[i] ^= sums[i] >> 47
            sums[i] ^= load64(secret + SECRET_BYTES - STRIPE + 8 * i)
            sums[i] *= P32_1
    for stripe in range(stripes):
        _accumulate(sums, p + blocks * BLOCK + stripe * STRIPE, secret + 8 * stripe)
    _accumulate(sums, p + n - STRIPE, secret + SECRET_BYTES - STRIPE - 7)
    for i in range(4):
        h += _folded_product(
            sums[2 * i] ^ load64(secret + 11 + 16 * i),
            sums[2 * i + 1] ^ load64(secret + 19 + 16 * i),
        )
    return _avalanche(h)


def xxh3_64(bytes data not None):
    """XXH3_64bits of data, as a number; replies show it as 16 hexadecimal digits."""
    cdef const uint8_t* p = <const uint8_t*>PyBytes_AS_STRING(data)
    cdef size_t n = PyBytes_GET_SIZE(data)
    if n <= 16:
        return _up_to_16(p, n)
    if n <= 128:
        return _up_to_128(p, n)
    if n <= 240:
        return _up_to_240(p, n)
    return _long(p, n)
