# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Values between Lua and the protocol, by Redis' rules: replies become Lua values, a script's result a reply.

A Lua table is an array up to its first nil, unless it has one of the fields that stand for what Lua does
not know: `ok`, `err`, `double`, `big_number`, `verbatim_string`, `map`, `set`.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t
from libc.string cimport memchr, strchr

from dflite.native.base.bytesops cimport parse_int64
from dflite.native.base.floattext cimport parse_double
from dflite.native.lua.api cimport *
from dflite.native.wire.reply cimport Reply

cdef enum:
    ROOM = 4                # places on Lua's stack that a level of a value takes at most


cdef const char* attach_values(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


# -- replies become values -----------------------------------------------------------------------------

cdef void push_error(lua_State* L, const char* text, size_t n) noexcept nogil:
    """The table that stands for an error, of a text with its code in front."""
    lua_createtable(L, 0, 4)
    while n > 0 and (text[n - 1] == c'\n' or text[n - 1] == c'\r'):
        n -= 1
    if memchr(text, c' ', n) == NULL:
        lua_pushlstring(L, b"ERR ", 4)
        lua_pushlstring(L, text, n)
        lua_concat(L, 2)
    else:
        lua_pushlstring(L, text, n)
    lua_setfield(L, -2, b"err")


cdef inline void push_field(lua_State* L, const char* name, const char* text, size_t n) noexcept nogil:
    lua_createtable(L, 0, 1)
    lua_pushlstring(L, text, n)
    lua_setfield(L, -2, name)


cdef const char* push_reply(lua_State* L, const char* p) noexcept nogil:
    """Push the value of the reply at p; what follows it. NULL if the stack has no room.

    The reply is one of ours: its form needs no check.
    """
    cdef const char* line = p + 1
    cdef const char* end = strchr(line, c'\r')
    cdef size_t length = end - line
    cdef const char* after = end + 2
    cdef char kind = p[0]
    cdef int64_t n = 0, i
    cdef double number = 0
    if not lua_checkstack(L, ROOM):
        return NULL
    if kind == c'+':
        # a status is a line, and a line may not hold what strchr stops at
        push_field(L, b"ok", line, length)
        return after
    if kind == c'-':
        push_error(L, line, length)
        lua_pushboolean(L, 1)
        lua_setfield(L, -2, b"ignore_error_stats_update")
        return after
    if kind == c',':
        parse_double(line, length, &number)
        if length >= 3 and line[length - 1] == c'n':        # nan
            number = <double>0.0 / <double>0.0
        lua_createtable(L, 0, 1)
        lua_pushnumber(L, number)
        lua_setfield(L, -2, b"double")
        return after
    if kind == c'(':
        push_field(L, b"big_number", line, length)
        return after
    if kind == c'#':
        lua_pushboolean(L, line[0] == c't')
        return after
    if kind == c'_':
        lua_pushnil(L)
        return after
    parse_int64(line, length, &n)
    if kind == c':':
        lua_pushnumber(L, <double>n)
        return after
    if n < 0:
        lua_pushboolean(L, 0)
        return after
    if kind == c'$':
        lua_pushlstring(L, after, n)
        return after + n + 2
    if kind == c'=':
        lua_createtable(L, 0, 1)
        lua_createtable(L, 0, 2)
        lua_pushlstring(L, after + 4, n - 4)
        lua_setfield(L, -2, b"string")
        lua_pushlstring(L, after, 3)
        lua_setfield(L, -2, b"format")
        lua_setfield(L, -2, b"verbatim_string")
        return after + n + 2
    if kind == c'*' or kind == c'>':
        lua_createtable(L, <int>n, 0)
        for i in range(n):
            after = push_reply(L, after)
            if after == NULL:
                return NULL
            lua_rawseti(L, -2, <int>i + 1)
        return after
    if kind == c'|':
        for i in range(2 * n):      # nobody asked for attributes
            after = push_reply(L, after)
            if after == NULL:
                return NULL
            lua_pop(L, 1)
        return push_reply(L, after)
    lua_createtable(L, 0, 1)
    lua_createtable(L, 0, <int>n)
    for i in range(n):
        after = push_reply(L, after)
        if after == NULL:
            return NULL
        if kind == c'%':
            after = push_reply(L, after)
            if after == NULL:
                return NULL
        else:
            lua_pushboolean(L, 1)
        if lua_type(L, -2) == LUA_TNIL:
            lua_pop(L, 2)           # no key that a table can have
        else:
            lua_rawset(L, -3)
    lua_setfield(L, -2, b"map" if kind == c'%' else b"set")
    return after


# -- values become replies -----------------------------------------------------------------------------

cdef bytes text_at(lua_State* L, int index):
    cdef size_t n
    cdef const char* p = lua_tolstring(L, index, &n)
    return PyBytes_FromStringAndSize(p, n)


cdef int raw_field(lua_State* L, const char* name) noexcept nogil:
    """Push a field of the table on top; its type."""
    lua_pushstring(L, name)
    lua_rawget(L, -2)
    return lua_type(L, -1)


cdef bytes field_text(lua_State* L, const char* name):
    """A field of the table on top as text; None if it is none."""
    cdef int kind = raw_field(L, name)
    text = text_at(L, -1) if kind == LUA_TSTRING or kind == LUA_TNUMBER else None
    lua_pop(L, 1)
    return text


cdef int64_t truncated(double x) noexcept nogil:
    """As C does it on the machines that Redis runs on: what is out of range becomes the smallest."""
    if -9223372036854775808.0 <= x < 9223372036854775808.0:
        return <int64_t>x
    return -<int64_t>9223372036854775807 - 1


cdef int64_t length_of(lua_State* L) noexcept nogil:
    """Elements of the table on top before its first nil."""
    cdef int64_t n = 0
    while True:
        lua_rawgeti(L, -1, <int>n + 1)
        if lua_type(L, -1) == LUA_TNIL:
            lua_pop(L, 1)
            return n
        lua_pop(L, 1)
        n += 1


cdef int64_t count_of(lua_State* L) noexcept nogil:
    """Pairs of the table on top."""
    cdef int64_t n = 0
    lua_pushnil(L)
    while lua_next(L, -2):
        lua_pop(L, 1)
        n += 1
    return n


cdef int write_value(lua_State* L, Reply out, bint script_resp3, list errors) except -1:
    """Take the value on top of the stack and write it; `errors` gets the texts of those within."""
    cdef int kind = lua_type(L, -1)
    cdef size_t n
    cdef const char* p
    if not lua_checkstack(L, ROOM):
        out.error(b"ERR reached lua stack limit")
    elif kind == LUA_TSTRING:
        p = lua_tolstring(L, -1, &n)
        out.put_bulk(p, n)
    elif kind == LUA_TNUMBER:
        out.put_head(c':', truncated(lua_tonumber(L, -1)))
    elif kind == LUA_TBOOLEAN:
        if script_resp3:
            out.boolean(lua_toboolean(L, -1))
        elif lua_toboolean(L, -1):
            out.put_head(c':', 1)
        else:
            out.put_null()
    elif kind == LUA_TTABLE:
        write_table(L, out, script_resp3, errors)
    else:
        out.put_null()
    lua_pop(L, 1)
    return 0


cdef int write_table(lua_State* L, Reply out, bint script_resp3, list errors) except -1:
    """Write the table on top of the stack, and leave it there."""
    cdef int64_t n, i
    if raw_field(L, b"err") == LUA_TSTRING:
        text = text_at(L, -1).partition(b"\0")[0].strip(b"\r\n")
        lua_pop(L, 1)
        if raw_field(L, b"ignore_error_stats_update") != LUA_TBOOLEAN or not lua_toboolean(L, -1):
            errors.append(text)
        lua_pop(L, 1)
        out.error(text)
        return 0
    lua_pop(L, 1)
    if raw_field(L, b"ok") == LUA_TSTRING:
        out.simple(one_line(text_at(L, -1).partition(b"\0")[0]))
        lua_pop(L, 1)
        return 0
    lua_pop(L, 1)
    if raw_field(L, b"double") == LUA_TNUMBER:
        out.put_double(lua_tonumber(L, -1))
        lua_pop(L, 1)
        return 0
    lua_pop(L, 1)
    if raw_field(L, b"big_number") == LUA_TSTRING:
        out.big_number(one_line(text_at(L, -1)))
        lua_pop(L, 1)
        return 0
    lua_pop(L, 1)
    if raw_field(L, b"verbatim_string") == LUA_TTABLE:
        if raw_field(L, b"format") == LUA_TSTRING:
            form = text_at(L, -1)
            lua_pop(L, 1)
            if raw_field(L, b"string") == LUA_TSTRING:
                out.verbatim(text_at(L, -1), form[:3].ljust(3))
                lua_pop(L, 2)
                return 0
        lua_pop(L, 1)
    lua_pop(L, 1)
    if raw_field(L, b"map") == LUA_TTABLE:
        out.put_map(count_of(L))
        lua_pushnil(L)
        while lua_next(L, -2):
            lua_pushvalue(L, -2)
            write_value(L, out, script_resp3, errors)
            write_value(L, out, script_resp3, errors)
        lua_pop(L, 1)
        return 0
    lua_pop(L, 1)
    if raw_field(L, b"set") == LUA_TTABLE:
        out.set(count_of(L))
        lua_pushnil(L)
        while lua_next(L, -2):
            lua_pop(L, 1)
            lua_pushvalue(L, -1)
            write_value(L, out, script_resp3, errors)
        lua_pop(L, 1)
        return 0
    lua_pop(L, 1)
    n = length_of(L)
    out.put_head(c'*', n)
    for i in range(n):
        lua_rawgeti(L, -1, <int>i + 1)
        write_value(L, out, script_resp3, errors)
    return 0


cdef bytes one_line(bytes text):
    if b"\n" in text or b"\r" in text:
        return text.replace(b"\r", b" ").replace(b"\n", b" ")
    return text
