# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Does counting work here? Registers and estimates are tried with random numbers, for PFSELFTEST."""

from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memset

from dflite.native.values.hll_estimate cimport estimate_registers
from dflite.native.values.hll_registers cimport (
    DENSE_BYTES,
    FORM,
    FORM_SPARSE,
    HEAD,
    REGISTERS,
    dense_get,
    dense_set,
    read_registers,
)
from dflite.native.values.hll_sketch cimport Sketch, make_dense, new_sketch, sketch_add


def self_test(uint64_t seed, size_t most, int64_t elements) -> str:
    """Check registers and estimates with random numbers; what is wrong, or nothing."""
    cdef Sketch sparse, dense
    cdef uint64_t element, state = seed | 1
    cdef int64_t count = 0, checked = 1, estimate
    cdef uint8_t[REGISTERS] expected
    cdef uint32_t i
    cdef double error = 1.04 / 128
    sparse.data = dense.data = NULL
    try:
        if not new_sketch(&sparse, most) or not new_sketch(&dense, 0) or not make_dense(&dense):
            raise MemoryError
        for i in range(<uint32_t>REGISTERS):
            state = state * <uint64_t>6364136223846793005 + <uint64_t>1442695040888963407
            expected[i] = state >> 58
            dense_set(dense.data + HEAD, i, expected[i])
        for i in range(<uint32_t>REGISTERS):
            if dense_get(dense.data + HEAD, i) != expected[i]:
                return f"Register {i} should be {expected[i]} but is {dense_get(dense.data + HEAD, i)}"
        memset(dense.data + HEAD, 0, DENSE_BYTES)
        while count < elements:
            count += 1
            element = <uint64_t>count ^ seed
            sketch_add(&dense, <const uint8_t*>&element, 8)
            if sketch_add(&sparse, <const uint8_t*>&element, 8) < 0:
                return "sparse form is corrupted"
            if count != checked:
                continue
            checked *= 10
            if count < <int64_t>(most // 2) and sparse.data[FORM] != FORM_SPARSE:
                return "sparse encoding not used"
            memset(expected, 0, REGISTERS)
            read_registers(dense.data, dense.length, expected)
            estimate = estimate_registers(expected)
            memset(expected, 0, REGISTERS)
            if not read_registers(sparse.data, sparse.length, expected) or estimate != estimate_registers(expected):
                return "dense/sparse disagree"
            if abs(count - estimate) > 6 * error * count + 1:
                return f"Too big error. card:{count} abserr:{abs(count - estimate)}"
        return ""
    finally:
        free(sparse.data)
        free(dense.data)
