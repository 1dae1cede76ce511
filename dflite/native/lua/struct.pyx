# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Lua's `struct`: numbers and strings to bytes and back, after a format such as `>I2hs`.

    > < ![n]    big endian, little endian, align to n (8)
    b h l i[n]  signed integers of 1, 2, 8, n (4) bytes; in capitals unsigned; T is L
    f d         floats of 4 and 8 bytes
    s  c[n]     a string that ends with a zero; n (1) characters, c0: as many as there are,
                or as the number before says
    x           a byte of padding
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memchr, memcpy

from dflite.native.lua.api cimport *
from dflite.native.lua.tables cimport field
from dflite.native.lua.text cimport Text, begin_text, push_text, put, put_byte, room

cdef enum:
    LARGEST_INTEGER = 32    # bytes
    WIDEST = 8              # alignment

cdef struct Format:
    lua_State* L
    const char* at
    bint big
    int alignment


cdef void begin(Format* format, lua_State* L) noexcept nogil:
    format.L = L
    format.at = luaL_checklstring(L, 1, NULL)
    format.big = False
    format.alignment = 1


cdef int take_number(Format* format, int default) noexcept nogil:
    cdef int64_t n = 0
    if not c'0' <= format.at[0] <= c'9':
        return default
    while c'0' <= format.at[0] <= c'9':
        n = n * 10 + (format.at[0] - c'0')
        format.at += 1
        if n > 2147483647:
            luaL_error(format.L, b"integral size overflow")
    return <int>n


cdef size_t size_of(Format* format, char option) noexcept nogil:
    """Bytes of what an option stands for; 0 if that is not known, or no value."""
    cdef int n
    if option == c'b' or option == c'B' or option == c'x':
        return 1
    if option == c'h' or option == c'H':
        return 2
    if option == c'l' or option == c'L' or option == c'T' or option == c'd':
        return 8
    if option == c'f':
        return 4
    if option == c'c':
        return take_number(format, 1)
    if option == c'i' or option == c'I':
        n = take_number(format, 4)
        if n > LARGEST_INTEGER:
            luaL_error(format.L, b"integral size %d is larger than limit of %d", n,
                       <int>LARGEST_INTEGER)
        return n
    return 0


cdef size_t padding(Format* format, size_t length, char option, size_t size) noexcept nogil:
    """Bytes before a value so that it is aligned."""
    if size == 0 or option == c'c':
        return 0
    if size > <size_t>format.alignment:
        size = format.alignment
    if size > 1:
        return (size - (length & (size - 1))) & (size - 1)
    return 0


cdef void control(Format* format, char option) noexcept nogil:
    """An option that is no value."""
    cdef int n
    if option == c' ':
        return
    if option == c'>':
        format.big = True
    elif option == c'<':
        format.big = False
    elif option == c'!':
        n = take_number(format, WIDEST)
        if n <= 0 or n & (n - 1):
            luaL_error(format.L, b"alignment %d is not a power of 2", n)
        format.alignment = n
    else:
        luaL_argerror(format.L, 1,
                      lua_pushfstring(format.L, b"invalid format option '%c'", <int>option))


cdef bint is_integer(char option) noexcept nogil:
    return (option == c'b' or option == c'B' or option == c'h' or option == c'H' or option == c'l'
            or option == c'L' or option == c'T' or option == c'i' or option == c'I')


cdef bint is_letter_or_digit(char option) noexcept nogil:
    return c'0' <= option <= c'9' or c'A' <= option <= c'Z' or c'a' <= option <= c'z'


cdef void put_integer(Text* out, double x, size_t size, bint big) noexcept nogil:
    cdef uint64_t n
    cdef char* p = room(out, size)
    cdef size_t i
    if x != x:
        n = <uint64_t>1 << 63  # what processors make of it
    elif x < 0:
        n = <uint64_t><int64_t>x if x >= -9223372036854775808.0 else <uint64_t>1 << 63
    elif x < 9223372036854775808.0:
        n = <uint64_t><int64_t>x
    elif x < 18446744073709551616.0:
        n = <uint64_t>x
    else:
        n = 0
    for i in range(size):
        p[size - 1 - i if big else i] = <char>(n & 0xFF)
        n >>= 8
    out.length += size


cdef double integer_at(const uint8_t* p, size_t size, bint big, bint is_signed) noexcept nogil:
    cdef uint64_t n = 0, mask
    cdef size_t i
    for i in range(size):
        n = (n << 8) | p[i if big else size - 1 - i]
    if not is_signed:
        return <double>n
    mask = <uint64_t>0xFFFFFFFFFFFFFFFFULL << ((size * 8 - 1) & 63)
    if n & mask:
        n |= mask
    return <double><int64_t>n


cdef uint64_t turned(uint64_t n, int size) noexcept nogil:
    """The bytes in the other order."""
    cdef uint64_t out = 0
    cdef int i
    for i in range(size):
        out = (out << 8) | (n & 0xFF)
        n >>= 8
    return out


