"""Which request a line begins: the verbs of memcached's text protocol."""

from libc.string cimport memcmp

# operations of the hot lane too: their numbers follow those of wire/operations.pxd
cdef enum:
    OTHER = 0
    GET = 64
    GETS = 65
    GAT = 66
    GATS = 67
    SET = 68
    ADD = 69
    REPLACE = 70
    APPEND = 71
    PREPEND = 72
    CAS = 73
    DELETE = 74
    INCR = 75
    DECR = 76
    TOUCH = 77
    MG = 78
    MS = 79
    MD = 80
    MN = 81


cdef inline int verb_of(const char* word, size_t n) noexcept nogil:
    cdef char c = word[0]
    if n == 2:
        if c == c'm':
            c = word[1]
            return (MG if c == c'g' else MS if c == c's' else MD if c == c'd'
                    else MN if c == c'n' else OTHER)
    elif n == 3:
        if memcmp(word, b"get", 3) == 0:
            return GET
        if memcmp(word, b"set", 3) == 0:
            return SET
        if memcmp(word, b"add", 3) == 0:
            return ADD
        if memcmp(word, b"gat", 3) == 0:
            return GAT
        if memcmp(word, b"cas", 3) == 0:
            return CAS
    elif n == 4:
        if memcmp(word, b"gets", 4) == 0:
            return GETS
        if memcmp(word, b"incr", 4) == 0:
            return INCR
        if memcmp(word, b"decr", 4) == 0:
            return DECR
        if memcmp(word, b"gats", 4) == 0:
            return GATS
    elif n == 5:
        if memcmp(word, b"touch", 5) == 0:
            return TOUCH
    elif n == 6:
        if memcmp(word, b"delete", 6) == 0:
            return DELETE
        if memcmp(word, b"append", 6) == 0:
            return APPEND
    elif n == 7:
        if memcmp(word, b"replace", 7) == 0:
            return REPLACE
        if memcmp(word, b"prepend", 7) == 0:
            return PREPEND
    return OTHER
