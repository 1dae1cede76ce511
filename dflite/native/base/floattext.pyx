# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False
"""Floating point numbers as Redis reads and writes them.

Doubles are written with Grisu2 (Loitsch, "Printing Floating-Point Numbers Quickly and Accurately
with Integers", 2010): the text always reads back as the same double, and is the shortest such
text but for about one number in a thousand. Redis and Valkey use the same algorithm, so those
rare numbers come out with the same digits here; a perfect shortest printer would differ.

INCRBYFLOAT and HINCRBYFLOAT count in C's long double, whatever its size is on this platform, and
write a fixed-point number of at most 17 decimals.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc cimport errno
from libc.math cimport isinf, isnan, signbit
from libc.stdint cimport int64_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, malloc, strtod
from libc.string cimport memcpy, memmove, memset

from dflite.native.base.bytesops cimport format_int64, parse_int64

cdef extern from "stdlib.h" nogil:
    long double strtold(const char* s, char** end)

cdef extern from "math.h" nogil:
    long long llrint(double x)

cdef uint64_t HIDDEN_BIT = <uint64_t>1 << 52
cdef uint64_t LOW_HALF = 0xFFFFFFFF
cdef int EXPONENT_BIAS = 1023 + 52


class NotAFloat(ValueError):
    """The text is no number."""


class NotFinite(ValueError):
    """The sum is infinite or no number."""


# --- reading -------------------------------------------------------------------------------------

cdef inline bint _is_space(char c) noexcept nogil:
    return c == c' ' or (c >= c'\t' and c <= c'\r')


cdef bint parse_double(const char* s, size_t n, double* out) noexcept nogil:
    """A score as ZADD takes it: what strtod takes, whole, in range, no blanks, no NaN."""
    cdef char[256] near
    cdef char* text = near
    cdef char* end
    cdef int64_t whole
    cdef double value
    cdef bint good
    if n == 0 or _is_space(s[0]):
        return False
    # most scores are short integers, which need no strtod
    if n <= 15 and parse_int64(s, n, &whole):
        out[0] = <double>whole
        return True
    if n >= sizeof(near):
        text = <char*>malloc(n + 1)
        if text == NULL:
            return False
    memcpy(text, s, n)
    text[n] = 0
    errno.errno = 0
    value = strtod(text, &end)
    good = <size_t>(end - text) == n and not isnan(value)
    if good and errno.errno == errno.ERANGE and (value == 0 or isinf(value)):
        good = False
    if text != near:
        free(text)
    if good:
        out[0] = value
    return good


cdef bint parse_long_double(const char* s, size_t n, long double* out) noexcept nogil:
    """The same for INCRBYFLOAT, in the wider type."""
    cdef char[LONG_DOUBLE_CHARS] text
    cdef char* end
    cdef long double value
    if n == 0 or n >= sizeof(text) or _is_space(s[0]):
        return False
    memcpy(text, s, n)
    text[n] = 0
    errno.errno = 0
    value = strtold(text, &end)
    if <size_t>(end - text) != n or value != value:
        return False
    if errno.errno == errno.ERANGE and (value == 0 or value - value != 0):
        return False
    out[0] = value
    return True


# --- Grisu2 --------------------------------------------------------------------------------------

cdef struct Scaled:
    uint64_t significand
    int exponent    # the value is significand * 2 ** exponent

# Powers of ten from 10 ** -348 in steps of 10 ** 8, each with 64 significant bits.
cdef enum:
    FIRST_POWER = -348
    POWER_STEP = 8
    POWERS = 87

cdef Scaled[POWERS] powers_of_ten
cdef uint64_t[20] small_powers


def _fill_powers():
    cdef int i
    cdef object ten = 10    # Python's integers have the hundreds of digits wanted here
    cdef object power, over, under, exponent, top, bottom, significand
    for i in range(POWERS):
        power = FIRST_POWER + i * POWER_STEP
        # 64 bits of 10 ** power, rounded to nearest, from an exact fraction
        over, under = (ten**power, 1) if power >= 0 else (1, ten**-power)
        exponent = over.bit_length() - under.bit_length() - 64
        while True:
            top, bottom = (over, under << exponent) if exponent >= 0 else (over << -exponent, under)
            significand = (2 * top + bottom) // (2 * bottom)
            if significand >> 64:
                exponent += 1
            elif not significand >> 63:
                exponent -= 1
            else:
                break
        powers_of_ten[i].significand = significand
        powers_of_ten[i].exponent = exponent
    for i in range(20):
        small_powers[i] = ten**i

_fill_powers()


cdef inline Scaled _times(Scaled a, Scaled b) noexcept nogil:
    """The upper 64 bits of the product, rounded."""
    cdef uint64_t a_high = a.significand >> 32
    cdef uint64_t a_low = a.significand & LOW_HALF
    cdef uint64_t b_high = b.significand >> 32
    cdef uint64_t b_low = b.significand & LOW_HALF
    cdef uint64_t one = a_high * b_low
    cdef uint64_t two = a_low * b_high
    cdef uint64_t carry = (
        (one & LOW_HALF) + (two & LOW_HALF) + ((a_low * b_low) >> 32) + (<uint64_t>1 << 31)
    )
    cdef Scaled product
    product.significand = a_high * b_high + (one >> 32) + (two >> 32) + (carry >> 32)
    product.exponent = a.exponent + b.exponent + 64
    return product


cdef inline Scaled _power_for(int exponent, int* power) noexcept nogil:
    """The power that brings a number of this binary exponent into -60 .. -32."""
    # Two powers may fit: where the search begins decides, and so decides some last digits.
    cdef int guess = <int>(-(exponent + POWERS) * 0.30102999566398114)
    cdef int i = (guess - FIRST_POWER) // POWER_STEP
    cdef int reached
    while True:
        reached = exponent + powers_of_ten[i].exponent + 64
        if reached < -60:
            i += 1
        elif reached > -32:
            i -= 1
        else:
            power[0] = FIRST_POWER + i * POWER_STEP
            return powers_of_ten[i]


cdef inline void _lower_last_digit(
    char* digits, int count, uint64_t room, uint64_t rest, uint64_t unit, uint64_t distance
) noexcept nogil:
    """Step the last digit down while that brings the digits nearer to the number."""
    while rest < distance and room - rest >= unit and (
        rest + unit < distance or distance - rest > rest + unit - distance
    ):
        digits[count - 1] -= 1
        rest += unit


cdef int _digits(double v, char* digits, int* power) noexcept nogil:
    """Digits of a positive finite v, which is digits * 10 ** power; their count (at most 18)."""
    cdef uint64_t bits, unit, whole, part, room, rest, distance, digit
    cdef Scaled number, upper, lower, ten
    cdef int count = 0
    cdef int places = 10
    cdef int shift
    memcpy(&bits, &v, sizeof(bits))
    number.significand = bits & (HIDDEN_BIT - 1)
    number.exponent = <int>((bits >> 52) & 0x7FF)
    if number.exponent:
        number.significand += HIDDEN_BIT
        number.exponent -= EXPONENT_BIAS
    else:
        number.exponent = 1 - EXPONENT_BIAS

    # half way to the neighbours above and below; the lower one is nearer at a power of two
    upper.significand = (number.significand << 1) + 1
    upper.exponent = number.exponent - 1
    while not upper.significand & (HIDDEN_BIT << 1):
        upper.significand <<= 1
        upper.exponent -= 1
    upper.significand <<= 10
    upper.exponent -= 10
    shift = 2 if number.significand == HIDDEN_BIT else 1
    lower.significand = (number.significand << shift) - 1
    lower.significand <<= number.exponent - shift - upper.exponent
    lower.exponent = upper.exponent
    number.significand <<= number.exponent - upper.exponent
    number.exponent = upper.exponent

    ten = _power_for(upper.exponent, &shift)
    power[0] = -shift
    number = _times(number, ten)
    upper = _times(upper, ten)
    lower = _times(lower, ten)
    lower.significand += 1      # the products may be off by one: stay inside
    upper.significand -= 1

    distance = upper.significand - number.significand
    room = upper.significand - lower.significand
    shift = -upper.exponent
    unit = <uint64_t>1 << shift
    whole = upper.significand >> shift
    part = upper.significand & (unit - 1)
    while places > 0:
        places -= 1
        digit = whole // small_powers[places]
        if digit or count:
            digits[count] = <char>(c'0' + <char>digit)
            count += 1
        whole -= digit * small_powers[places]
        rest = (whole << shift) + part
        if rest <= room:
            power[0] += places
            _lower_last_digit(digits, count, room, rest, small_powers[places] << shift, distance)
            return count
    while True:
        part *= 10
        room *= 10
        places -= 1
        digit = part >> shift
        if digit or count:
            digits[count] = <char>(c'0' + <char>digit)
            count += 1
        part &= unit - 1
        if part < room:
            power[0] += places
            _lower_last_digit(digits, count, room, part, unit, distance * small_powers[-places])
            return count


# --- writing -------------------------------------------------------------------------------------

cdef inline int _word(const char* word, int n, char* out) noexcept nogil:
    memcpy(out, word, n)
    return n


cdef int format_double(double v, char* out) noexcept nogil:
    """Write v as replies carry it, without a NUL; its length, below DOUBLE_CHARS."""
    cdef char[24] digits
    cdef int power, count, exponent, zeros
    cdef int at = 0
    if isnan(v):
        return _word(b"nan", 3, out)
    if isinf(v):
        return _word(b"inf", 3, out) if v > 0 else _word(b"-inf", 4, out)
    if v == 0:
        return _word(b"-0", 2, out) if signbit(v) else _word(b"0", 1, out)
    # up to half of what 64 bits hold, whole numbers are written out
    if -4611686018427387904.0 <= v <= 4611686018427387904.0 and <double><int64_t>v == v:
        return format_int64(<int64_t>v, out)
    if v < 0:
        out[0] = c'-'
        at = 1
        v = -v
    count = _digits(v, digits, &power)
    exponent = power + count - 1
    if power >= 0 and exponent < count + 7:
        memcpy(out + at, digits, count)
        memset(out + at + count, c'0', power)
        return at + count + power
    if power < 0 and (power > -7 or -4 < exponent < 4):
        zeros = -power - count
        if zeros >= 0:
            out[at] = c'0'
            out[at + 1] = c'.'
            memset(out + at + 2, c'0', zeros)
            memcpy(out + at + 2 + zeros, digits, count)
            return at + 2 + zeros + count
        memcpy(out + at, digits, count + power)
        out[at + count + power] = c'.'
        memcpy(out + at + count + power + 1, digits + count + power, -power)
        return at + count + 1
    if count > 18 - at:
        count = 18 - at
    out[at] = digits[0]
    at += 1
    if count > 1:
        out[at] = c'.'
        memcpy(out + at + 1, digits + 1, count - 1)
        at += count
    out[at] = c'e'
    out[at + 1] = c'-' if exponent < 0 else c'+'
    return at + 2 + format_int64(exponent if exponent >= 0 else -exponent, out + at + 2)


cdef int format_fixed(double v, int digits, char* out) noexcept nogil:
    """Write v with exactly 1 to 17 decimals, as GEODIST does with 4; below DOUBLE_CHARS."""
    cdef double scaled = v * <double>small_powers[digits]
    cdef int64_t units
    cdef int n, start = 0
    if not -9.2e18 < scaled < 9.2e18:
        return format_double(v, out)
    units = llrint(scaled)
    if units < 0:
        out[0] = c'-'
        start = 1
        units = -units
    n = format_int64(units, out + start)
    if n <= digits:
        memmove(out + start + digits + 1 - n, out + start, n)
        memset(out + start, c'0', digits + 1 - n)
        n = digits + 1
    memmove(out + start + n - digits + 1, out + start + n - digits, digits)
    out[start + n - digits] = c'.'
    return start + n + 1


cdef int format_long_double(long double v, char* out) noexcept nogil:
    """Write v in fixed point, without zeros at the end; below LONG_DOUBLE_CHARS."""
    cdef int n
    if v != v:
        return _word(b"nan", 3, out)
    if v - v != 0:
        return _word(b"inf", 3, out) if v > 0 else _word(b"-inf", 4, out)
    n = snprintf(out, LONG_DOUBLE_CHARS, b"%.17Lf", v)
    while out[n - 1] == c'0':
        n -= 1
    if out[n - 1] == c'.':
        n -= 1
    if n == 2 and out[0] == c'-' and out[1] == c'0':
        out[0] = c'0'
        return 1
    return n


# --- from Python ---------------------------------------------------------------------------------

def parse_float(bytes text not None):
    """The double that text spells by the rules of ZADD's scores, or None."""
    cdef double value
    if parse_double(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &value):
        return value
    return None


