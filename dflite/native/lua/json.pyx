# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Lua's `cjson`: values to JSON and back, with the settings and error texts of lua-cjson 2.1.

The settings lie in a userdata that the functions of one library share; `new` makes another library. They
outlive a script, as in Redis.
"""

from libc.math cimport isinf, isnan
from libc.stdint cimport int64_t
from libc.stdio cimport snprintf
from libc.string cimport memcpy, strcmp

from dflite.native.lua.api cimport *
from dflite.native.lua.json_decode cimport json_decode
from dflite.native.lua.json_options cimport Options, options_of
from dflite.native.lua.text cimport Text, begin_text, push_text, put, put_byte, room

cdef extern from "<strings.h>" nogil:
    int strncasecmp(const char* a, const char* b, size_t n)
cdef enum:
    LARGEST = 2147483647
    MOST_DIGITS = 14


# -- settings ----------------------------------------------------------------------------------------------

cdef void at_most(lua_State* L, int n) noexcept nogil:
    """Settings take up to n arguments."""
    if lua_gettop(L) > n:
        luaL_argerror(L, n + 1, b"found too many arguments")
    while lua_gettop(L) < n:
        lua_pushnil(L)


cdef int integer_option(lua_State* L, int index, int* setting, int least, int most) noexcept nogil:
    cdef lua_Integer value
    if lua_type(L, index) != LUA_TNIL:
        value = luaL_checkinteger(L, index)
        if not least <= value <= most:
            luaL_argerror(L, 1, lua_pushfstring(
                L, b"expected integer between %d and %d", least, most))
        setting[0] = <int>value
    lua_pushnumber(L, setting[0])
    return 1


cdef int choice(lua_State* L, int index, int* setting, bint with_null) noexcept nogil:
    """off, on, perhaps null; false and true."""
    cdef const char* word
    if lua_type(L, index) == LUA_TBOOLEAN:
        setting[0] = lua_toboolean(L, index)
    elif lua_type(L, index) != LUA_TNIL:
        word = luaL_checklstring(L, index, NULL)
        if strcmp(word, b"off") == 0:
            setting[0] = 0
        elif strcmp(word, b"on") == 0:
            setting[0] = 1
        elif with_null and strcmp(word, b"null") == 0:
            setting[0] = 2
        else:
            luaL_argerror(L, index, lua_pushfstring(L, b"invalid option '%s'", word))
    if setting[0] == 2:
        lua_pushstring(L, b"null")
    else:
        lua_pushboolean(L, setting[0])
    return 1


cdef int json_sparse_array(lua_State* L) noexcept nogil:
    cdef Options* options = options_of(L)
    at_most(L, 3)
    choice(L, 1, &options.sparse_convert, False)
    integer_option(L, 2, &options.sparse_ratio, 0, LARGEST)
    integer_option(L, 3, &options.sparse_safe, 0, LARGEST)
    return 3


cdef int json_encode_depth(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return integer_option(L, 1, &options_of(L).encode_depth, 1, LARGEST)


cdef int json_decode_depth(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return integer_option(L, 1, &options_of(L).decode_depth, 1, LARGEST)


cdef int json_precision(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return integer_option(L, 1, &options_of(L).precision, 1, MOST_DIGITS)


cdef int json_keep_buffer(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return choice(L, 1, &options_of(L).keep_buffer, False)


cdef int json_encode_invalid(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return choice(L, 1, &options_of(L).encode_invalid, True)


cdef int json_decode_invalid(lua_State* L) noexcept nogil:
    at_most(L, 1)
    return choice(L, 1, &options_of(L).decode_invalid, False)


# -- encoding ----------------------------------------------------------------------------------------------

cdef void refuse(lua_State* L, int index, const char* reason) noexcept nogil:
    luaL_error(L, b"Cannot serialise %s: %s", lua_typename(L, lua_type(L, index)), reason)


cdef void put_string(lua_State* L, Text* out, int index) noexcept nogil:
    cdef size_t n, i
    cdef const char* p = lua_tolstring(L, index, &n)
    cdef char* at = room(out, n * 6 + 2)
    cdef char* start = at
    cdef unsigned char c
    at[0] = c'"'
    at += 1
    for i in range(n):
        c = <unsigned char>p[i]
        if 32 <= c != c'"' and c != c'\\' and c != c'/' and c != 127:
            at[0] = <char>c
            at += 1
            continue
        at[0] = c'\\'
        if c == c'"' or c == c'\\' or c == c'/':
            at[1] = <char>c
        elif c == 8:
            at[1] = c'b'
        elif c == 9:
            at[1] = c't'
        elif c == 10:
            at[1] = c'n'
        elif c == 12:
            at[1] = c'f'
        elif c == 13:
            at[1] = c'r'
        else:
            memcpy(at + 1, b"u00", 3)
            at[4] = <char>(c'0' + (c >> 4))
            at[5] = <char>(c'0' + (c & 15) if c & 15 < 10 else c'a' + (c & 15) - 10)
            at += 4
        at += 2
    at[0] = c'"'
    out.length += at + 1 - start


cdef void put_number(lua_State* L, Text* out, int index, Options* options) noexcept nogil:
    cdef double x = lua_tonumber(L, index)
    cdef char* at
    if isnan(x) or isinf(x):
        if options.encode_invalid == 0:
            refuse(L, index, b"must not be NaN or Inf")
        elif options.encode_invalid == 2:
            put(out, b"null", 4)
        elif isnan(x):
            put(out, b"nan", 3)
        elif x > 0:
            put(out, b"inf", 3)
        else:
            put(out, b"-inf", 4)
        return
    at = room(out, 40)
    out.length += snprintf(at, 40, b"%.*g", options.precision, x)


cdef int64_t array_length(lua_State* L, Options* options) noexcept nogil:
    """The largest index of the table on top; -1 if it is an object."""
    cdef double key
    cdef int64_t largest = 0, count = 0
    lua_pushnil(L)
    while lua_next(L, -2):
        if lua_type(L, -2) == LUA_TNUMBER:
            key = lua_tonumber(L, -2)
            if 1 <= key <= LARGEST and <double><int64_t>key == key:
                if <int64_t>key > largest:
                    largest = <int64_t>key
                count += 1
                lua_pop(L, 1)
                continue
        lua_pop(L, 2)
        return -1
    if (options.sparse_ratio > 0 and largest > count * options.sparse_ratio
            and largest > options.sparse_safe):
        if not options.sparse_convert:
            refuse(L, -1, b"excessively sparse array")
        return -1
    return largest


cdef void encode_value(lua_State* L, Text* out, Options* options, int depth) noexcept nogil:
    """The value on top of the stack, which stays there."""
    cdef int kind = lua_type(L, -1)
    cdef int64_t length, i
    cdef bint first = True
    if kind == LUA_TSTRING:
        put_string(L, out, -1)
    elif kind == LUA_TNUMBER:
        put_number(L, out, -1, options)
    elif kind == LUA_TBOOLEAN:
        if lua_toboolean(L, -1):
            put(out, b"true", 4)
        else:
            put(out, b"false", 5)
    elif kind == LUA_TNIL or (kind == LUA_TLIGHTUSERDATA and lua_touserdata(L, -1) == NULL):
        put(out, b"null", 4)
    elif kind == LUA_TTABLE:
        depth += 1
        if depth > options.encode_depth or not lua_checkstack(L, 4):
            luaL_error(L, b"Cannot serialise, excessive nesting (%d)", depth)
        length = array_length(L, options)
        if length > 0:
            put_byte(out, c'[')
            for i in range(1, length + 1):
                if i > 1:
                    put_byte(out, c',')
                lua_rawgeti(L, -1, <int>i)
                encode_value(L, out, options, depth)
                lua_pop(L, 1)
            put_byte(out, c']')
            return
        put_byte(out, c'{')
        lua_pushnil(L)
        while lua_next(L, -2):
            if not first:
                put_byte(out, c',')
            first = False
            kind = lua_type(L, -2)
            if kind == LUA_TSTRING:
                put_string(L, out, -2)
            elif kind == LUA_TNUMBER:
                put_byte(out, c'"')
                put_number(L, out, -2, options)
                put_byte(out, c'"')
            else:
                refuse(L, -2, b"table key must be a number or string")
            put_byte(out, c':')
            encode_value(L, out, options, depth)
            lua_pop(L, 1)
        put_byte(out, c'}')
    else:
        refuse(L, -1, b"type not supported")


cdef int json_encode(lua_State* L) noexcept nogil:
    cdef Text out
    if lua_gettop(L) != 1:
        return luaL_argerror(L, 1, b"expected 1 argument")
    lua_pushnil(L)
    begin_text(&out, L, 2)
    lua_pushvalue(L, 1)
    encode_value(L, &out, options_of(L), 0)
    push_text(&out)
    return 1


# -- the library -------------------------------------------------------------------------------------------

cdef void field(lua_State* L, const char* name, lua_CFunction function) noexcept nogil:
    """Set a function, with the settings below the library's table for an upvalue."""
    lua_pushvalue(L, -2)
    lua_pushcclosure(L, function, 1)
    lua_setfield(L, -2, name)


