# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Lua's `cmsgpack`: values to MessagePack and back.

Format: https://github.com/msgpack/msgpack/blob/master/spec.md (extensions are not known to it).
"""

from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy

from dflite.native.lua.api cimport *
from dflite.native.lua.tables cimport field
from dflite.native.lua.text cimport Text, begin_text, push_text, put, put_byte, room

cdef enum:
    DEEPEST = 16            # tables within tables; what is deeper becomes nil
    MISSING = 1             # input ends too early
    BAD = 2                 # input is something else


# -- packing -----------------------------------------------------------------------------------------------

cdef void put_number(Text* out, int kind, uint64_t n, int size) noexcept nogil:
    """A kind's byte and `size` bytes, the highest first."""
    cdef char* p = room(out, 9)
    cdef int i
    p[0] = <char>kind
    for i in range(size):
        p[size - i] = <char>(n & 0xFF)
        n >>= 8
    out.length += size + 1


cdef void pack_integer(Text* out, int64_t n) noexcept nogil:
    if n >= 0:
        if n <= 127:
            put_byte(out, <int>n)
        elif n <= 0xFF:
            put_number(out, 0xCC, n, 1)
        elif n <= 0xFFFF:
            put_number(out, 0xCD, n, 2)
        elif n <= 0xFFFFFFFFLL:
            put_number(out, 0xCE, n, 4)
        else:
            put_number(out, 0xCF, n, 8)
    elif n >= -32:
        put_byte(out, <int>n & 0xFF)
    elif n >= -128:
        put_number(out, 0xD0, <uint64_t>n, 1)
    elif n >= -32768:
        put_number(out, 0xD1, <uint64_t>n, 2)
    elif n >= -2147483648LL:
        put_number(out, 0xD2, <uint64_t>n, 4)
    else:
        put_number(out, 0xD3, <uint64_t>n, 8)


cdef void pack_number(Text* out, double x) noexcept nogil:
    cdef float narrow = <float>x
    cdef uint32_t short_image
    cdef uint64_t image
    if -9223372036854775808.0 <= x < 9223372036854775808.0 and <double><int64_t>x == x:
        pack_integer(out, <int64_t>x)
    elif <double>narrow == x:
        memcpy(&short_image, &narrow, 4)
        put_number(out, 0xCA, short_image, 4)
    else:
        memcpy(&image, &x, 8)
        put_number(out, 0xCB, image, 8)


cdef void pack_string(Text* out, const char* p, size_t n) noexcept nogil:
    if n < 32:
        put_byte(out, 0xA0 | <int>n)
    elif n <= 0xFF:
        put_number(out, 0xD9, n, 1)
    elif n <= 0xFFFF:
        put_number(out, 0xDA, n, 2)
    else:
        put_number(out, 0xDB, n, 4)
    put(out, p, n)


cdef int64_t count_pairs(lua_State* L, bint* is_array) noexcept nogil:
    """Pairs of the table on top, and whether their keys are 1, 2, 3 ..."""
    cdef int64_t count = 0
    cdef double key, largest = 0
    is_array[0] = True
    lua_pushnil(L)
    while lua_next(L, -2):
        lua_pop(L, 1)
        count += 1
        if is_array[0]:
            key = lua_tonumber(L, -1) if lua_type(L, -1) == LUA_TNUMBER else 0
            if key <= 0 or key > 2147483647 or <double><int64_t>key != key:
                is_array[0] = False
            elif key > largest:
                largest = key
    if largest != count:
        is_array[0] = False
    return count


