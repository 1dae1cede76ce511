# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Lua's `bit`: operations on 32-bit integers, as Mike Pall's BitOp has them."""

from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dflite.native.lua.api cimport *
from dflite.native.lua.tables cimport field

cdef const char* DIGITS = b"0123456789abcdef"
cdef const char* CAPITALS = b"0123456789ABCDEF"


cdef uint32_t bits_at(lua_State* L, int index) noexcept nogil:
    """An argument modulo 2^32, rounded as the sum with 2^52 + 2^51 is."""
    cdef double sum = luaL_checknumber(L, index) + 6755399441055744.0
    cdef uint64_t image
    memcpy(&image, &sum, 8)
    return <uint32_t>image


cdef int answer(lua_State* L, uint32_t bits) noexcept nogil:
    lua_pushnumber(L, <double><int32_t>bits)
    return 1


cdef int bit_tobit(lua_State* L) noexcept nogil:
    return answer(L, bits_at(L, 1))


cdef int bit_bnot(lua_State* L) noexcept nogil:
    return answer(L, ~bits_at(L, 1))


cdef int bit_band(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    cdef int i
    for i in range(2, lua_gettop(L) + 1):
        bits &= bits_at(L, i)
    return answer(L, bits)


cdef int bit_bor(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    cdef int i
    for i in range(2, lua_gettop(L) + 1):
        bits |= bits_at(L, i)
    return answer(L, bits)


cdef int bit_bxor(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    cdef int i
    for i in range(2, lua_gettop(L) + 1):
        bits ^= bits_at(L, i)
    return answer(L, bits)


cdef int bit_lshift(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    return answer(L, bits << (bits_at(L, 2) & 31))


cdef int bit_rshift(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    return answer(L, bits >> (bits_at(L, 2) & 31))


cdef int bit_arshift(lua_State* L) noexcept nogil:
    cdef int32_t bits = <int32_t>bits_at(L, 1)
    return answer(L, <uint32_t>(bits >> (bits_at(L, 2) & 31)))


cdef uint32_t rotated(uint32_t bits, uint32_t n) noexcept nogil:
    n &= 31
    return bits if n == 0 else (bits << n) | (bits >> (32 - n))


cdef int bit_rol(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    return answer(L, rotated(bits, bits_at(L, 2)))


cdef int bit_ror(lua_State* L) noexcept nogil:
    cdef uint32_t bits = bits_at(L, 1)
    return answer(L, rotated(bits, 32 - (bits_at(L, 2) & 31)))


cdef int bit_bswap(lua_State* L) noexcept nogil:
    cdef uint32_t b = bits_at(L, 1)
    return answer(L, (b >> 24) | ((b >> 8) & 0xFF00) | ((b & 0xFF00) << 8) | (b << 24))


cdef int bit_tohex(lua_State* L) noexcept nogil:
    """The last n digits; in capitals if n is negative."""
    cdef uint32_t bits = bits_at(L, 1)
    cdef int32_t n = 8 if lua_type(L, 2) <= LUA_TNIL else <int32_t>bits_at(L, 2)
    cdef const char* digits = DIGITS
    cdef char[8] text
    cdef int i
    if n < 0:
        n = 8 if n < -8 else -n
        digits = CAPITALS
    if n > 8:
        n = 8
    for i in range(n - 1, -1, -1):
        text[i] = digits[bits & 15]
        bits >>= 4
    lua_pushlstring(L, text, n)
    return 1


cdef int open_bit(lua_State* L) noexcept nogil:
    """Set the library in the table of globals on top of the stack."""
    lua_createtable(L, 0, 12)
    field(L, b"tobit", bit_tobit)
    field(L, b"bnot", bit_bnot)
    field(L, b"band", bit_band)
    field(L, b"bor", bit_bor)
    field(L, b"bxor", bit_bxor)
    field(L, b"lshift", bit_lshift)
    field(L, b"rshift", bit_rshift)
    field(L, b"arshift", bit_arshift)
    field(L, b"rol", bit_rol)
    field(L, b"ror", bit_ror)
    field(L, b"bswap", bit_bswap)
    field(L, b"tohex", bit_tohex)
    lua_setfield(L, -2, b"bit")
    return 0


cdef const char* attach_bit(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)
