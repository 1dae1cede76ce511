# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The registers of a HyperLogLog, read from either form; hll_registers.pxd has the format.

Anything may be in such a string, since SET can put it there: sparse runs that do not add up to 16,384 are
found out here, and said.
"""

from libc.stdint cimport uint8_t, uint32_t


cdef bint read_registers(const uint8_t* data, size_t length, uint8_t* registers) noexcept nogil:
    """Raise `registers`, a byte each, to those of a HyperLogLog; False if it is corrupted."""
    cdef uint32_t i
    cdef uint8_t value
    if data[FORM] != FORM_DENSE:
        return read_runs(data + HEAD, data + length, registers)
    for i in range(<uint32_t>REGISTERS):
        value = dense_get(data + HEAD, i)
        if registers[i] < value:
            registers[i] = value
    return True


cdef bint read_runs(const uint8_t* p, const uint8_t* end, uint8_t* registers) noexcept nogil:
    cdef uint32_t index = 0, i
    cdef Run run
    while p < end:
        run = run_at(p, end)
        if index + run.length > REGISTERS:
            return False
        if run.value > 0:
            for i in range(index, index + run.length):
                if registers[i] < run.value:
                    registers[i] = run.value
        index += run.length
        p += run.size
    return index == REGISTERS
