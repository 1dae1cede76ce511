# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The table `redis` of scripts, and math.random, which belongs to each interpreter.

Two rules keep Lua's errors, which are long jumps, from crossing Python. A function that Lua calls is a thin
one without Python objects, and the one below it that has them never raises a Lua error but returns one. And
while such a function runs Lua is not refused memory (`strict`), for that would be an error too.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.math cimport floor
from libc.stdint cimport int32_t, uint64_t
from libc.string cimport strlen

from dflite.native.lua.api cimport *
from dflite.native.lua.state cimport Interpreter, interpreter_of
from dflite.native.lua.tables cimport constant, field
from dflite.native.lua.values cimport push_error

from hashlib import sha1


cdef const char* attach_redis(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


cdef int calling(lua_State* L) noexcept:
    """Run a command: 0 if its reply is pushed, 1 if that is an error."""
    cdef Interpreter vm = interpreter_of(L)
    cdef bint strict = vm.account.strict
    cdef int status
    vm.account.strict = False
    try:
        status = vm.answer(L)
    except BaseException as problem:
        vm.problem = problem
        vm.capture.rollback(0)
        lua_settop(L, 0)
        push_error(L, b"ERR internal error", 18)
        status = 1
    vm.account.strict = strict
    return status


cdef int redis_call(lua_State* L) noexcept:
    if calling(L):
        return lua_error(L)
    return 1


cdef int redis_pcall(lua_State* L) noexcept:
    if calling(L) == 2:
        return lua_error(L)
    return 1


cdef int fail(lua_State* L, const char* text) noexcept nogil:
    """Raise an error with a code, as a table."""
    push_error(L, text, strlen(text))
    return lua_error(L)


cdef bint outside(lua_State* L) noexcept:
    return not interpreter_of(L).running


cdef bint allowed(lua_State* L) noexcept:
    """Ask whether the command on the stack may be run: 1 with the answer pushed, or an error pushed."""
    cdef Interpreter vm = interpreter_of(L)
    cdef bint strict = vm.account.strict
    cdef int n = lua_gettop(L)
    cdef bint good = True
    vm.account.strict = False
    try:
        if n == 0:
            push_error(L, b"ERR Please specify at least one argument for this redis lib call", 64)
            good = False
        elif not vm.gather(L, n):
            lua_settop(L, 0)
            push_error(L, b"ERR Lua redis lib command arguments must be strings or integers", 63)
            good = False
        else:
            verdict = vm.calls.is_allowed([vm.word(i) for i in range(n)])
            lua_settop(L, 0)
            if verdict is None:
                push_error(L, b"ERR Invalid command passed to redis.acl_check_cmd()", 51)
                good = False
            else:
                lua_pushboolean(L, verdict)
    except BaseException as problem:
        vm.problem = problem
        push_error(L, b"ERR internal error", 18)
        good = False
    vm.account.strict = strict
    return good


cdef int acl_check_cmd(lua_State* L) noexcept:
    if outside(L):
        return fail(L, b"ERR redis.acl_check_cmd can only be called inside a script invocation")
    if not allowed(L):
        return lua_error(L)
    return 1


cdef int push_digest(lua_State* L) noexcept:
    cdef Interpreter vm = interpreter_of(L)
    cdef bint strict = vm.account.strict
    cdef size_t n = 0
    cdef const char* p
    cdef bytes digest
    vm.account.strict = False
    p = lua_tolstring(L, 1, &n)
    digest = sha1(PyBytes_FromStringAndSize(p, n if p != NULL else 0)).hexdigest().encode()
    lua_pushlstring(L, PyBytes_AS_STRING(digest), 40)
    vm.account.strict = strict
    return 1


cdef int sha1hex(lua_State* L) noexcept:
    if lua_gettop(L) != 1:
        return fail(L, b"ERR wrong number of arguments")
    return push_digest(L)


cdef int error_reply(lua_State* L) noexcept nogil:
    cdef size_t n
    cdef const char* text
    if lua_gettop(L) != 1 or lua_type(L, 1) != LUA_TSTRING:
        push_error(L, b"ERR wrong number or type of arguments", 37)
        return 1
    text = lua_tolstring(L, 1, &n)
    if n > 0 and text[0] == c'-':
        text += 1
        n -= 1
    push_error(L, text, n)
    return 1


cdef int status_reply(lua_State* L) noexcept nogil:
    if lua_gettop(L) != 1 or lua_type(L, 1) != LUA_TSTRING:
        push_error(L, b"ERR wrong number or type of arguments", 37)
        return 1
    lua_createtable(L, 0, 1)
    lua_pushvalue(L, 1)
    lua_setfield(L, -2, b"ok")
    return 1


cdef void write_log(lua_State* L, int level) noexcept:
    cdef Interpreter vm = interpreter_of(L)
    cdef bint strict = vm.account.strict
    cdef size_t n
    cdef const char* p
    vm.account.strict = False
    words = []
    for i in range(2, lua_gettop(L) + 1):
        p = lua_tolstring(L, i, &n)
        if p != NULL:
            words.append(PyBytes_FromStringAndSize(p, n))
    try:
        vm.calls.log(level, b" ".join(words))
    except BaseException as problem:
        vm.problem = problem
    vm.account.strict = strict


cdef int redis_log(lua_State* L) noexcept:
    cdef int level
    if lua_gettop(L) < 2:
        return fail(L, b"ERR redis.log() requires two arguments or more.")
    if not lua_isnumber(L, 1):
        return fail(L, b"ERR First argument must be a number (log level).")
    level = <int>lua_tonumber(L, 1)
    if level < 0 or level > 3:
        return fail(L, b"ERR Invalid debug level.")
    write_log(L, level)
    return 0


cdef int setresp(lua_State* L) noexcept:
    cdef int version
    if outside(L):
        return fail(L, b"ERR redis.setresp can only be called inside a script invocation")
    if lua_gettop(L) != 1:
        return fail(L, b"ERR redis.setresp() requires one argument.")
    version = <int>lua_tonumber(L, 1)
    if version != 2 and version != 3:
        return fail(L, b"ERR RESP version must be 2 or 3.")
    interpreter_of(L).capture.resp3 = version == 3
    return 0


cdef void tell_replication(lua_State* L, int flags) noexcept:
    cdef Interpreter vm = interpreter_of(L)
    try:
        vm.calls.set_replication(flags)
    except BaseException as problem:
        vm.problem = problem


cdef int set_repl(lua_State* L) noexcept:
    cdef int flags
    if outside(L):
        return fail(L, b"ERR redis.set_repl can only be called inside a script invocation")
    if lua_gettop(L) != 1:
        return fail(L, b"ERR redis.set_repl() requires two arguments.")
    flags = <int>lua_tonumber(L, 1)
    if flags & ~3:
        return fail(L, b"ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or "
                       b"REPL_NONE.")
    tell_replication(L, flags)
    return 0


cdef int replicate_commands(lua_State* L) noexcept nogil:
    lua_pushboolean(L, 1)
    return 1


cdef int breakpoint_(lua_State* L) noexcept nogil:
    lua_pushboolean(L, 0)
    return 1


cdef int debug(lua_State* L) noexcept nogil:
    return 0


cdef double next_random(Interpreter vm) noexcept:
    """The 48-bit generator of POSIX: the same on every machine."""
    vm.random_state = (vm.random_state * 0x5DEECE66DULL + 0xB) & 0xFFFFFFFFFFFFULL
    return <double>((vm.random_state >> 17) % 0x7FFFFFFF) / <double>0x7FFFFFFF


cdef double random_number(lua_State* L) noexcept:
    return next_random(interpreter_of(L))


cdef int math_random(lua_State* L) noexcept:
    cdef double r
    cdef int low, high, n = lua_gettop(L)
    if outside(L):
        return luaL_error(L, b"math.random can only be called inside a script invocation")
    r = random_number(L)
    if n == 0:
        lua_pushnumber(L, r)
    elif n == 1:
        high = <int>luaL_checkinteger(L, 1)
        if high < 1:
            return luaL_argerror(L, 1, b"interval is empty")
        lua_pushnumber(L, floor(r * high) + 1)
    elif n == 2:
        low = <int>luaL_checkinteger(L, 1)
        high = <int>luaL_checkinteger(L, 2)
        if low > high:
            return luaL_argerror(L, 2, b"interval is empty")
        lua_pushnumber(L, floor(r * (<double>high - low + 1)) + low)
    else:
        return luaL_error(L, b"wrong number of arguments")
    return 1


cdef void seed(lua_State* L, int32_t number) noexcept:
    interpreter_of(L).random_state = ((<uint64_t>number & 0xFFFFFFFFULL) << 16) | 0x330E


cdef int math_randomseed(lua_State* L) noexcept:
    cdef int32_t number
    if outside(L):
        return luaL_error(L, b"math.randomseed can only be called inside a script invocation")
    number = <int32_t>luaL_checkinteger(L, 1)
    seed(L, number)
    return 0


# -- the table ---------------------------------------------------------------------------------------------

cdef void put_basics(lua_State* L, bytes version, int number) noexcept:
    """What `redis` has at all times."""
    field(L, b"log", <lua_CFunction>redis_log)
    constant(L, b"LOG_DEBUG", 0)
    constant(L, b"LOG_VERBOSE", 1)
    constant(L, b"LOG_NOTICE", 2)
    constant(L, b"LOG_WARNING", 3)
    lua_pushlstring(L, PyBytes_AS_STRING(version), PyBytes_GET_SIZE(version))
    lua_setfield(L, -2, b"REDIS_VERSION")
    constant(L, b"REDIS_VERSION_NUM", number)


cdef void open_redis(lua_State* L, bytes version, int number, bint for_functions) noexcept:
    """Set `redis` and math.random in the table of globals on top."""
    lua_getfield(L, -1, b"math")
    field(L, b"random", <lua_CFunction>math_random)
    field(L, b"randomseed", <lua_CFunction>math_randomseed)
    lua_pop(L, 1)
    lua_createtable(L, 0, 32)
    put_basics(L, version, number)
    field(L, b"call", <lua_CFunction>redis_call)
    field(L, b"pcall", <lua_CFunction>redis_pcall)
    field(L, b"setresp", <lua_CFunction>setresp)
    field(L, b"sha1hex", <lua_CFunction>sha1hex)
    field(L, b"error_reply", <lua_CFunction>error_reply)
    field(L, b"status_reply", <lua_CFunction>status_reply)
    field(L, b"set_repl", <lua_CFunction>set_repl)
    field(L, b"acl_check_cmd", <lua_CFunction>acl_check_cmd)
    constant(L, b"REPL_NONE", 0)
    constant(L, b"REPL_AOF", 1)
    constant(L, b"REPL_SLAVE", 2)
    constant(L, b"REPL_REPLICA", 2)
    constant(L, b"REPL_ALL", 3)
    if not for_functions:
        field(L, b"breakpoint", <lua_CFunction>breakpoint_)
        field(L, b"debug", <lua_CFunction>debug)
        field(L, b"replicate_commands", <lua_CFunction>replicate_commands)
    lua_setfield(L, -2, b"redis")
