from libc.stdint cimport int64_t

from dflite.native.lua.api cimport lua_State
from dflite.native.lua.state cimport Pace

cdef int make_globals(lua_State* L, bytes version, int number) noexcept
cdef void watch_loading(lua_State* L, Pace* pace, int64_t now) noexcept nogil
cdef const char* attach_loading(void* library) noexcept nogil
