# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The interpreter that runs scripts, driven through Lua's C interface.

`redis.call` takes its words from Lua's stack, lets the hot lane or the command's handler write a reply into
`capture`, and makes Lua values of that reply: of the commands that the lane answers no Python object is made.

Two rules keep Lua's errors, which are long jumps, from crossing Python. A function that Lua calls is a thin
one without Python objects, and the one below it that has them never raises a Lua error but returns one. And
while such a function runs Lua is not refused memory (`strict`), for that would be an error too.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF, PyObject
from libc.math cimport floor, isinf, isnan
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libc.stdio cimport snprintf
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy, strlen
from posix.time cimport CLOCK_MONOTONIC, clock_gettime, timespec

cimport cython

from dflite.native.bytesops cimport format_int64
from dflite.native.floattext cimport format_double
from dflite.native.lane cimport Lane
from dflite.native.lua cimport *
from dflite.native.lua_bit cimport attach_bit, open_bit
from dflite.native.lua_json cimport attach_json, open_cjson
from dflite.native.lua_msgpack cimport attach_msgpack, open_cmsgpack
from dflite.native.lua_sandbox cimport (
    attach_sandbox,
    close_sandbox,
    is_protected,
    load_text,
    open_sandbox,
    protect,
    refuse_unknown,
    stand_for,
)
from dflite.native.lua_struct cimport attach_struct, open_struct
from dflite.native.lua_values cimport attach_values, field_text, push_error, push_reply, write_value
from dflite.native.reply cimport Reply
from dflite.native.requests cimport SLACK
from dflite.native.slice cimport Slice

from hashlib import sha1

from dflite.native.lane import OPERATIONS, WRITES
from dflite.native.lua_library import NoLua, library

cdef enum:
    GLOBALS = 1             # places on the stack that stay taken
    ON_ERROR = 2
    HOOK_EVERY = 100000     # instructions
    NUMBER = 32             # bytes of a number's text
    KEPT = 64 * 1024        # bytes of words, of a reply, that stay allocated
    COLLECT_EVERY = 50      # scripts

cdef uint8_t[256] WRITING       # operations of the hot lane
for _name in WRITES:
    WRITING[<int>OPERATIONS[_name]] = 1


cdef inline int64_t microseconds() noexcept nogil:
    cdef timespec ts
    clock_gettime(CLOCK_MONOTONIC, &ts)
    return <int64_t>ts.tv_sec * 1000000 + ts.tv_nsec // 1000


cdef int attach() except -1:
    """Find Lua's functions, for this module and the others; raises NoLua if one is missing."""
    cdef void* handle = <void*><size_t>library()
    cdef const char* missing = lua_resolve(handle)
    if missing == NULL:
        missing = attach_values(handle)
        missing = attach_sandbox(handle)
        missing = attach_json(handle)
        missing = attach_msgpack(handle)
        missing = attach_struct(handle)
        missing = attach_bit(handle)
    if missing != NULL:
        raise NoLua(f"lupa's Lua has no {missing.decode()}")
    return 0


class ScriptError(Exception):
    """A chunk that does not compile: Lua's text."""


# -- memory ------------------------------------------------------------------------------------------------

cdef void* allocate(void* ud, void* ptr, size_t osize, size_t nsize) noexcept nogil:
    cdef Account* account = <Account*>ud
    cdef void* p
    if nsize == 0:
        free(ptr)
        account.used -= osize
        return NULL
    if account.strict and nsize > osize and account.used + nsize - osize > account.limit:
        return NULL
    p = realloc(ptr, nsize)
    if p != NULL:
        account.used += nsize - osize
    return p


# -- what Lua calls ----------------------------------------------------------------------------------------

cdef LuaVM vm_of(lua_State* L):
    cdef void* ud
    lua_getallocf(L, &ud)
    return <LuaVM>(<Account*>ud).vm


cdef int calling(lua_State* L) noexcept:
    """Run a command: 0 if its reply is pushed, 1 if that is an error."""
    cdef LuaVM vm = vm_of(L)
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
    return not vm_of(L).running


cdef bint allowed(lua_State* L) noexcept:
    """Ask whether the command on the stack may be run: 1 with the answer pushed, or an error pushed."""
    cdef LuaVM vm = vm_of(L)
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
    cdef LuaVM vm = vm_of(L)
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
    cdef LuaVM vm = vm_of(L)
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
    vm_of(L).capture.resp3 = version == 3
    return 0


cdef void tell_replication(lua_State* L, int flags) noexcept:
    cdef LuaVM vm = vm_of(L)
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


