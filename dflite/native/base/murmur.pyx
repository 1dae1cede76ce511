# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""MurmurHash64A for Python; murmur.pxd has it, for it is taken of every element that is counted."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint32_t


def murmur_hash(bytes data not None, uint32_t seed) -> int:
    return murmur(<const uint8_t*>PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), seed)
