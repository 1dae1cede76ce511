"""MurmurHash64A, read as little-endian everywhere: the hash by which a HyperLogLog counts."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dflite.native.base.bytesops cimport load64

cdef inline uint64_t murmur(const uint8_t* p, size_t n, uint32_t seed) noexcept nogil:
    cdef uint64_t m = <uint64_t>0xC6A4A7935BD1E995
    cdef uint64_t h = seed ^ (<uint64_t>n * m)
    cdef uint64_t k
    cdef size_t left = n & 7
    cdef const uint8_t* end = p + (n - left)
    while p < end:
        k = load64(p) * m
        k = (k ^ (k >> 47)) * m
        h = (h ^ k) * m
        p += 8
    if left > 0:
        k = 0
        while left > 0:
            left -= 1
            k = k << 8 | p[left]
        h = (h ^ k) * m
    h = (h ^ (h >> 47)) * m
    return h ^ (h >> 47)