cdef int struct_pack(lua_State* L) noexcept nogil:
    """pack(format, value ...)"""
    cdef Format format
    cdef Text out
    cdef int argument = 2
    cdef char option
    cdef size_t size, pad, length
    cdef const char* p
    cdef double x
    cdef float narrow
    cdef uint64_t image
    cdef uint32_t short_image
    begin(&format, L)
    lua_pushnil(L)
    begin_text(&out, L, lua_gettop(L))
    while format.at[0]:
        option = format.at[0]
        format.at += 1
        size = size_of(&format, option)
        pad = padding(&format, out.length, option, size)
        while pad > 0:
            put_byte(&out, 0)
            pad -= 1
        if is_integer(option):
            put_integer(&out, luaL_checknumber(L, argument), size, format.big)
            argument += 1
        elif option == c'x':
            put_byte(&out, 0)
        elif option == c'f':
            narrow = <float>luaL_checknumber(L, argument)
            argument += 1
            memcpy(&short_image, &narrow, 4)
            if format.big:
                short_image = <uint32_t>turned(short_image, 4)
            put(&out, <const char*>&short_image, 4)
        elif option == c'd':
            x = luaL_checknumber(L, argument)
            argument += 1
            memcpy(&image, &x, 8)
            if format.big:
                image = turned(image, 8)
            put(&out, <const char*>&image, 8)
        elif option == c'c' or option == c's':
            p = luaL_checklstring(L, argument, &length)
            argument += 1
            if size == 0:
                size = length
            if length < size:
                luaL_argerror(L, argument, b"string too short")
            put(&out, p, size)
            if option == c's':
                put_byte(&out, 0)
        else:
            control(&format, option)
    push_text(&out)
    return 1


cdef int struct_unpack(lua_State* L) noexcept nogil:
    """unpack(format, data, position): the values, then the position behind them."""
    cdef Format format
    cdef size_t length, at, size
    cdef const char* data
    cdef const char* end
    cdef char option
    cdef int count = 0
    cdef double x
    cdef float narrow
    cdef uint64_t image
    cdef uint32_t short_image
    begin(&format, L)
    data = luaL_checklstring(L, 2, &length)
    at = <size_t>luaL_optinteger(L, 3, 1)
    if at == 0:
        luaL_argerror(L, 3, b"offset must be 1 or greater")
    at -= 1
    while format.at[0]:
        option = format.at[0]
        format.at += 1
        size = size_of(&format, option)
        at += padding(&format, at, option, size)
        if size > length or at > length - size:
            luaL_argerror(L, 2, b"data string too short")
        luaL_checkstack(L, 2, b"too many results")
        if is_integer(option):
            lua_pushnumber(L, integer_at(<const uint8_t*>data + at, size, format.big,
                                         option >= c'a'))
            count += 1
        elif option == c'x':
            pass
        elif option == c'f':
            memcpy(&short_image, data + at, 4)
            if format.big:
                short_image = <uint32_t>turned(short_image, 4)
            memcpy(&narrow, &short_image, 4)
            lua_pushnumber(L, <double>narrow)
            count += 1
        elif option == c'd':
            memcpy(&image, data + at, 8)
            if format.big:
                image = turned(image, 8)
            memcpy(&x, &image, 8)
            lua_pushnumber(L, x)
            count += 1
        elif option == c'c':
            if size == 0:
                if count == 0 or not lua_isnumber(L, -1):
                    luaL_error(L, b"format 'c0' needs a previous size")
                x = lua_tonumber(L, -1)
                lua_pop(L, 1)
                count -= 1
                if not 0 <= x <= <double>length or at > length - <size_t>x:
                    luaL_argerror(L, 2, b"data string too short")
                size = <size_t>x
            lua_pushlstring(L, data + at, size)
            count += 1
        elif option == c's':
            end = <const char*>memchr(data + at, 0, length - at)
            if end == NULL:
                luaL_error(L, b"unfinished string in data")
            size = end - (data + at) + 1
            lua_pushlstring(L, data + at, size - 1)
            count += 1
        else:
            control(&format, option)
        at += size
    lua_pushnumber(L, <double><int64_t>(at + 1))
    return count + 1


cdef int struct_size(lua_State* L) noexcept nogil:
    """size(format): bytes of what it packs."""
    cdef Format format
    cdef size_t total = 0, size
    cdef char option
    begin(&format, L)
    while format.at[0]:
        option = format.at[0]
        format.at += 1
        size = size_of(&format, option)
        total += padding(&format, total, option, size)
        if option == c's':
            luaL_argerror(L, 1, b"option 's' has no fixed size")
        elif option == c'c' and size == 0:
            luaL_argerror(L, 1, b"option 'c0' has no fixed size")
        # letters and digits that name nothing take no room, and are only refused for values
        if not is_letter_or_digit(option):
            control(&format, option)
        total += size
    lua_pushnumber(L, <double>total)
    return 1


cdef int open_struct(lua_State* L) noexcept nogil:
    """Set the library in the table of globals on top of the stack."""
    lua_createtable(L, 0, 3)
    field(L, b"pack", struct_pack)
    field(L, b"unpack", struct_unpack)
    field(L, b"size", struct_size)
    lua_setfield(L, -2, b"struct")
    return 0


cdef const char* attach_struct(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)
