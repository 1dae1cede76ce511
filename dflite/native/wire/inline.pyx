# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Inline requests: the words of a line, with their quoting."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport uint8_t

cdef dict ESCAPES = {c"n": 10, c"r": 13, c"t": 9, c"b": 8, c"a": 7}


cdef inline int hex_digit(uint8_t c) noexcept nogil:
    if 48 <= c <= 57:
        return c - 48
    c |= 0x20
    if 97 <= c <= 102:
        return c - 87
    return -1


def split_inline(bytes line not None):
    """The words of an inline request or a configuration line; None if its quotes are unbalanced.

    Words are parted by white space. In "double quotes" \\n \\r \\t \\b \\a \\xHH and \\ before any other
    character are escapes, in 'single quotes' only \\' is; a closing quote ends its word.
    """
    cdef list words = []
    cdef const uint8_t* text = <const uint8_t*>PyBytes_AS_STRING(line)
    cdef Py_ssize_t i = 0, n = PyBytes_GET_SIZE(line)
    cdef uint8_t c, quote
    cdef bytearray word
    while True:
        while i < n and (text[i] == 32 or 9 <= text[i] <= 13):
            i += 1
        if i >= n or text[i] == 0:
            return words
        word = bytearray()
        quote = 0
        while True:
            if i >= n:
                if quote:
                    return None
                break
            c = text[i]
            if quote == 34:
                if c == 92 and i + 3 < n and text[i + 1] == 120 and hex_digit(text[i + 2]) >= 0 \
                        and hex_digit(text[i + 3]) >= 0:
                    word.append(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3]))
                    i += 3
                elif c == 92 and i + 1 < n:
                    i += 1
                    word.append(ESCAPES.get(text[i], text[i]))
                elif c == 34:
                    if i + 1 < n and not (text[i + 1] == 32 or 9 <= text[i + 1] <= 13):
                        return None
                    i += 1
                    break
                else:
                    word.append(c)
            elif quote == 39:
                if c == 92 and i + 1 < n and text[i + 1] == 39:
                    i += 1
                    word.append(39)
                elif c == 39:
                    if i + 1 < n and not (text[i + 1] == 32 or 9 <= text[i + 1] <= 13):
                        return None
                    i += 1
                    break
                else:
                    word.append(c)
            elif c == 0 or c == 32 or 9 <= c <= 13:
                break
            elif c == 34 or c == 39:
                quote = c
            else:
                word.append(c)
            i += 1
        words.append(bytes(word))