def format_float(double value):
    """A double as replies carry it: 3, 0.1, 1e+30, -inf."""
    cdef char[DOUBLE_CHARS] out
    return PyBytes_FromStringAndSize(out, format_double(value, out))


def format_decimals(double value, int digits):
    """A double with exactly this many decimals (1 to 17)."""
    cdef char[DOUBLE_CHARS] out
    if not 1 <= digits <= 17:
        raise ValueError("1 to 17 decimals")
    return PyBytes_FromStringAndSize(out, format_fixed(value, digits, out))


def format_human(double value):
    """A double in fixed point with up to 17 decimals, never an exponent, as GEOPOS does."""
    cdef char[LONG_DOUBLE_CHARS] out
    return PyBytes_FromStringAndSize(out, format_long_double(value, out))


def is_long_double(bytes text not None):
    """Whether INCRBYFLOAT takes text for a number (infinities are)."""
    cdef long double value
    return parse_long_double(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &value)


def is_infinite(bytes text not None):
    """Whether text is one of the spellings of an infinity."""
    cdef long double value
    if not parse_long_double(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text), &value):
        return False
    return value - value != 0


def add_long_double(bytes old not None, bytes increment not None):
    """old + increment as INCRBYFLOAT stores it; NotAFloat or NotFinite if there is no such sum."""
    cdef char[LONG_DOUBLE_CHARS] out
    cdef long double total, step
    if not parse_long_double(PyBytes_AS_STRING(old), PyBytes_GET_SIZE(old), &total):
        raise NotAFloat(old)
    if not parse_long_double(PyBytes_AS_STRING(increment), PyBytes_GET_SIZE(increment), &step):
        raise NotAFloat(increment)
    total += step
    if total - total != 0:
        raise NotFinite(increment)
    return PyBytes_FromStringAndSize(out, format_long_double(total, out))
