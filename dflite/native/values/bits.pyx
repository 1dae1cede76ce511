# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Bits of the strings in a table, where they lie: a string of half a gigabyte is never copied to look at it.

Bit 0 is the highest bit of the first byte. Ranges of bits have both ends included and lie within the string.
The caller knows that a string is at the key, unless a function says what it does without one.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

from dflite.native.base.bytesops cimport format_int64
from dflite.native.keyspace.cas cimport renew_cas
from dflite.native.keyspace.entry cimport ENC_GROWN, ENC_INT, T_STRING, Entry, integer_of, value_length_of, value_of
from dflite.native.keyspace.index cimport hash_key
from dflite.native.keyspace.table cimport Table

cdef extern from *:
    """
    #include <stddef.h>
    #include <stdint.h>
    #include <string.h>

    __attribute__((always_inline)) static inline uint64_t dflite_popcount_of(const uint8_t *p, size_t n)
    {
        uint64_t word, a = 0, b = 0, c = 0, d = 0;
        for (; n >= 32; p += 32, n -= 32) {
            memcpy(&word, p, 8);
            a += __builtin_popcountll(word);
            memcpy(&word, p + 8, 8);
            b += __builtin_popcountll(word);
            memcpy(&word, p + 16, 8);
            c += __builtin_popcountll(word);
            memcpy(&word, p + 24, 8);
            d += __builtin_popcountll(word);
        }
        for (; n > 0; p++, n--)
            a += __builtin_popcount(*p);
        return a + b + c + d;
    }

    #if defined(__x86_64__)
    /* The same with one instruction a word, which a compiler must not use for every x86. */
    __attribute__((target("popcnt"))) static uint64_t dflite_popcount_fast(const uint8_t *p, size_t n)
    {
        return dflite_popcount_of(p, n);
    }

    static uint64_t dflite_popcount(const uint8_t *p, size_t n)
    {
        return __builtin_cpu_supports("popcnt") ? dflite_popcount_fast(p, n) : dflite_popcount_of(p, n);
    }
    #else
    #define dflite_popcount dflite_popcount_of
    #endif

    #define DFLITE_COMBINE(name, operator)                                                           \
        static void name(uint8_t *restrict to, const uint8_t *restrict from, size_t n)               \
        {                                                                                            \
            uint64_t a, b;                                                                           \
            for (; n >= 8; to += 8, from += 8, n -= 8) {                                             \
                memcpy(&a, to, 8);                                                                   \
                memcpy(&b, from, 8);                                                                 \
                a operator b;                                                                        \
                memcpy(to, &a, 8);                                                                   \
            }                                                                                        \
            for (; n > 0; to++, from++, n--)                                                         \
                *to operator *from;                                                                  \
        }
    DFLITE_COMBINE(dflite_and, &=)
    DFLITE_COMBINE(dflite_or, |=)
    DFLITE_COMBINE(dflite_xor, ^=)
    """
    void dflite_and(uint8_t* to, const uint8_t* other, size_t n) noexcept nogil
    void dflite_or(uint8_t* to, const uint8_t* other, size_t n) noexcept nogil
    void dflite_xor(uint8_t* to, const uint8_t* other, size_t n) noexcept nogil
    uint64_t dflite_popcount(const uint8_t* p, size_t n) noexcept nogil
    int leading_zeros "__builtin_clz"(unsigned int x) noexcept nogil

cdef enum:
    LONGEST_INT = 24        # room for the text of an integer

AND = 0
OR = 1
XOR = 2
NOT = 3


cdef struct Text:
    const uint8_t* at
    size_t length


cdef Text text_of(Entry* e, char* room) noexcept nogil:
    """The string of an entry; what is kept as an integer is written into `room`."""
    cdef Text text
    if e == NULL:
        text.at = NULL
        text.length = 0
    elif (e.kind & 0xF0) == ENC_INT:
        text.at = <const uint8_t*>room
        text.length = format_int64(integer_of(e), room)
    else:
        text.at = <const uint8_t*>value_of(e)
        text.length = value_length_of(e)
    return text


