# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""How often a running script is looked at: Lua counts instructions, and some take long.

An instruction may take nanoseconds or, with strings that Lua's hash confuses or a slow command, milliseconds.
So the count until the next look follows what the last ones took.
"""

from libc.stdint cimport int64_t

from dflite.native.base.clock cimport microseconds
from dflite.native.lua.api cimport *
from dflite.native.lua.state cimport Pace, pace_of

cdef enum:
    MOST = 1000             # instructions: some 10 us, of which a look takes less than a hundredth
    MOST_WARY = 100         # ... of a script that has had long ones: they come again
    LONG_US = 2000          # between two looks
    AIM_US = 1000
    SHORT_US = 500


cdef const char* attach_pace(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


cpdef int next_count(int count, int64_t elapsed_us, bint wary) noexcept nogil:
    """The instructions until the next look, after `count` took that long."""
    cdef int most = MOST_WARY if wary else MOST
    if elapsed_us > LONG_US:
        count = <int>(count * AIM_US // elapsed_us)
    elif elapsed_us < SHORT_US:
        count *= 2
    return max(1, min(count, most))


cdef void begin_pace(Pace* pace, lua_State* L, lua_Hook hook, int64_t now) noexcept nogil:
    """A script starts: `hook` looks at it."""
    pace.hook = hook
    pace.looked_us = now
    pace.count = MOST
    pace.wary = False
    lua_sethook(L, hook, LUA_MASKCOUNT, MOST)


cdef int64_t keep_pace(Pace* pace, lua_State* L) noexcept nogil:
    """The hook looks: choose when it does next. The time."""
    cdef int64_t now = microseconds()
    cdef int64_t elapsed = now - pace.looked_us
    if elapsed > LONG_US:
        pace.wary = True
    pace.count = next_count(pace.count, elapsed, pace.wary)
    pace.looked_us = now
    lua_sethook(L, pace.hook, LUA_MASKCOUNT, pace.count)
    return now


cdef void stop_at_once(Pace* pace, lua_State* L) noexcept nogil:
    """Look at every line from now on: pcall must not go on with a script that is to end."""
    pace.looked_us = 0
    lua_sethook(L, pace.hook, LUA_MASKLINE | LUA_MASKCOUNT, 1)


cdef void end_pace(Pace* pace, lua_State* L) noexcept nogil:
    """The script is over."""
    pace.hook = NULL
    lua_sethook(L, NULL, 0, 0)


cdef int open_coroutine(lua_State* L) noexcept nogil:
    """coroutine.create and wrap, which look at the clock too.

    Each coroutine has a count of its own: one after the other could run and none be looked at.
    """
    cdef Pace* pace = pace_of(L)
    if pace.hook != NULL and microseconds() - pace.looked_us > LONG_US:
        lua_sethook(L, pace.hook, LUA_MASKCOUNT, 1)
    return lua_tocfunction(L, lua_upvalueindex(1))(L)


cdef int open_pace(lua_State* L) noexcept nogil:
    """Put ours before what makes coroutines, in the globals on top of the stack."""
    lua_getfield(L, -1, b"coroutine")
    lua_getfield(L, -1, b"create")
    lua_pushcclosure(L, <lua_CFunction>open_coroutine, 1)
    lua_setfield(L, -2, b"create")
    lua_getfield(L, -1, b"wrap")
    lua_pushcclosure(L, <lua_CFunction>open_coroutine, 1)
    lua_setfield(L, -2, b"wrap")
    lua_pop(L, 1)
    return 0
