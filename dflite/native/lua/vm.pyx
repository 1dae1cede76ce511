# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The interpreter that runs scripts and functions, driven through Lua's C interface.

What they may call is in `sandbox` and `redis`; how a command is called, in `state`.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.exc cimport PyErr_CheckSignals
from libc.stdint cimport int64_t
from libc.string cimport strlen

cimport cython

from dflite.native.base.clock cimport microseconds
from dflite.native.lua.api cimport *
from dflite.native.lua.bit cimport attach_bit, open_bit
from dflite.native.lua.json cimport attach_json, open_cjson
from dflite.native.lua.json_decode cimport attach_json_decode
from dflite.native.lua.loading cimport attach_loading, make_globals, watch_loading
from dflite.native.lua.msgpack cimport attach_msgpack, open_cmsgpack
from dflite.native.lua.pace cimport (
    attach_pace,
    begin_pace,
    end_pace,
    keep_pace,
    open_pace,
    stop_at_once,
)
from dflite.native.lua.redis cimport attach_redis, fail, open_redis
from dflite.native.lua.sandbox cimport (
    attach_sandbox,
    close_sandbox,
    is_protected,
    load_text,
    open_sandbox,
    stand_for,
)
from dflite.native.lua.state cimport (
    Interpreter,
    Pace,
    allocate,
    attach_state,
    interpreter_of,
    pace_of,
)
from dflite.native.lua.struct cimport attach_struct, open_struct
from dflite.native.lua.values cimport attach_values, field_text, write_value
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

from dflite.native.keyspace.memory import FUNCTIONS, SCRIPTS
from dflite.native.lua.library import NoLua, library

cdef enum:
    GLOBALS = 1             # places on the stack that stay taken
    ON_ERROR = 2
    KEYS = 3                # the strings "KEYS" and "ARGV"
    ARGV = 4
    TURN_US = 1000          # from one turn of the others' to the next
    COLLECT_EVERY = 50      # scripts


cdef int attach() except -1:
    """Find Lua's functions, for this module and the others; raises NoLua if one is missing."""
    cdef void* handle = <void*><size_t>library()
    cdef const char* missing = lua_resolve(handle)
    if missing == NULL:
        missing = attach_state(handle)
        missing = attach_pace(handle)
        missing = attach_redis(handle)
        missing = attach_loading(handle)
        missing = attach_values(handle)
        missing = attach_sandbox(handle)
        missing = attach_json(handle)
        missing = attach_json_decode(handle)
        missing = attach_msgpack(handle)
        missing = attach_struct(handle)
        missing = attach_bit(handle)
    if missing != NULL:
        raise NoLua(f"lupa's Lua has no {missing.decode()}")
    return 0


class ScriptError(Exception):
    """A chunk that does not compile: Lua's text."""


# -- what Lua calls ----------------------------------------------------------------------------------------

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


cdef const char* error_of_end(lua_State* L, int64_t now) noexcept:
    """A script has run for a while: once it is busy, let others speak. The error that it is to end with.

    No object, since what takes it never comes back.
    """
    cdef LuaVM vm = <LuaVM>interpreter_of(L)
    cdef bint strict = vm.account.strict
    if vm.killed is not None:
        return <const char*>vm.killed
    if now - vm.started_us < vm.busy_after_us or now - vm.spoken_us < TURN_US:
        return NULL
    vm.account.strict = False
    try:
        PyErr_CheckSignals()    # what came while nothing of Python's ran
        vm.killed = vm.calls.let_others_speak(not vm.busy)
    except BaseException as problem:
        vm.problem = problem
        vm.killed = b"ERR"
    vm.busy = True
    vm.account.strict = strict
    vm.spoken_us = vm.account.pace.looked_us = microseconds()
    return <const char*>vm.killed if vm.killed is not None else NULL


cdef void on_count(lua_State* L, lua_Debug* where) noexcept:
    cdef Pace* pace = pace_of(L)
    cdef const char* error = error_of_end(L, keep_pace(pace, L))
    if error is not NULL:
        stop_at_once(pace, L)
        fail(L, error)


# -- the interpreter -----------------------------------------------------------------------------------------