def make_room(Table table not None, bytes key not None, size_t last_bit) -> bool:
    """See that the string at key has that bit, zeros up to it; True if it grew or is new.

    What was kept as an integer, or had its size for good, is now a string that may change.
    """
    cdef Entry* e = table.entry_of(key)
    cdef char[LONGEST_INT] room
    cdef size_t length, needed = (last_bit >> 3) + 1
    cdef bint new = e == NULL
    if new:
        table.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                  hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), T_STRING | ENC_GROWN, room, 0, -1, 0)
        length = 0
    else:
        length = text_of(e, room).length
    if needed > length:
        try:
            table.overwrite(key, needed - 1, b"\0")
        except MemoryError:
            if new:
                table.delete(key)
            raise
        return True
    if (e.kind & 0xF0) != ENC_GROWN:
        table.overwrite(key, 0, b"")
    return new


def bit_at(Table table not None, bytes key not None, size_t offset) -> int:
    """The bit at `offset` of the string at key; 0 beyond its end."""
    cdef char[LONGEST_INT] room
    cdef Text text = text_of(table.entry_of(key), room)
    if offset >> 3 >= text.length:
        return 0
    return (text.at[offset >> 3] >> (7 - (offset & 7))) & 1


def put_bit(Table table not None, bytes key not None, size_t offset, bint bit) -> None:
    """Set or clear a bit that there is room for."""
    cdef Entry* e = table.entry_of(key)
    cdef uint8_t* at = <uint8_t*>value_of(e) + (offset >> 3)
    cdef uint8_t mask = <uint8_t>(0x80 >> (offset & 7))
    at[0] = (at[0] & ~mask) | (mask if bit else 0)
    renew_cas(e)


# -- ranges ------------------------------------------------------------------------------------------


def count_ones(Table table not None, bytes key not None, size_t first, size_t last) -> int:
    """How many bits of a range are 1."""
    cdef char[LONGEST_INT] room
    cdef Text text = text_of(table.entry_of(key), room)
    cdef size_t head = first >> 3, tail = last >> 3
    cdef uint8_t out
    cdef uint64_t count
    if first > last or tail >= text.length:
        return 0
    count = dflite_popcount(text.at + head, tail - head + 1)
    out = text.at[head] & <uint8_t>~(0xFF >> (first & 7))
    count -= dflite_popcount(&out, 1)
    out = text.at[tail] & <uint8_t>(0x7F >> (last & 7))
    return count - dflite_popcount(&out, 1)


def find_bit(Table table not None, bytes key not None, bint bit, size_t first, size_t last) -> int:
    """Where the first 1 or the first 0 of a range is; -1 if there is none."""
    cdef char[LONGEST_INT] room
    cdef Text text = text_of(table.entry_of(key), room)
    cdef size_t at = first >> 3, tail = last >> 3
    cdef uint64_t word, skipped = 0 if bit else ~<uint64_t>0
    cdef uint8_t flip = 0 if bit else 0xFF
    cdef uint8_t byte
    cdef size_t found
    if first > last or tail >= text.length:
        return -1
    byte = (text.at[at] ^ flip) & <uint8_t>(0xFF >> (first & 7))
    while byte == 0:
        at += 1
        while at + 8 <= tail:
            memcpy(&word, text.at + at, 8)
            if word != skipped:
                break
            at += 8
        if at > tail:
            return -1
        byte = text.at[at] ^ flip
    found = at * 8 + leading_zeros(byte) - 24
    return -1 if found > last else <int64_t>found


# -- fields of up to 64 bits ---------------------------------------------------------------------------


