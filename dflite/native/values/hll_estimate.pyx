# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""How many elements a HyperLogLog has seen, from its registers.

The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284).
"""

from libc.math cimport INFINITY, llround, sqrt
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libc.string cimport memset

from dflite.native.values.hll_registers cimport REGISTERS


cdef int64_t estimate_registers(const uint8_t* registers) noexcept nogil:
    """The estimate for these registers, a byte each."""
    cdef uint32_t[256] counts
    cdef uint32_t i
    memset(counts, 0, sizeof(counts))
    for i in range(<uint32_t>REGISTERS):
        counts[registers[i]] += 1
    return estimate_of(counts)


cdef int64_t estimate_of(const uint32_t* counts) noexcept nogil:
    """The estimate from how many registers have each value."""
    cdef double m = REGISTERS
    cdef double z = m * tau((m - counts[HASH_BITS + 1]) / m)
    cdef int value = HASH_BITS
    while value > 0:
        z = (z + counts[value]) * 0.5
        value -= 1
    z += m * sigma(counts[0] / m)
    if z == 0:
        return -(<int64_t>1 << 62) * 2      # all registers have values that no hash gives; so Redis
    return llround(0.721347520444481703680 * m * m / z)


cdef double sigma(double x) noexcept nogil:
    cdef double last, weight = 1, sum = x
    if x == 1:
        return INFINITY
    while True:
        x *= x
        last = sum
        sum += x * weight
        weight += weight
        if sum == last:
            return sum


cdef double tau(double x) noexcept nogil:
    cdef double last, weight = 1, sum = 1 - x
    if x == 0 or x == 1:
        return 0
    while True:
        x = sqrt(x)
        last = sum
        weight *= 0.5
        sum -= (1 - x) * (1 - x) * weight
        if sum == last:
            return sum / 3