cdef void pack_value(lua_State* L, Text* out, int level) noexcept nogil:
    """Pack the value on top of the stack, and take it."""
    cdef int kind = lua_type(L, -1)
    cdef size_t n
    cdef const char* p
    cdef bint is_array
    cdef int64_t count, i
    luaL_checkstack(L, 5, b"in function pack_value")
    if kind == LUA_TTABLE and level == DEEPEST:
        kind = LUA_TNIL
    if kind == LUA_TSTRING:
        p = lua_tolstring(L, -1, &n)
        pack_string(out, p, n)
    elif kind == LUA_TBOOLEAN:
        put_byte(out, 0xC3 if lua_toboolean(L, -1) else 0xC2)
    elif kind == LUA_TNUMBER:
        pack_number(out, lua_tonumber(L, -1))
    elif kind == LUA_TTABLE:
        count = count_pairs(L, &is_array)
        if is_array:
            if count <= 15:
                put_byte(out, 0x90 | <int>count)
            elif count <= 0xFFFF:
                put_number(out, 0xDC, count, 2)
            else:
                put_number(out, 0xDD, count, 4)
            for i in range(1, count + 1):
                lua_rawgeti(L, -1, <int>i)
                pack_value(L, out, level + 1)
        else:
            if count <= 15:
                put_byte(out, 0x80 | <int>count)
            elif count <= 0xFFFF:
                put_number(out, 0xDE, count, 2)
            else:
                put_number(out, 0xDF, count, 4)
            lua_pushnil(L)
            while lua_next(L, -2):
                lua_pushvalue(L, -2)
                pack_value(L, out, level + 1)
                pack_value(L, out, level + 1)
    else:
        put_byte(out, 0xC0)
    lua_pop(L, 1)


cdef int msgpack_pack(lua_State* L) noexcept nogil:
    """pack(value ...): their packings, one behind the other."""
    cdef int n = lua_gettop(L), i
    cdef Text out
    if n == 0:
        return luaL_argerror(L, 0, b"MessagePack pack needs input.")
    luaL_checkstack(L, n + 8, b"Too many arguments for MessagePack pack.")
    lua_pushnil(L)
    begin_text(&out, L, n + 1)
    for i in range(1, n + 1):
        lua_pushvalue(L, i)
        pack_value(L, &out, 0)
    push_text(&out)
    return 1


# -- unpacking ---------------------------------------------------------------------------------------------

cdef struct Input:
    const uint8_t* p
    size_t left


cdef bint take_number(Input* data, int size, uint64_t* n) noexcept nogil:
    """The `size` bytes behind the first one."""
    cdef int i
    if data.left < <size_t>size + 1:
        return False
    n[0] = 0
    for i in range(size):
        n[0] = (n[0] << 8) | data.p[i + 1]
    data.p += size + 1
    data.left -= size + 1
    return True


cdef int unpack_string(lua_State* L, Input* data, size_t n) noexcept nogil:
    if data.left < n:
        return MISSING
    lua_pushlstring(L, <const char*>data.p, n)
    data.p += n
    data.left -= n
    return 0


cdef int unpack_array(lua_State* L, Input* data, uint64_t n) noexcept nogil:
    cdef uint64_t i
    cdef int problem
    lua_createtable(L, 0, 0)
    luaL_checkstack(L, 2, b"in function mp_decode_to_lua_array")
    for i in range(n):
        problem = unpack_value(L, data)
        if problem:
            return problem
        lua_rawseti(L, -2, <int>i + 1)
    return 0


cdef int unpack_map(lua_State* L, Input* data, uint64_t n) noexcept nogil:
    cdef uint64_t i
    cdef int problem
    lua_createtable(L, 0, 0)
    luaL_checkstack(L, 3, b"in function mp_decode_to_lua_hash")
    for i in range(n):
        problem = unpack_value(L, data)
        if problem == 0:
            problem = unpack_value(L, data)
        if problem:
            return problem
        lua_rawset(L, -3)
    return 0


