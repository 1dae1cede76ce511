# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What scripts may reach: Lua's base, string, table and math, whose tables nobody can change.

Redis has a Lua of its own in which a table can be locked. This one is as it comes, so a locked table is an
empty one in front of the real one, which is found through `__index` and nowhere else; writing to the empty
one ends in `__newindex`. The few functions that get past metatables (rawset, next, table.insert ...) are
ours, and know which tables are locked.

Further differences to plain Lua are Redis' too: no bytecode is loaded, nothing of io, os (but for
os.clock), debug and package is there, and what pcall returns of an error with a code is its text.
"""

from libc.stdint cimport int64_t
from posix.time cimport CLOCK_PROCESS_CPUTIME_ID, clock_gettime, timespec

from dflite.native.lua.api cimport *
from dflite.native.lua.tables cimport field

cdef enum:
    LONGEST_PATTERN = 10000     # longer ones could exhaust C's stack: matching is recursive

cdef char LOCKED            # its address is the key of what a locked table stands for, in its metatable


cdef const char* attach_sandbox(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


# -- locked tables -----------------------------------------------------------------------------------------

cdef int refuse_change(lua_State* L) noexcept nogil:
    return luaL_error(L, b"Attempt to modify a readonly table")


cdef void protect(lua_State* L) noexcept nogil:
    """Replace the table on top by a locked one of the same content."""
    lua_createtable(L, 0, 0)
    lua_createtable(L, 0, 3)
    lua_pushvalue(L, -3)
    lua_setfield(L, -2, b"__index")
    lua_pushcclosure(L, <lua_CFunction>refuse_change, 0)
    lua_setfield(L, -2, b"__newindex")
    lua_pushlightuserdata(L, &LOCKED)
    lua_pushvalue(L, -4)
    lua_rawset(L, -3)
    lua_setmetatable(L, -2)
    lua_replace(L, -2)


cdef void stand_for(lua_State* L) noexcept nogil:
    """Let the locked table below the top stand for the table on top; both stay."""
    lua_getmetatable(L, -2)
    lua_pushvalue(L, -2)
    lua_setfield(L, -2, b"__index")
    lua_pushlightuserdata(L, &LOCKED)
    lua_pushvalue(L, -3)
    lua_rawset(L, -3)
    lua_pop(L, 1)


cdef bint push_real(lua_State* L, int index) noexcept nogil:
    """If the value at index is a locked table, push what it stands for."""
    if lua_type(L, index) != LUA_TTABLE or not lua_getmetatable(L, index):
        return False
    lua_pushlightuserdata(L, &LOCKED)
    lua_rawget(L, -2)
    if lua_type(L, -1) == LUA_TNIL:
        lua_pop(L, 2)
        return False
    lua_replace(L, -2)
    return True


cdef bint is_protected(lua_State* L, int index) noexcept nogil:
    """Is the value at index a locked table?"""
    if not push_real(L, index):
        return False
    lua_pop(L, 1)
    return True


cdef int no_global(lua_State* L) noexcept nogil:
    """What is asked for is no global variable."""
    cdef int kind = lua_type(L, 2)
    if kind != LUA_TSTRING and kind != LUA_TNUMBER:
        return luaL_error(L, b"Second argument to luaProtectedTableError must be a string or number")
    return luaL_error(L, b"Script attempted to access nonexistent global variable '%s'",
                      lua_tolstring(L, 2, NULL))


# -- base functions that get past metatables --------------------------------------------------------------

cdef int safe_next(lua_State* L) noexcept nogil:
    luaL_checktype(L, 1, LUA_TTABLE)
    lua_settop(L, 2)
    if push_real(L, 1):
        lua_replace(L, 1)
    if lua_next(L, 1):
        return 2
    lua_pushnil(L)
    return 1


cdef int safe_pairs(lua_State* L) noexcept nogil:
    luaL_checktype(L, 1, LUA_TTABLE)
    lua_pushvalue(L, lua_upvalueindex(1))
    lua_pushvalue(L, 1)
    lua_pushnil(L)
    return 3


cdef int safe_rawget(lua_State* L) noexcept nogil:
    luaL_checktype(L, 1, LUA_TTABLE)
    luaL_checkany(L, 2)
    lua_settop(L, 2)
    if push_real(L, 1):
        lua_replace(L, 1)
    lua_rawget(L, 1)
    return 1


cdef int safe_rawset(lua_State* L) noexcept nogil:
    luaL_checktype(L, 1, LUA_TTABLE)
    luaL_checkany(L, 2)
    luaL_checkany(L, 3)
    lua_settop(L, 3)
    if is_protected(L, 1):
        return raise_plain(L)
    lua_rawset(L, 1)
    return 1


cdef int raise_plain(lua_State* L) noexcept nogil:
    """As `refuse_change`, but from a function of C, which has no line."""
    lua_pushstring(L, b"Attempt to modify a readonly table")
    return lua_error(L)


cdef int safe_getmetatable(lua_State* L) noexcept nogil:
    luaL_checkany(L, 1)
    if lua_type(L, 1) == LUA_TSTRING:
        lua_pushvalue(L, lua_upvalueindex(1))   # locked
        return 1
    if not lua_getmetatable(L, 1):
        lua_pushnil(L)
        return 1
    if is_protected(L, 1):
        # libraries have none of their own; the table of globals has one that reports what is missing
        lua_settop(L, 1)
        push_real(L, 1)
        if not lua_getmetatable(L, -1):
            lua_pushnil(L)
        else:
            protect(L)
        return 1
    lua_pushstring(L, b"__metatable")
    lua_rawget(L, -2)
    if lua_type(L, -1) == LUA_TNIL:
        lua_pop(L, 1)
    return 1


cdef int safe_setmetatable(lua_State* L) noexcept nogil:
    cdef int kind = lua_type(L, 2)
    luaL_checktype(L, 1, LUA_TTABLE)
    if kind != LUA_TNIL and kind != LUA_TTABLE:
        return luaL_argerror(L, 2, b"nil or table expected")
    if is_protected(L, 1):
        return raise_plain(L)
    if lua_getmetatable(L, 1):
        lua_pushstring(L, b"__metatable")
        lua_rawget(L, -2)
        if lua_type(L, -1) != LUA_TNIL:
            return luaL_error(L, b"cannot change a protected metatable")
    lua_settop(L, 2)
    if push_real(L, 2):
        # a locked table as a metatable: a copy, so that Lua finds what it looks for in it
        lua_createtable(L, 0, 4)
        lua_pushnil(L)
        while lua_next(L, 3):
            lua_pushvalue(L, -2)
            lua_insert(L, -2)
            lua_rawset(L, 4)
        lua_replace(L, 2)
        lua_settop(L, 2)
    lua_setmetatable(L, 1)
    lua_settop(L, 1)
    return 1


cdef int guarded(lua_State* L) noexcept nogil:
    """A function of a library that changes its first argument, which is not to be a locked table."""
    if is_protected(L, 1):
        return raise_plain(L)
    return lua_tocfunction(L, lua_upvalueindex(1))(L)


cdef int unguarded(lua_State* L) noexcept nogil:
    """One that walks its first argument."""
    if push_real(L, 1):
        lua_replace(L, 1)
    return lua_tocfunction(L, lua_upvalueindex(1))(L)


cdef int with_pattern(lua_State* L) noexcept nogil:
    """One that matches its second argument, a pattern.

    It is called: gmatch's keeps its state in upvalues of its own.
    """
    if lua_type(L, 2) == LUA_TSTRING and lua_objlen(L, 2) > LONGEST_PATTERN:
        return luaL_error(L, b"pattern too complex")
    return lua_tocfunction(L, lua_upvalueindex(1))(L)


cdef int safe_unpack(lua_State* L) noexcept nogil:
    cdef int64_t first, last, i
    luaL_checktype(L, 1, LUA_TTABLE)
    first = <int>luaL_optinteger(L, 2, 1)
    if lua_type(L, 3) <= LUA_TNIL:
        last = <int>lua_objlen(L, 1)
    else:
        last = <int>luaL_checkinteger(L, 3)
    if first > last:
        return 0
    if last - first >= 8000 or not lua_checkstack(L, <int>(last - first + 1)):
        return luaL_error(L, b"too many results to unpack")
    for i in range(first, last + 1):
        lua_rawgeti(L, 1, <int>i)
    return <int>(last - first + 1)


cdef int safe_collectgarbage(lua_State* L) noexcept nogil:
    """What stops or slows the collector would outlive the script, so it does nothing."""
    cdef size_t n
    cdef const char* what = luaL_optlstring(L, 1, b"collect", &n)
    if what[0] == c's' and n > 3 and not (what[3] == c'p' and n == 4):      # stop, setpause ...
        if n != 4 or what[1] != c't' or what[2] != c'e':
            lua_pushnumber(L, 0)
            return 1
    return lua_tocfunction(L, lua_upvalueindex(1))(L)


cdef int safe_pcall(lua_State* L) noexcept nogil:
    """As Lua's; of an error with a code (a table) it returns the text, as it was before Redis 7."""
    luaL_checkany(L, 1)
    if lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0) == 0:
        lua_pushboolean(L, 1)
        lua_insert(L, 1)
        return lua_gettop(L)
    if lua_type(L, -1) == LUA_TTABLE:
        lua_pushstring(L, b"err")
        lua_rawget(L, -2)
        if lua_type(L, -1) == LUA_TSTRING or lua_type(L, -1) == LUA_TNUMBER:
            lua_replace(L, -2)
        else:
            lua_pop(L, 1)
    lua_pushboolean(L, 0)
    lua_insert(L, -2)
    return 2


