# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a library of functions finds while it is loaded: redis.register_function, and little else."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport int64_t

from dflite.native.lua.api cimport *
from dflite.native.lua.pace cimport begin_pace, keep_pace, stop_at_once
from dflite.native.lua.redis cimport fail, put_basics
from dflite.native.lua.sandbox cimport protect, refuse_unknown
from dflite.native.lua.state cimport Interpreter, Pace, interpreter_of, pace_of
from dflite.native.lua.tables cimport field
from dflite.native.lua.values cimport push_error

cdef enum:
    PATIENCE_US = 500000    # that a library may take to load


cdef const char* attach_loading(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


cdef int register_function(lua_State* L) noexcept:
    if registering(L):
        return lua_error(L)
    return 0


cdef int registering(lua_State* L) noexcept:
    """Enter a function in the library that is being loaded; 1 with an error pushed."""
    cdef Interpreter vm = interpreter_of(L)
    cdef bint strict = vm.account.strict
    cdef bytes problem = None
    vm.account.strict = False
    if not vm.loading:
        problem = b"ERR redis.register_function can only be called on FUNCTION LOAD command"
    else:
        try:
            problem = take_registration(vm, L)
        except BaseException as error:
            vm.problem = error
            problem = b"ERR internal error"
    if problem is not None:
        push_error(L, PyBytes_AS_STRING(problem), PyBytes_GET_SIZE(problem))
    vm.account.strict = strict
    return problem is not None


cdef bytes take_registration(Interpreter vm, lua_State* L):
    """Read the arguments of register_function; what is wrong with them, or None."""
    cdef int n = lua_gettop(L)
    cdef size_t length
    cdef const char* p
    name = description = None
    flags = []
    if n < 1 or n > 2:
        return b"ERR wrong number of arguments to redis.register_function"
    if n == 2:
        if lua_type(L, 1) != LUA_TSTRING and lua_type(L, 1) != LUA_TNUMBER:
            return b"ERR first argument to redis.register_function must be a string"
        if lua_type(L, 2) != LUA_TFUNCTION:
            return b"ERR second argument to redis.register_function must be a function"
        p = lua_tolstring(L, 1, &length)
        name = PyBytes_FromStringAndSize(p, length)
    else:
        if lua_type(L, 1) != LUA_TTABLE:
            return (b"ERR calling redis.register_function with a single argument is only applicable to "
                    b"Lua table (representing named arguments).")
        callback = False
        lua_pushnil(L)
        while lua_next(L, 1):
            # stack: table, field, value
            if lua_type(L, -2) != LUA_TSTRING:
                return b"ERR named argument key given to redis.register_function is not a string"
            p = lua_tolstring(L, -2, &length)
            field = PyBytes_FromStringAndSize(p, length).lower()
            kind = lua_type(L, -1)
            if field == b"function_name":
                if kind != LUA_TSTRING:
                    return (b"ERR function_name argument given to redis.register_function must be a "
                            b"string")
                p = lua_tolstring(L, -1, &length)
                name = PyBytes_FromStringAndSize(p, length)
            elif field == b"description":
                if kind != LUA_TSTRING:
                    return (b"ERR description argument given to redis.register_function must be a "
                            b"string")
                p = lua_tolstring(L, -1, &length)
                description = PyBytes_FromStringAndSize(p, length)
            elif field == b"callback":
                if kind != LUA_TFUNCTION:
                    return (b"ERR callback argument given to redis.register_function must be a "
                            b"function")
                callback = True
            elif field == b"flags":
                if kind != LUA_TTABLE:
                    return (b"ERR flags argument to redis.register_function must be a table "
                            b"representing function flags")
                i = 1
                while True:
                    lua_rawgeti(L, -1, i)
                    if lua_type(L, -1) == LUA_TNIL:
                        lua_pop(L, 1)
                        break
                    if lua_type(L, -1) != LUA_TSTRING:
                        return b"ERR unknown flag given"
                    p = lua_tolstring(L, -1, &length)
                    flags.append(PyBytes_FromStringAndSize(p, length))
                    lua_pop(L, 1)
                    i += 1
            else:
                return b"ERR unknown argument given to redis.register_function"
            lua_pop(L, 1)
        if name is None:
            return b"ERR redis.register_function must get a function name argument"
        if not callback:
            return b"ERR redis.register_function must get a callback argument"
        find_callback(L)
    reference = luaL_ref(L, LUA_REGISTRYINDEX)
    problem = vm.calls.register(name, description, flags, reference)
    if problem is not None:
        luaL_unref(L, LUA_REGISTRYINDEX, reference)
    return problem


cdef void find_callback(lua_State* L) noexcept nogil:
    """Push the one function in the table of named arguments."""
    lua_settop(L, 1)
    lua_pushnil(L)
    while lua_next(L, 1):
        if lua_type(L, -1) == LUA_TFUNCTION:
            lua_replace(L, -2)
            return
        lua_pop(L, 1)


cdef int make_globals(lua_State* L, bytes version, int number) noexcept:
    """The reference of the table of globals of a library that is loaded."""
    lua_createtable(L, 0, 8)
    put_basics(L, version, number)
    field(L, b"register_function", <lua_CFunction>register_function)
    refuse_unknown(L)
    protect(L)
    lua_createtable(L, 0, 2)
    lua_pushvalue(L, -2)
    lua_setfield(L, -2, b"redis")
    lua_insert(L, -2)
    lua_setfield(L, -2, b"server")
    refuse_unknown(L)
    return luaL_ref(L, LUA_REGISTRYINDEX)


cdef void watch_loading(lua_State* L, Pace* pace, int64_t now) noexcept nogil:
    """From now on a library that takes too long is ended."""
    begin_pace(pace, L, <lua_Hook>on_loading, now)


cdef void on_loading(lua_State* L, lua_Debug* where) noexcept:
    """A library may take half a second to load."""
    cdef Pace* pace = pace_of(L)
    if too_long(L, keep_pace(pace, L)):
        stop_at_once(pace, L)
        fail(L, b"ERR FUNCTION LOAD timeout")


cdef bint too_long(lua_State* L, int64_t now) noexcept:
    return now - interpreter_of(L).started_us > PATIENCE_US
