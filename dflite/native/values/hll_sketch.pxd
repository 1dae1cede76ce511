"""A HyperLogLog that is being changed, in memory of its own; hll_sketch.pyx describes it."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from dflite.native.base.murmur cimport murmur
from dflite.native.values.hll_estimate cimport HASH_BITS
from dflite.native.values.hll_registers cimport FORM, FORM_DENSE, HEAD, REGISTERS, dense_raise

cdef extern from *:
    int trailing_zeros "__builtin_ctzll"(unsigned long long x) noexcept nogil

cdef enum:
    SEED = 0xADC83B19           # of the hash, Redis'
    INDEX_BITS = 14             # of the hash, which choose the register

cdef struct Sketch:
    uint8_t* data               # head and registers
    size_t length
    size_t room
    size_t most                 # bytes up to which it stays sparse

cdef bint new_sketch(Sketch* s, size_t most) noexcept nogil
cdef bint copy_sketch(Sketch* s, const uint8_t* data, size_t length, size_t most) noexcept nogil
cdef bint make_dense(Sketch* s) noexcept nogil
cdef int sparse_raise(Sketch* s, uint32_t index, uint8_t value) noexcept nogil

cdef inline int sketch_raise(Sketch* s, uint32_t index, uint8_t value) noexcept nogil:
    """Raise a register to `value`: 1 if it was lower, 0 if not, or FAULT."""
    if s.data[FORM] == FORM_DENSE:
        return dense_raise(s.data + HEAD, index, value)
    return sparse_raise(s, index, value)

cdef inline int sketch_add(Sketch* s, const uint8_t* element, size_t n) noexcept nogil:
    """Count an element: 1 if a register was raised, 0 if not, or FAULT."""
    cdef uint64_t hash = murmur(element, n, <uint32_t>SEED)
    cdef uint64_t rest = hash >> INDEX_BITS | <uint64_t>1 << HASH_BITS
    return sketch_raise(s, hash & (REGISTERS - 1), trailing_zeros(rest) + 1)