cdef double next_random(LuaVM vm) noexcept:
    """The 48-bit generator of POSIX: the same on every machine."""
    vm.random_state = (vm.random_state * 0x5DEECE66DULL + 0xB) & 0xFFFFFFFFFFFFULL
    return <double>((vm.random_state >> 17) % 0x7FFFFFFF) / <double>0x7FFFFFFF


cdef double random_number(lua_State* L) noexcept:
    return next_random(vm_of(L))


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
    vm_of(L).random_state = ((<uint64_t>number & 0xFFFFFFFFULL) << 16) | 0x330E


cdef int math_randomseed(lua_State* L) noexcept:
    cdef int32_t number
    if outside(L):
        return luaL_error(L, b"math.randomseed can only be called inside a script invocation")
    number = <int32_t>luaL_checkinteger(L, 1)
    seed(L, number)
    return 0


cdef int register_function(lua_State* L) noexcept:
    if registering(L):
        return lua_error(L)
    return 0


cdef int registering(lua_State* L) noexcept:
    """Enter a function in the library that is being loaded; 1 with an error pushed."""
    cdef LuaVM vm = vm_of(L)
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


cdef bytes take_registration(LuaVM vm, lua_State* L):
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


cdef int on_error(lua_State* L) noexcept nogil:
    """Make a table of an error, and note where it was raised."""
    cdef lua_Debug where
    cdef bint known
    cdef const char* text
    cdef size_t n
    lua_settop(L, 1)
    if lua_type(L, 1) != LUA_TTABLE or is_protected(L, 1):
        lua_createtable(L, 0, 4)
        text = lua_tolstring(L, 1, &n)
        if text == NULL:
            text = lua_typename(L, lua_type(L, 1))
            n = strlen(text)
        lua_pushlstring(L, b"ERR ", 4)
        lua_pushlstring(L, text, n)
        lua_concat(L, 2)
        lua_setfield(L, 2, b"err")
        lua_replace(L, 1)
    known = lua_getstack(L, 1, &where) != 0 and lua_getinfo(L, b"nSl", &where) != 0
    if known and where.what != NULL and where.what[0] == c'C':
        known = lua_getstack(L, 2, &where) != 0 and lua_getinfo(L, b"nSl", &where) != 0
    if known:
        lua_pushstring(L, b"source")
        lua_pushstring(L, where.source)
        lua_rawset(L, 1)
        lua_pushstring(L, b"line")
        lua_pushnumber(L, where.currentline)
        lua_rawset(L, 1)
    return 1


cdef bint is_killed(lua_State* L) noexcept:
    """A script has run for a while: once it is busy, let others speak. Is it to end?"""
    cdef LuaVM vm = vm_of(L)
    cdef bint strict = vm.account.strict
    if vm.killed:
        return True
    if vm.busy_after_us <= 0 or microseconds() - vm.started_us < vm.busy_after_us:
        return False
    vm.account.strict = False
    try:
        PyErr_CheckSignals()    # what came while nothing of Python's ran
        vm.killed = vm.calls.let_others_speak(not vm.busy)
    except BaseException as problem:
        vm.problem = problem
        vm.killed = True
    vm.busy = True
    vm.account.strict = strict
    return vm.killed


cdef void on_count(lua_State* L, lua_Debug* where) noexcept:
    if is_killed(L):
        # at every line from now on: pcall must not go on with it
        lua_sethook(L, <lua_Hook>on_count, LUA_MASKLINE | LUA_MASKCOUNT, HOOK_EVERY)
        fail(L, b"ERR Script killed by user with SCRIPT KILL...")


# -- the interpreter -----------------------------------------------------------------------------------------

cdef int field(lua_State* L, const char* name, lua_CFunction function) noexcept nogil:
    lua_pushcclosure(L, function, 0)
    lua_setfield(L, -2, name)
    return 0


cdef int constant(lua_State* L, const char* name, double number) noexcept nogil:
    lua_pushnumber(L, number)
    lua_setfield(L, -2, name)
    return 0


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


