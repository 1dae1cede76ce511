from libc.stdint cimport int64_t, uint8_t

cdef enum:
    HASH_BITS = 50              # of an element's hash that do not choose the register

cdef int64_t estimate_registers(const uint8_t* registers) noexcept nogil