cdef int os_clock(lua_State* L) noexcept nogil:
    cdef timespec ts
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts)
    lua_pushnumber(L, <double>ts.tv_sec + <double>ts.tv_nsec / 1e9)
    return 1


# -- loading ------------------------------------------------------------------------------------------------

cdef struct Text:
    const char* data
    size_t length
    int begun


cdef const char* read_text(lua_State* L, void* ud, size_t* size) noexcept nogil:
    """Hand out the text whole; a blank before bytecode's mark makes text of it, and so an error."""
    cdef Text* text = <Text*>ud
    if not text.begun:
        text.begun = 1
        if text.length and text.data[0] == 27:
            size[0] = 1
            return b" "
    size[0] = text.length
    text.length = 0
    return text.data if size[0] else NULL


cdef int load_text(lua_State* L, const char* text, size_t n, const char* name) noexcept nogil:
    """Compile; push the function, or the error's text and return its kind.

    The name is on the stack meanwhile: while a chunk is parsed nothing else keeps it from collection.
    """
    cdef Text whole
    cdef int status
    whole.data = text
    whole.length = n
    whole.begun = 0
    lua_pushstring(L, name)
    status = lua_load(L, <lua_Reader>read_text, &whole, name)
    lua_remove(L, -2)
    return status


cdef int safe_loadstring(lua_State* L) noexcept nogil:
    cdef size_t n
    cdef const char* text = luaL_checklstring(L, 1, &n)
    cdef const char* name = luaL_optlstring(L, 2, text, NULL)
    if load_text(L, text, n, name) == 0:
        return 1
    lua_pushnil(L)
    lua_insert(L, -2)
    return 2