@cython.final
cdef class LuaVM:
    """One interpreter, for scripts or for functions. `calls` answers commands; see scripting/calls.py."""

    def __cinit__(self):
        self.account.limit = <size_t>-1
        self.account.vm = <void*>self
        self.random_state = 0x1234ABCD330EULL
        self.capture = Reply()
        self.collecting = COLLECT_EVERY

    def __init__(self, calls: object, lane: Lane, bint for_functions, bytes version not None, int number):
        attach()
        self.calls = calls
        self.lane = lane
        self.for_functions = for_functions
        self.L = lua_newstate(<lua_Alloc>allocate, &self.account)
        if self.L == NULL:
            raise MemoryError
        self.open(version, number)

    def __dealloc__(self):
        if self.L != NULL:
            lua_close(self.L)
        free(self.args)
        free(self.words)

    def close(self) -> None:
        """Give everything back; nothing runs any more."""
        if self.L != NULL and not self.running:
            lua_close(self.L)
            self.L = NULL
        self.calls = None

    cdef int open(self, bytes version, int number) except -1:
        cdef lua_State* L = self.L
        open_sandbox(L)
        open_cjson(L)
        open_cmsgpack(L)
        open_struct(L)
        open_bit(L)
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
        if not self.for_functions:
            field(L, b"breakpoint", <lua_CFunction>breakpoint_)
            field(L, b"debug", <lua_CFunction>debug)
            field(L, b"replicate_commands", <lua_CFunction>replicate_commands)
        lua_setfield(L, -2, b"redis")
        close_sandbox(L)
        lua_settop(L, GLOBALS)
        lua_pushcclosure(L, <lua_CFunction>on_error, 0)
        if self.for_functions:
            # while a library is loaded, there is nothing but another `redis`
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
            self.globals_loading = luaL_ref(L, LUA_REGISTRYINDEX)

    @property
    def used(self) -> int:
        """Bytes that the interpreter takes."""
        return self.account.used

    @property
    def limit(self) -> int:
        """Bytes that it may take while a script runs."""
        return self.account.limit

    @limit.setter
    def limit(self, size_t n):
        self.account.limit = n

    # -- chunks -------------------------------------------------------------------------------------------

    def compile(self, bytes text not None, size_t start, bytes name not None) -> int:
        """Compile what follows `start`; the number under which it can be run. Raises ScriptError."""
        cdef lua_State* L = self.L
        cdef int status
        cdef size_t n
        cdef const char* p
        self.account.strict = True
        status = load_text(L, PyBytes_AS_STRING(text) + start, PyBytes_GET_SIZE(text) - start,
                           PyBytes_AS_STRING(name))
        self.account.strict = False
        if status != 0:
            p = lua_tolstring(L, -1, &n)
            problem = PyBytes_FromStringAndSize(p, n)
            lua_settop(L, ON_ERROR)
            raise ScriptError(problem)
        return luaL_ref(L, LUA_REGISTRYINDEX)

    def release(self, int reference) -> None:
        """Forget a chunk or function."""
        if self.L != NULL:
            luaL_unref(self.L, LUA_REGISTRYINDEX, reference)

    def collect(self) -> None:
        """Free what nobody needs any more."""
        lua_gc(self.L, LUA_GCCOLLECT, 0)

    cdef int push_words(self, list argv, int start, int n) except -1:
        cdef int i
        cdef bytes word
        lua_createtable(self.L, n, 0)
        for i in range(n):
            word = <bytes>argv[start + i]
            lua_pushlstring(self.L, PyBytes_AS_STRING(word), PyBytes_GET_SIZE(word))
            lua_rawseti(self.L, -2, i + 1)
        return 0

    def run(self, int reference, list argv not None, int keys_at, int keys, Reply reply,
            bytes name not None, list errors not None) -> bytes | None:
        """Run a chunk or function with the words of a request, and write what it returns into `reply`.

        The text of its error if it ends with one; `errors` gets the texts that no command has had counted.
        """
        cdef lua_State* L = self.L
        cdef int status, taken = 0
        cdef int rest = <int>len(argv) - keys_at - keys
        if self.running:
            raise RuntimeError("a script within a script")
        lua_rawgeti(L, LUA_REGISTRYINDEX, reference)
        self.push_words(argv, keys_at, keys)
        if not self.for_functions:
            lua_setfield(L, GLOBALS, b"KEYS")
        self.push_words(argv, keys_at + keys, rest)
        if not self.for_functions:
            lua_setfield(L, GLOBALS, b"ARGV")
        else:
            taken = 2
        self.capture.resp3 = False
        self.wrote = self.killed = self.busy = False
        self.problem = None
        if self.busy_after_us > 0:
            self.started_us = microseconds()
            lua_sethook(L, <lua_Hook>on_count, LUA_MASKCOUNT, HOOK_EVERY)
        self.running = True
        self.account.strict = True
        status = lua_pcall(L, taken, 1, ON_ERROR)
        self.account.strict = False
        self.running = False
        if self.busy_after_us > 0:
            lua_sethook(L, NULL, 0, 0)
        error = None
        try:
            if self.problem is not None:
                problem, self.problem = self.problem, None
                raise problem
            if status == 0:
                self.failed = is_error(L)
                write_value(L, reply, self.capture.resp3, errors)
            else:
                self.failed = True
                error = self.take_error(name)
                if field_flag(L):
                    errors.append(error)
        finally:
            lua_settop(L, ON_ERROR)
            self.tidy(rest)
        return error

    cdef int tidy(self, int rest) except -1:
        """Some work of the collector's now and then; large arguments go at once."""
        cdef lua_State* L = self.L
        self.collecting -= 1
        if self.collecting == 0:
            self.collecting = COLLECT_EVERY
            lua_gc(L, LUA_GCSTEP, COLLECT_EVERY)
        elif self.account.used > self.account.limit // 2:
            lua_gc(L, LUA_GCCOLLECT, 0)
        elif self.account.used > 8 * 1024 * 1024:
            lua_gc(L, LUA_GCSTEP, 10)
        if self.capture.capacity > KEPT:
            self.capture.release()
        if self.words_capacity > KEPT:
            free(self.words)
            self.words = NULL
            self.words_capacity = 0

    cdef int show_globals(self, bint loading) except -1:
        """Let what is locked as the table of globals be what a library finds while it is loaded, or all."""
        cdef lua_State* L = self.L
        lua_pushvalue(L, LUA_GLOBALSINDEX)
        if loading:
            lua_rawgeti(L, LUA_REGISTRYINDEX, self.globals_loading)
        else:
            lua_pushvalue(L, GLOBALS)
        stand_for(L)
        lua_pop(L, 2)
        return 0

    def load(self, int reference) -> bytes | None:
        """Run the chunk of a library, which registers its functions; the text of its error."""
        cdef lua_State* L = self.L
        cdef int status
        cdef size_t n = 0
        cdef const char* p
        self.killed = self.busy = False
        self.problem = None
        self.started_us = microseconds()
        self.show_globals(True)
        lua_rawgeti(L, LUA_REGISTRYINDEX, reference)
        lua_sethook(L, <lua_Hook>on_loading, LUA_MASKCOUNT, HOOK_EVERY)
        self.loading = True
        self.account.strict = True
        status = lua_pcall(L, 0, 0, 0)
        self.account.strict = False
        self.loading = False
        lua_sethook(L, NULL, 0, 0)
        self.show_globals(False)
        text = None
        if status != 0:
            if lua_type(L, -1) == LUA_TTABLE:
                text = field_text(L, b"err") or b"ERR unknown error"
            else:
                p = lua_tolstring(L, -1, &n)
                text = b"ERR " + PyBytes_FromStringAndSize(p, n) if p != NULL else b"unknown error"
        lua_settop(L, ON_ERROR)
        if self.problem is not None:
            problem, self.problem = self.problem, None
            raise problem
        return text

    cdef bytes take_error(self, bytes name):
        """The text of the error on top of the stack."""
        cdef lua_State* L = self.L
        cdef size_t n
        cdef const char* p
        if lua_type(L, -1) != LUA_TTABLE:
            p = lua_tolstring(L, -1, &n)
            text = PyBytes_FromStringAndSize(p, n) if p != NULL else b"execution failure"
            return b"ERR Error running script %b, %b" % (name, text[:100])
        text = field_text(L, b"err")
        if text is None:
            text = b"ERR unknown error"
        source, line = field_text(L, b"source"), field_text(L, b"line")
        if source is not None and line is not None:
            text += b" script: %b, on %b:%b." % (name, source, line)
        return text

    # -- commands that a script calls ----------------------------------------------------------------------

    cdef int gather(self, lua_State* L, int n) except -1:
        """Copy the n words on the stack; 0 if one is none."""
        cdef size_t total = 0, length
        cdef const char* p
        cdef char* at
        cdef char[64] text
        cdef int i, kind
        if n > self.args_capacity:
            self.args_capacity = max(n, 64)
            free(self.args)
            self.args = <Slice*>malloc(self.args_capacity * sizeof(Slice))
            if self.args == NULL:
                self.args_capacity = 0
                raise MemoryError
        for i in range(n):
            kind = lua_type(L, i + 1)
            if kind == LUA_TSTRING:
                total += lua_objlen(L, i + 1)
            elif kind == LUA_TNUMBER:
                total += NUMBER
            else:
                return 0
        if total + SLACK > self.words_capacity:
            self.words_capacity = max(total + SLACK, <size_t>1024)
            free(self.words)
            self.words = <char*>malloc(self.words_capacity)
            if self.words == NULL:
                self.words_capacity = 0
                raise MemoryError
        at = self.words
        for i in range(n):
            if lua_type(L, i + 1) == LUA_TSTRING:
                p = lua_tolstring(L, i + 1, &length)
                memcpy(at, p, length)
            else:
                length = write_number(lua_tonumber(L, i + 1), at)
            self.args[i].offset = at - self.words
            self.args[i].length = length
            at += length
        return 1

    cdef bytes word(self, int i):
        return PyBytes_FromStringAndSize(self.words + self.args[i].offset, self.args[i].length)

    cdef int answer(self, lua_State* L) except -2:
        """Run the command on the stack and push its reply: 1 if that is an error.

        2 if even pcall has to raise it.
        """
        cdef int n = lua_gettop(L), i, code
        cdef Reply reply = self.capture
        cdef bint bad
        cdef list argv
        cdef object word
        cdef char* p
        if not self.running:
            lua_settop(L, 0)
            push_error(L, b"ERR redis.call/pcall can only be called inside a script invocation", 66)
            return 2
        if n == 0:
            push_error(L, b"ERR Please specify at least one argument for this redis lib call", 64)
            return 1
        if not self.gather(L, n):
            lua_settop(L, 0)
            push_error(L, b"ERR Lua redis lib command arguments must be strings or integers", 63)
            return 1
        lua_settop(L, 0)
        reply.start = reply.end = 0
        code = 0
        if self.fast:
            code = self.lane.code_of(self.words, self.args[0].length)
            if code and WRITING[code] and (self.readonly_script or self.lane.backlog.journaling):
                code = 0
            if code and self.lane.answer(code, self.words, self.args, n, reply, self.database):
                if WRITING[code]:
                    self.wrote = True
            else:
                code = 0
        if code == 0:
            argv = PyList_New(n)
            for i in range(n):
                word = self.word(i)
                Py_INCREF(word)
                PyList_SET_ITEM(argv, i, word)
            word = self.calls.call(argv)
            if word is not None:
                # refused before it ran
                push_error(L, PyBytes_AS_STRING(<bytes>word), PyBytes_GET_SIZE(<bytes>word))
                lua_pushboolean(L, 1)
                lua_setfield(L, -2, b"ignore_error_stats_update")
                reply.start = reply.end = 0
                return 1
        p = reply.reserve(1)
        p[0] = 0
        bad = reply.buffer[reply.start] == c'-'
        if push_reply(L, reply.buffer + reply.start) == NULL:
            lua_settop(L, 0)
            push_error(L, b"ERR reached lua stack limit", 27)
            bad = True
        reply.start = reply.end = 0
        if reply.capacity > 16 * KEPT:
            reply.release()
        return bad