cdef uint64_t read_field(Text text, size_t offset, int bits) noexcept nogil:
    """A big-endian number of `bits` bits; what lies beyond the end is 0."""
    cdef size_t at = offset >> 3, end = (offset + bits + 7) >> 3
    cdef int beyond = <int>(end * 8 - offset) - bits     # bits of the last byte that are not of the field
    cdef uint64_t value = 0
    cdef uint8_t byte
    while at < end:
        byte = text.at[at] if at < text.length else 0
        at += 1
        if at < end:
            value = value << 8 | byte
        else:
            value = value << (8 - beyond) | byte >> beyond
    return value if bits == 64 else value & ((<uint64_t>1 << bits) - 1)


def field_at(Table table not None, bytes key not None, size_t offset, int bits, bint signed) -> int:
    """The number in so many bits from `offset` on of the string at key; zeros where there is none."""
    cdef char[LONGEST_INT] room
    cdef uint64_t value
    if not 1 <= bits <= 64:
        raise ValueError("a field has 1 to 64 bits")
    value = read_field(text_of(table.entry_of(key), room), offset, bits)
    if not signed:
        return value
    if bits < 64 and value >> (bits - 1):
        value |= ~<uint64_t>0 << bits
    return <int64_t>value


def put_field(Table table not None, bytes key not None, size_t offset, int bits, uint64_t value) -> None:
    """Write a number into so many bits, which there is room for."""
    cdef uint8_t* at
    cdef int left = bits, taken, free_bits
    cdef uint8_t mask
    if not 1 <= bits <= 64:
        raise ValueError("a field has 1 to 64 bits")
    at = <uint8_t*>value_of(table.entry_of(key)) + (offset >> 3)
    free_bits = 8 - <int>(offset & 7)
    while left > 0:
        taken = min(left, free_bits)
        left -= taken
        mask = <uint8_t>(((1 << taken) - 1) << (free_bits - taken))
        at[0] = (at[0] & ~mask) | (<uint8_t>((value >> left) << (free_bits - taken)) & mask)
        at += 1
        free_bits = 8


# -- whole strings ---------------------------------------------------------------------------------------


cdef void combine_into(uint8_t* result, Text other, size_t length, int operation) noexcept nogil:
    """`result`, which is `length` long, with another string, which ends in zeros as long as needed."""
    cdef size_t both = min(length, other.length)
    if operation == 0:
        dflite_and(result, other.at, both)
        memset(result + both, 0, length - both)
    elif operation == 1:
        dflite_or(result, other.at, both)
    else:
        dflite_xor(result, other.at, both)


def combine(int operation, list tables not None, list keys not None, Table target not None, bytes key not None) -> int:
    """Put at `key` what AND, OR, XOR or NOT (of one) makes of the strings at `keys`; the result's length.

    A missing key is an empty string, and shorter strings end in zeros. An empty result is not put.
    """
    cdef Py_ssize_t i, count = len(keys)
    cdef Text* texts = <Text*>malloc(count * sizeof(Text) + 1)
    cdef char* room = <char*>malloc(count * LONGEST_INT + 1)
    cdef uint8_t* result = NULL
    cdef size_t length = 0
    try:
        if texts == NULL or room == NULL:
            raise MemoryError
        for i in range(count):
            texts[i] = text_of((<Table?>tables[i]).entry_of(<bytes?>keys[i]), room + i * LONGEST_INT)
            length = max(length, texts[i].length)
        if length == 0:
            return 0
        result = <uint8_t*>malloc(length)
        if result == NULL:
            raise MemoryError
        if operation == 3:
            memset(result, 0xFF, length)
            dflite_xor(result, texts[0].at, length)
        else:
            if texts[0].length > 0:
                memcpy(result, texts[0].at, texts[0].length)
            memset(result + texts[0].length, 0, length - texts[0].length)
            for i in range(1, count):
                combine_into(result, texts[i], length, operation)
        target.put(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key),
                   hash_key(PyBytes_AS_STRING(key), PyBytes_GET_SIZE(key)), T_STRING | ENC_GROWN,
                   <const char*>result, length, -1, 0)
        return length
    finally:
        free(texts)
        free(room)
        free(result)