cdef int json_new(lua_State* L) noexcept nogil:
    """Push a library with settings of its own."""
    cdef Options* options = <Options*>lua_newuserdata(L, sizeof(Options))
    options.sparse_convert = 0
    options.sparse_ratio = 2
    options.sparse_safe = 10
    options.encode_depth = 1000
    options.decode_depth = 1000
    options.encode_invalid = 0
    options.decode_invalid = 1
    options.keep_buffer = 1
    options.precision = MOST_DIGITS
    lua_createtable(L, 0, 16)
    field(L, b"encode", json_encode)
    field(L, b"decode", json_decode)
    field(L, b"encode_sparse_array", json_sparse_array)
    field(L, b"encode_max_depth", json_encode_depth)
    field(L, b"decode_max_depth", json_decode_depth)
    field(L, b"encode_number_precision", json_precision)
    field(L, b"encode_keep_buffer", json_keep_buffer)
    field(L, b"encode_invalid_numbers", json_encode_invalid)
    field(L, b"decode_invalid_numbers", json_decode_invalid)
    field(L, b"new", json_new)
    lua_pushlightuserdata(L, NULL)
    lua_setfield(L, -2, b"null")
    lua_pushstring(L, b"cjson")
    lua_setfield(L, -2, b"_NAME")
    lua_pushstring(L, b"2.1.0")
    lua_setfield(L, -2, b"_VERSION")
    return 1


cdef int open_cjson(lua_State* L) noexcept nogil:
    """Set the library in the table of globals on top of the stack."""
    json_new(L)
    lua_setfield(L, -3, b"cjson")
    lua_pop(L, 1)
    return 0


cdef const char* attach_json(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)