cdef struct Pieces:
    int begun
    const char* pending
    size_t length


cdef const char* read_piece(lua_State* L, void* ud, size_t* size) noexcept nogil:
    """Ask the function at index 1 for the next piece, which stays at index 3."""
    cdef Pieces* pieces = <Pieces*>ud
    cdef const char* text = pieces.pending
    if text != NULL:
        pieces.pending = NULL
        size[0] = pieces.length
        return text
    luaL_checkstack(L, 2, b"too many nested functions")
    lua_pushvalue(L, 1)
    lua_call(L, 0, 1)
    if lua_type(L, -1) == LUA_TNIL:
        lua_pop(L, 1)
        size[0] = 0
        return NULL
    if lua_type(L, -1) != LUA_TSTRING and lua_type(L, -1) != LUA_TNUMBER:
        luaL_error(L, b"reader function must return a string")
    lua_replace(L, 3)
    text = lua_tolstring(L, 3, size)
    if not pieces.begun and size[0] and text[0] == 27:
        pieces.pending = text
        pieces.length = size[0]
        size[0] = 1
        text = b" "
    pieces.begun = 1
    return text


cdef int safe_load(lua_State* L) noexcept nogil:
    cdef Pieces pieces
    cdef const char* name
    pieces.begun = 0
    pieces.pending = NULL
    luaL_checktype(L, 1, LUA_TFUNCTION)
    name = luaL_optlstring(L, 2, b"=(load)", NULL)
    lua_settop(L, 3)
    lua_pushstring(L, name)         # kept while the chunk is parsed
    if lua_load(L, <lua_Reader>read_piece, &pieces, name) == 0:
        return 1
    lua_pushnil(L)
    lua_insert(L, -2)
    return 2


# -- putting it together -------------------------------------------------------------------------------------

cdef void wrap(lua_State* L, const char* name, lua_CFunction function) noexcept nogil:
    """Put a function before another one of the table on top."""
    lua_getfield(L, -1, name)
    lua_pushcclosure(L, function, 1)
    lua_setfield(L, -2, name)


cdef void remove(lua_State* L, const char* name) noexcept nogil:
    lua_pushnil(L)
    lua_setfield(L, -2, name)


