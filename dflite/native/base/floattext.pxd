# cython: language_level=3
"""Floating point numbers from text and to text, for other native modules; no GIL needed."""

cdef enum:
    DOUBLE_CHARS = 32           # the room format_double and format_fixed need
    LONG_DOUBLE_CHARS = 5120    # the room format_long_double needs

cdef bint parse_double(const char* s, size_t n, double* out) noexcept nogil
cdef int format_double(double v, char* out) noexcept nogil
cdef int format_fixed(double v, int digits, char* out) noexcept nogil
cdef bint parse_long_double(const char* s, size_t n, long double* out) noexcept nogil
cdef int format_long_double(long double v, char* out) noexcept nogil
