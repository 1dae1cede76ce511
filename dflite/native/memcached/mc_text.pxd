"""Words of memcached's text protocol: numbers and times out of requests, words and numbers into replies."""

from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcmp, memcpy

from dflite.native.base.clock cimport Clock
from dflite.native.base.slice cimport Slice

cdef enum:
    LONGEST_KEY = 250
    A_MONTH = 60 * 60 * 24 * 30     # of seconds: an exptime up to here is from now on


cdef inline bint read_unsigned(const char* text, size_t n, uint64_t most, uint64_t* number) noexcept nogil:
    """A number from 0 to `most` in decimal digits, maybe with a plus."""
    cdef uint64_t sum = 0
    cdef uint64_t digit
    cdef size_t i
    if n > 1 and text[0] == c'+':
        text += 1
        n -= 1
    if n == 0 or n > 20:
        return False
    for i in range(n):
        digit = <uint8_t>text[i] - <uint64_t>48
        if digit > 9 or (i >= 18 and sum > (most - digit) // 10):
            return False
        sum = sum * 10 + digit
    number[0] = sum
    return sum <= most


cdef inline bint read_int32(const char* text, size_t n, int64_t* number) noexcept nogil:
    cdef bint negative = n > 0 and text[0] == c'-'
    cdef uint64_t size
    if not read_unsigned(text + negative, n - negative, 0x80000000ULL if negative else 0x7FFFFFFFULL, &size):
        return False
    number[0] = -<int64_t>size if negative else <int64_t>size
    return True


cdef inline bint find_deadline(Clock clock, int64_t exptime, int64_t* deadline) noexcept nogil:
    """Unix ms, -1 for never; False if it has passed already."""
    if exptime == 0:
        deadline[0] = -1
    elif exptime < 0:
        return False
    elif exptime <= A_MONTH:
        deadline[0] = clock.now_ms + exptime * 1000
    else:
        deadline[0] = exptime * 1000
        return deadline[0] > clock.now_ms
    return True


cdef inline bint is_noreply(const char* base, Slice word) noexcept nogil:
    return word.length == 7 and memcmp(base + word.offset, b"noreply", 7) == 0


cdef inline char* put_number(char* p, uint64_t number) noexcept nogil:
    cdef char[24] text
    cdef int i = 24
    if number < 10:
        p[0] = <char>(48 + number)
        return p + 1
    while number:
        i -= 1
        text[i] = <char>(48 + number % 10)
        number //= 10
    memcpy(p, text + i, 24 - i)
    return p + 24 - i


cdef inline int digits_of(uint64_t number) noexcept nogil:
    cdef int digits = 1
    while number > 9:
        number //= 10
        digits += 1
    return digits


cdef inline char* put_text(char* p, const char* text, size_t n) noexcept nogil:
    memcpy(p, text, n)
    return p + n