cdef int unpack_value(lua_State* L, Input* data) noexcept nogil:
    """Push a value; or MISSING, BAD."""
    cdef int first
    cdef uint64_t n = 0
    cdef uint32_t short_image
    cdef float narrow
    cdef double x
    luaL_checkstack(L, 2, b"too many return values at once; use unpack_one or unpack_limit instead.")
    if data.left < 1:
        return MISSING
    first = data.p[0]
    if first <= 0x7F or first >= 0xE0:
        lua_pushnumber(L, <double><int8_t>first)
        data.p += 1
        data.left -= 1
        return 0
    if first < 0xC0 or first == 0xC0 or first == 0xC2 or first == 0xC3:
        data.p += 1
        data.left -= 1
        if first <= 0x8F:
            return unpack_map(L, data, first & 15)
        if first <= 0x9F:
            return unpack_array(L, data, first & 15)
        if first <= 0xBF:
            return unpack_string(L, data, first & 31)
        if first == 0xC0:
            lua_pushnil(L)
        else:
            lua_pushboolean(L, first == 0xC3)
        return 0
    if first == 0xCA:
        if not take_number(data, 4, &n):
            return MISSING
        short_image = <uint32_t>n
        memcpy(&narrow, &short_image, 4)
        lua_pushnumber(L, <double>narrow)
    elif first == 0xCB:
        if not take_number(data, 8, &n):
            return MISSING
        memcpy(&x, &n, 8)
        lua_pushnumber(L, x)
    elif 0xCC <= first <= 0xCF:
        if not take_number(data, 1 << (first - 0xCC), &n):
            return MISSING
        lua_pushnumber(L, <double>n)
    elif 0xD0 <= first <= 0xD3:
        if not take_number(data, 1 << (first - 0xD0), &n):
            return MISSING
        if first == 0xD0:
            lua_pushnumber(L, <double><int8_t>n)
        elif first == 0xD1:
            lua_pushnumber(L, <double><int16_t>n)
        elif first == 0xD2:
            lua_pushnumber(L, <double><int32_t>n)
        else:
            lua_pushnumber(L, <double><int64_t>n)
    elif 0xD9 <= first <= 0xDB:
        if not take_number(data, 1 << (first - 0xD9), &n):
            return MISSING
        return unpack_string(L, data, n)
    elif first == 0xDC or first == 0xDD:
        if not take_number(data, 2 if first == 0xDC else 4, &n):
            return MISSING
        return unpack_array(L, data, n)
    elif first == 0xDE or first == 0xDF:
        if not take_number(data, 2 if first == 0xDE else 4, &n):
            return MISSING
        return unpack_map(L, data, n)
    else:
        return BAD
    return 0


cdef int unpack_some(lua_State* L, lua_Integer limit, lua_Integer offset) noexcept nogil:
    """Up to `limit` values from `offset` on, the next offset in front; all values alone if both are 0."""
    cdef size_t n
    cdef const char* text = luaL_checklstring(L, 1, &n)
    cdef Input data
    cdef bint everything = limit == 0 and offset == 0
    cdef int count = 0, problem
    if offset < 0 or limit < 0:
        return luaL_error(L, b"Invalid request to unpack with offset of %d and limit of %d.",
                          <int>offset, <int>n)
    if <size_t>offset > n:
        return luaL_error(L, b"Start offset %d greater than input length %d.", <int>offset,
                          <int>n)
    if everything:
        limit = 2147483647
    data.p = <const uint8_t*>text + offset
    data.left = n - offset
    while data.left > 0 and count < limit:
        problem = unpack_value(L, &data)
        if problem == MISSING:
            return luaL_error(L, b"Missing bytes in input.")
        if problem == BAD:
            return luaL_error(L, b"Bad data format in input.")
        count += 1
    if not everything:
        luaL_checkstack(L, 1, b"too many return values")
        lua_pushnumber(L, -1 if data.left == 0 else <double>(n - data.left))
        lua_insert(L, 2)
        count += 1
    return count


cdef int msgpack_unpack(lua_State* L) noexcept nogil:
    return unpack_some(L, 0, 0)


cdef int msgpack_unpack_one(lua_State* L) noexcept nogil:
    cdef lua_Integer offset = luaL_optinteger(L, 2, 0)
    lua_settop(L, 1)
    return unpack_some(L, 1, offset)


cdef int msgpack_unpack_limit(lua_State* L) noexcept nogil:
    cdef lua_Integer limit = luaL_checkinteger(L, 2)
    cdef lua_Integer offset = luaL_optinteger(L, 3, 0)
    lua_settop(L, 1)
    return unpack_some(L, limit, offset)


cdef int open_cmsgpack(lua_State* L) noexcept nogil:
    """Set the library in the table of globals on top of the stack."""
    lua_createtable(L, 0, 8)
    field(L, b"pack", msgpack_pack)
    field(L, b"unpack", msgpack_unpack)
    field(L, b"unpack_one", msgpack_unpack_one)
    field(L, b"unpack_limit", msgpack_unpack_limit)
    lua_pushstring(L, b"cmsgpack")
    lua_setfield(L, -2, b"_NAME")
    lua_pushstring(L, b"lua-cmsgpack 0.4.0")
    lua_setfield(L, -2, b"_VERSION")
    lua_pushstring(L, b"dflite")
    lua_setfield(L, -2, b"_COPYRIGHT")
    lua_pushstring(L, b"MessagePack for Lua")
    lua_setfield(L, -2, b"_DESCRIPTION")
    lua_setfield(L, -2, b"cmsgpack")
    return 0


cdef const char* attach_msgpack(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)
