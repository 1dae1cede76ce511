# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""cjson.decode: JSON to values, with the error texts of lua-cjson 2.1."""

from libc.stdlib cimport strtod
from libc.string cimport memcpy, strncmp

from dflite.native.lua.api cimport *
from dflite.native.lua.json_options cimport Options, options_of

cdef extern from "<strings.h>" nogil:
    int strncasecmp(const char* a, const char* b, size_t n)

cdef enum:
    # tokens
    OBJECT_BEGIN = 0
    OBJECT_END = 1
    ARRAY_BEGIN = 2
    ARRAY_END = 3
    STRING = 4
    NUMBER = 5
    BOOLEAN = 6
    NULL_TOKEN = 7
    COLON = 8
    COMMA = 9
    END = 10
    ERROR = 11

cdef const char** TOKENS = [
    "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER", "T_BOOLEAN",
    "T_NULL", "T_COLON", "T_COMMA", "T_END",
]


cdef const char* attach_json_decode(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


cdef struct Parser:
    lua_State* L
    Options* options
    const char* data
    const char* at          # behind the token
    size_t size
    int depth
    # the token
    int token
    const char* start
    const char* problem
    double number
    bint truth


cdef bint is_odd_number(const char* p) noexcept nogil:
    """Is it a number that JSON does not have: +1, 0x10, 012, inf, nan?"""
    if p[0] == c'+':
        return True
    if p[0] == c'-':
        p += 1
    if p[0] == c'0':
        return (p[1] | 0x20) == c'x' or c'0' <= p[1] <= c'9'
    if p[0] <= c'9':
        return False
    return strncasecmp(p, b"inf", 3) == 0 or strncasecmp(p, b"nan", 3) == 0


cdef void wrong(Parser* parser, const char* problem) noexcept nogil:
    parser.token = ERROR
    parser.start = parser.at
    parser.problem = problem


cdef void take_number(Parser* parser) noexcept nogil:
    cdef char* end
    parser.number = strtod(parser.at, &end)
    if end == parser.at:
        wrong(parser, b"invalid number")
    else:
        parser.token = NUMBER
        parser.at = end


cdef void next_token(Parser* parser) noexcept nogil:
    cdef char c
    while parser.at[0] == c' ' or c'\t' <= parser.at[0] <= c'\n' or parser.at[0] == c'\r':
        parser.at += 1
    parser.start = parser.at
    c = parser.at[0]
    if c == 0:
        parser.token = END
    elif c == c'"':
        take_string(parser)
    elif c == c'-' or c'0' <= c <= c'9':
        if not parser.options.decode_invalid and is_odd_number(parser.at):
            wrong(parser, b"invalid number")
        else:
            take_number(parser)
    elif c == c'{' or c == c'}' or c == c'[' or c == c']' or c == c':' or c == c',':
        parser.token = (OBJECT_BEGIN if c == c'{' else OBJECT_END if c == c'}'
                        else ARRAY_BEGIN if c == c'[' else ARRAY_END if c == c']'
                        else COLON if c == c':' else COMMA)
        parser.at += 1
    elif strncmp(parser.at, b"true", 4) == 0:
        parser.token = BOOLEAN
        parser.truth = True
        parser.at += 4
    elif strncmp(parser.at, b"false", 5) == 0:
        parser.token = BOOLEAN
        parser.truth = False
        parser.at += 5
    elif strncmp(parser.at, b"null", 4) == 0:
        parser.token = NULL_TOKEN
        parser.at += 4
    elif parser.options.decode_invalid and is_odd_number(parser.at):
        take_number(parser)
    else:
        wrong(parser, b"invalid token")


cdef void take_string(Parser* parser) noexcept nogil:
    """Push the string; what has no escapes is taken from the text as it is."""
    cdef const char* p = parser.at + 1
    cdef const char* start = p
    cdef char* out = NULL
    cdef char* to = NULL
    cdef int taken
    cdef char c
    while p[0] != c'"' and p[0] != c'\\' and p[0] != 0:
        p += 1
    if p[0] == c'"':
        luaL_checkstack(parser.L, 2, b"too many nested data structures")
        lua_pushlstring(parser.L, start, p - start)
        parser.token = STRING
        parser.at = p + 1
        return
    luaL_checkstack(parser.L, 2, b"too many nested data structures")
    out = <char*>lua_newuserdata(parser.L, parser.size - (start - parser.data) + 1)
    memcpy(out, start, p - start)
    to = out + (p - start)
    while p[0] != c'"':
        c = p[0]
        if c == 0:
            parser.at = p
            wrong(parser, b"unexpected end of string")
            return
        if c != c'\\':
            to[0] = c
            to += 1
            p += 1
            continue
        parser.at = p
        c = p[1]
        if c == c'u':
            taken = take_unicode(p, &to)
            if taken == 0:
                wrong(parser, b"invalid unicode escape code")
                return
            p += taken
            continue
        if c == c'b':
            c = 8
        elif c == c't':
            c = 9
        elif c == c'n':
            c = 10
        elif c == c'f':
            c = 12
        elif c == c'r':
            c = 13
        elif c != c'"' and c != c'\\' and c != c'/':
            wrong(parser, b"invalid escape code")
            return
        to[0] = c
        to += 1
        p += 2
    lua_pushlstring(parser.L, out, to - out)
    lua_remove(parser.L, -2)
    parser.token = STRING
    parser.at = p + 1


cdef int hex_at(const char* p) noexcept nogil:
    """Four digits; -1 if they are none."""
    cdef int n = 0, i
    cdef char c
    for i in range(4):
        c = p[i]
        if c'0' <= c <= c'9':
            n = (n << 4) | (c - c'0')
        elif c'a' <= (c | 0x20) <= c'f':
            n = (n << 4) | ((c | 0x20) - c'a' + 10)
        else:
            return -1
    return n


cdef int take_unicode(const char* p, char** to) noexcept nogil:
    """Write the character of the escape at p in UTF-8; how long the escape is, 0 if it is none."""
    cdef int code = hex_at(p + 2), low, taken = 6
    cdef char* out = to[0]
    if code < 0:
        return 0
    if code & 0xF800 == 0xD800:
        if code & 0x400 or p[6] != c'\\' or p[7] != c'u':
            return 0
        low = hex_at(p + 8)
        if low < 0 or low & 0xFC00 != 0xDC00:
            return 0
        code = (((code & 0x3FF) << 10) | (low & 0x3FF)) + 0x10000
        taken = 12
    if code < 0x80:
        out[0] = <char>code
        to[0] += 1
    elif code < 0x800:
        out[0] = <char>(0xC0 | (code >> 6))
        out[1] = <char>(0x80 | (code & 0x3F))
        to[0] += 2
    elif code < 0x10000:
        out[0] = <char>(0xE0 | (code >> 12))
        out[1] = <char>(0x80 | ((code >> 6) & 0x3F))
        out[2] = <char>(0x80 | (code & 0x3F))
        to[0] += 3
    else:
        out[0] = <char>(0xF0 | (code >> 18))
        out[1] = <char>(0x80 | ((code >> 12) & 0x3F))
        out[2] = <char>(0x80 | ((code >> 6) & 0x3F))
        out[3] = <char>(0x80 | (code & 0x3F))
        to[0] += 4
    return taken


cdef void unexpected(Parser* parser, const char* wanted) noexcept nogil:
    cdef const char* found = parser.problem if parser.token == ERROR else TOKENS[parser.token]
    luaL_error(parser.L, b"Expected %s but found %s at character %d", wanted, found,
               <int>(parser.start - parser.data) + 1)


cdef void descend(Parser* parser, int slots) noexcept nogil:
    parser.depth += 1
    if parser.depth > parser.options.decode_depth or not lua_checkstack(parser.L, slots):
        luaL_error(parser.L, b"Found too many nested data structures (%d) at character %d",
                   parser.depth, <int>(parser.at - parser.data))


cdef void take_value(Parser* parser) noexcept nogil:
    """Push the value that begins with the current token."""
    cdef lua_State* L = parser.L
    cdef int i
    if parser.token == STRING:
        pass            # it is there already
    elif parser.token == NUMBER:
        lua_pushnumber(L, parser.number)
    elif parser.token == BOOLEAN:
        lua_pushboolean(L, parser.truth)
    elif parser.token == NULL_TOKEN:
        lua_pushlightuserdata(L, NULL)
    elif parser.token == OBJECT_BEGIN:
        descend(parser, 4)
        lua_createtable(L, 0, 0)
        next_token(parser)
        while parser.token != OBJECT_END:
            if parser.token != STRING:
                unexpected(parser, b"object key string")
            next_token(parser)
            if parser.token != COLON:
                unexpected(parser, b"colon")
            next_token(parser)
            take_value(parser)
            lua_rawset(L, -3)
            next_token(parser)
            if parser.token == OBJECT_END:
                break
            if parser.token != COMMA:
                unexpected(parser, b"comma or object end")
            next_token(parser)
            if parser.token == OBJECT_END:
                unexpected(parser, b"object key string")
        parser.depth -= 1
    elif parser.token == ARRAY_BEGIN:
        descend(parser, 3)
        lua_createtable(L, 0, 0)
        next_token(parser)
        i = 0
        while parser.token != ARRAY_END:
            take_value(parser)
            i += 1
            lua_rawseti(L, -2, i)
            next_token(parser)
            if parser.token == ARRAY_END:
                break
            if parser.token != COMMA:
                unexpected(parser, b"comma or array end")
            next_token(parser)
            if parser.token == ARRAY_END:
                unexpected(parser, b"value")
        parser.depth -= 1
    else:
        unexpected(parser, b"value")


cdef int json_decode(lua_State* L) noexcept nogil:
    cdef Parser parser
    if lua_gettop(L) != 1:
        return luaL_argerror(L, 1, b"expected 1 argument")
    parser.L = L
    parser.options = options_of(L)
    parser.data = luaL_checklstring(L, 1, &parser.size)
    parser.at = parser.data
    parser.depth = 0
    parser.problem = NULL
    if parser.size >= 2 and (parser.data[0] == 0 or parser.data[1] == 0):
        return luaL_error(L, b"JSON parser does not support UTF-16 or UTF-32")
    next_token(&parser)
    take_value(&parser)
    next_token(&parser)
    if parser.token != END:
        unexpected(&parser, b"the end")
    return 1