@cython.final
cdef class LuaVM(Interpreter):
    """One interpreter, for scripts or for functions. `calls` answers commands; see scripting/calls.py."""

    def __cinit__(self):
        self.collecting = COLLECT_EVERY

    def __init__(self, calls: object, lane: Lane, bint for_functions, bytes version not None, int number):
        attach()
        self.calls = calls
        self.lane = lane
        self.for_functions = for_functions
        self.kind = FUNCTIONS if for_functions else SCRIPTS
        self.L = lua_newstate(<lua_Alloc>allocate, &self.account)
        if self.L == NULL:
            raise MemoryError
        self.open(version, number)

    def close(self) -> None:
        """Give everything back; nothing runs any more."""
        if self.L != NULL and not self.running:
            lua_close(self.L)
            self.L = NULL
        self.calls = None

    cdef int open(self, bytes version, int number) except -1:
        cdef lua_State* L = self.L
        open_sandbox(L)
        open_pace(L)
        open_cjson(L)
        open_cmsgpack(L)
        open_struct(L)
        open_bit(L)
        open_redis(L, version, number, self.for_functions)
        close_sandbox(L)
        lua_settop(L, GLOBALS)
        lua_pushcclosure(L, <lua_CFunction>on_error, 0)
        lua_pushlstring(L, b"KEYS", 4)
        lua_pushlstring(L, b"ARGV", 4)
        if self.for_functions:
            self.globals_loading = make_globals(L, version, number)

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
            lua_settop(L, ARGV)
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
            bytes name not None, list errors not None, int database=0, bint readonly=False,
            bint fast=False) -> bytes | None:
        """Run a chunk or function with the words of a request, and write what it returns into `reply`.

        The text of its error if it ends with one; `errors` gets the texts that no command has had counted.
        With `fast` the hot lane may answer its commands.
        """
        cdef lua_State* L = self.L
        cdef int status, taken = 0
        cdef int rest = <int>len(argv) - keys_at - keys
        if self.running:
            raise RuntimeError("a script within a script")
        lua_rawgeti(L, LUA_REGISTRYINDEX, reference)
        if self.for_functions:
            self.push_words(argv, keys_at, keys)
            self.push_words(argv, keys_at + keys, rest)
            taken = 2
        else:
            lua_pushvalue(L, KEYS)
            self.push_words(argv, keys_at, keys)
            lua_rawset(L, GLOBALS)
            lua_pushvalue(L, ARGV)
            self.push_words(argv, keys_at + keys, rest)
            lua_rawset(L, GLOBALS)
        self.database = database
        self.readonly_script = readonly
        self.fast = fast
        self.capture.resp3 = False
        self.wrote = self.busy = False
        self.killed = None
        self.problem = None
        if self.busy_after_us > 0:
            self.started_us = microseconds()
            self.spoken_us = 0
            begin_pace(&self.account.pace, L, <lua_Hook>on_count, self.started_us)
        self.running = True
        self.account.strict = True
        status = lua_pcall(L, taken, 1, ON_ERROR)
        self.account.strict = False
        self.running = False
        if self.busy_after_us > 0:
            end_pace(&self.account.pace, L)
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
            lua_settop(L, ARGV)
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
        self.give_back_words()
        self.tell_memory()

    cdef void tell_memory(self) noexcept:
        self.lane.memory.put_down(self.kind, <int64_t>self.account.used + self.texts_size)

    @property
    def texts(self) -> int:
        """Bytes of the texts that were compiled, for what memory is told."""
        return self.texts_size

    @texts.setter
    def texts(self, int64_t n):
        self.texts_size = n
        self.tell_memory()

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
        self.busy = False
        self.killed = None
        self.problem = None
        self.started_us = microseconds()
        self.show_globals(True)
        lua_rawgeti(L, LUA_REGISTRYINDEX, reference)
        watch_loading(L, &self.account.pace, self.started_us)
        self.loading = True
        self.account.strict = True
        status = lua_pcall(L, 0, 0, 0)
        self.account.strict = False
        self.loading = False
        end_pace(&self.account.pace, L)
        self.show_globals(False)
        text = None
        if status != 0:
            if lua_type(L, -1) == LUA_TTABLE:
                text = field_text(L, b"err") or b"ERR unknown error"
            else:
                p = lua_tolstring(L, -1, &n)
                text = b"ERR " + PyBytes_FromStringAndSize(p, n) if p != NULL else b"unknown error"
        lua_settop(L, ARGV)
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