cdef bint is_error(lua_State* L) noexcept nogil:
    """Is the value on top the table that stands for an error?"""
    cdef bint found
    if lua_type(L, -1) != LUA_TTABLE:
        return False
    lua_pushstring(L, b"err")
    lua_rawget(L, -2)
    found = lua_type(L, -1) == LUA_TSTRING
    lua_pop(L, 1)
    return found


cdef bint field_flag(lua_State* L) noexcept:
    """Is the error on top one that has not been counted yet?"""
    cdef bint counted
    if lua_type(L, -1) != LUA_TTABLE:
        return True
    lua_pushstring(L, b"ignore_error_stats_update")
    lua_rawget(L, -2)
    counted = lua_type(L, -1) == LUA_TBOOLEAN and lua_toboolean(L, -1)
    lua_pop(L, 1)
    return not counted


cdef size_t write_number(double x, char* out) noexcept nogil:
    """A number as a word of a command: an integer as such, anything else at its shortest."""
    if -9007199254740992.0 <= x <= 9007199254740992.0 and <double><int64_t>x == x:
        return format_int64(<int64_t>x, out)
    if isnan(x):
        memcpy(out, b"-nan", 4)
        return 4
    if isinf(x):
        memcpy(out, b"inf" if x > 0 else b"-inf", 4)
        return 3 if x > 0 else 4
    return format_double(x, out)


cdef void on_loading(lua_State* L, lua_Debug* where) noexcept:
    """A library may take half a second to load."""
    if too_long(L):
        lua_sethook(L, <lua_Hook>on_loading, LUA_MASKLINE | LUA_MASKCOUNT, HOOK_EVERY)
        fail(L, b"ERR FUNCTION LOAD timeout")


cdef bint too_long(lua_State* L) noexcept:
    return microseconds() - vm_of(L).started_us > 500000
