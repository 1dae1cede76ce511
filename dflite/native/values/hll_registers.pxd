"""The bytes of a HyperLogLog, which are Redis': either server can read and go on with the other's.

16 bytes of head: "HYLL", the form (0 dense, 1 sparse), three zeros, and the last estimate as a little-endian
number whose highest bit says that it is out of date. Then 16,384 registers of six bits, in one of two forms:

    dense   all of them, four in three bytes, the lowest bits first
    sparse  runs: 00nnnnnn  n + 1 registers that are 0     01nnnnnn nnnnnnnn  the same for up to 16,384
                  1vvvvvnn  n + 1 registers that are v + 1
"""

from libc.stdint cimport uint8_t, uint32_t

cdef enum:
    HEAD = 16
    FORM = 4                    # where the form stands,
    ESTIMATE = 8                # the estimate,
    OUT_OF_DATE = 15            # and, as its highest bit, whether that is out of date
    FORM_DENSE = 0
    FORM_SPARSE = 1
    FAULT = -1                  # neither: what stands there is corrupted
    REGISTERS = 16384
    DENSE_BYTES = 12288
    DENSE_SIZE = HEAD + DENSE_BYTES
    MOST_VALUE = 32             # what a sparse run can have,
    MOST_VALUES = 4             # for so many registers,
    MOST_ZEROS = 64             # and how many zeros one byte can have

# -- dense -----------------------------------------------------------------------------------------

cdef inline uint8_t dense_get(const uint8_t* registers, uint32_t index) noexcept nogil:
    cdef const uint8_t* p = registers + 3 * (index >> 2)
    cdef uint32_t four = p[0] | <uint32_t>p[1] << 8 | <uint32_t>p[2] << 16
    return four >> (6 * (index & 3)) & 63

cdef inline void dense_set(uint8_t* registers, uint32_t index, uint8_t value) noexcept nogil:
    cdef uint8_t* p = registers + 3 * (index >> 2)
    cdef uint32_t four = p[0] | <uint32_t>p[1] << 8 | <uint32_t>p[2] << 16
    four = (four & ~(<uint32_t>63 << (6 * (index & 3)))) | <uint32_t>value << (6 * (index & 3))
    p[0] = <uint8_t>four
    p[1] = <uint8_t>(four >> 8)
    p[2] = <uint8_t>(four >> 16)

cdef inline int dense_raise(uint8_t* registers, uint32_t index, uint8_t value) noexcept nogil:
    """1 if the register was lower."""
    if dense_get(registers, index) >= value:
        return 0
    dense_set(registers, index, value)
    return 1

# -- sparse ----------------------------------------------------------------------------------------

cdef struct Run:
    uint32_t length             # registers
    uint8_t value
    uint8_t size                # bytes

cdef inline bint is_values(uint8_t byte) noexcept nogil:
    """Does this byte begin, and end, a run of registers that are not 0?"""
    return byte & 0x80

cdef inline Run run_at(const uint8_t* p, const uint8_t* end) noexcept nogil:
    cdef Run run
    run.value = 0
    run.size = 1
    if is_values(p[0]):
        run.value = (p[0] >> 2 & 31) + 1
        run.length = (p[0] & 3) + 1
    elif p[0] & 0x40:
        run.size = 2
        # a zero follows what Redis keeps, so that it can read a byte that is missing
        run.length = ((p[0] & 63) << 8 | (p[1] if p + 1 < end else 0)) + 1
    else:
        run.length = (p[0] & 63) + 1
    return run

cdef inline uint8_t* put_zeros(uint8_t* p, uint32_t length) noexcept nogil:
    """Write a run of zeros, if there are any; where it ends."""
    if length == 0:
        return p
    if length > MOST_ZEROS:
        p[0] = 0x40 | (length - 1) >> 8
        p[1] = <uint8_t>(length - 1)
        return p + 2
    p[0] = length - 1
    return p + 1

cdef inline uint8_t* put_values(uint8_t* p, uint8_t value, uint32_t length) noexcept nogil:
    """Write a run of registers of this value, if there are any; where it ends."""
    if length == 0:
        return p
    p[0] = 0x80 | (value - 1) << 2 | (length - 1)
    return p + 1

# -- either form -----------------------------------------------------------------------------------

cdef bint read_registers(const uint8_t* data, size_t length, uint8_t* registers) noexcept nogil