cdef int open_library(lua_State* L, lua_CFunction opener, const char* name) noexcept nogil:
    lua_pushcclosure(L, opener, 0)
    lua_pushstring(L, name)
    lua_call(L, 1, 0)
    return 0


cdef int open_sandbox(lua_State* L) noexcept nogil:
    """Open the libraries and take away what is dangerous; leaves the table of globals on the stack."""
    open_library(L, luaopen_base, b"")
    open_library(L, luaopen_table, b"table")
    open_library(L, luaopen_string, b"string")
    open_library(L, luaopen_math, b"math")
    lua_pushvalue(L, LUA_GLOBALSINDEX)
    remove(L, b"dofile")
    remove(L, b"loadfile")
    remove(L, b"print")
    remove(L, b"getfenv")
    remove(L, b"setfenv")
    remove(L, b"newproxy")
    remove(L, b"require")
    remove(L, b"module")
    field(L, b"next", <lua_CFunction>safe_next)
    lua_getfield(L, -1, b"next")
    lua_pushcclosure(L, <lua_CFunction>safe_pairs, 1)
    lua_setfield(L, -2, b"pairs")
    field(L, b"rawget", <lua_CFunction>safe_rawget)
    field(L, b"rawset", <lua_CFunction>safe_rawset)
    field(L, b"setmetatable", <lua_CFunction>safe_setmetatable)
    field(L, b"unpack", <lua_CFunction>safe_unpack)
    field(L, b"pcall", <lua_CFunction>safe_pcall)
    field(L, b"load", <lua_CFunction>safe_load)
    field(L, b"loadstring", <lua_CFunction>safe_loadstring)
    wrap(L, b"collectgarbage", <lua_CFunction>safe_collectgarbage)
    lua_getfield(L, -1, b"table")
    wrap(L, b"insert", <lua_CFunction>guarded)
    wrap(L, b"remove", <lua_CFunction>guarded)
    wrap(L, b"sort", <lua_CFunction>guarded)
    wrap(L, b"foreach", <lua_CFunction>unguarded)
    lua_pop(L, 1)
    lua_getfield(L, -1, b"string")
    wrap(L, b"find", <lua_CFunction>with_pattern)
    wrap(L, b"match", <lua_CFunction>with_pattern)
    wrap(L, b"gsub", <lua_CFunction>with_pattern)
    wrap(L, b"gmatch", <lua_CFunction>with_pattern)
    wrap(L, b"gfind", <lua_CFunction>with_pattern)
    lua_pop(L, 1)
    lua_createtable(L, 0, 1)
    field(L, b"clock", <lua_CFunction>os_clock)
    lua_setfield(L, -2, b"os")
    return 0


cdef void refuse_unknown(lua_State* L) noexcept nogil:
    """Let it be an error to ask the table on top for what it does not hold."""
    lua_createtable(L, 0, 1)
    field(L, b"__index", <lua_CFunction>no_global)
    lua_setmetatable(L, -2)


cdef int close_sandbox(lua_State* L) noexcept nogil:
    """Lock every library of the globals on top of the stack, then the globals; leaves the real table.

    What is set in the real table afterwards is a global too.
    """
    # the metatable of strings: its __index is the library
    lua_pushstring(L, b"")
    lua_getmetatable(L, -1)
    lua_remove(L, -2)
    lua_getfield(L, -2, b"string")
    protect(L)
    lua_pushvalue(L, -1)
    lua_setfield(L, -4, b"string")
    lua_setfield(L, -2, b"__index")
    protect(L)
    lua_pushcclosure(L, <lua_CFunction>safe_getmetatable, 1)
    lua_setfield(L, -2, b"getmetatable")
    lock(L, b"table")
    lock(L, b"math")
    lock(L, b"os")
    lock(L, b"coroutine")
    lock(L, b"redis")
    lock(L, b"cjson")
    lock(L, b"cmsgpack")
    lock(L, b"struct")
    lock(L, b"bit")
    lua_getfield(L, -1, b"redis")
    lua_setfield(L, -2, b"server")
    refuse_unknown(L)
    lua_pushvalue(L, -1)
    protect(L)
    lua_pushvalue(L, -1)
    lua_replace(L, LUA_GLOBALSINDEX)
    lua_pushstring(L, b"_G")
    lua_insert(L, -2)
    lua_rawset(L, -3)
    return 0


cdef void lock(lua_State* L, const char* name) noexcept nogil:
    lua_pushstring(L, name)
    lua_pushvalue(L, -1)
    lua_rawget(L, -3)
    if lua_type(L, -1) != LUA_TTABLE:
        lua_pop(L, 2)
        return
    protect(L)
    lua_rawset(L, -3)
