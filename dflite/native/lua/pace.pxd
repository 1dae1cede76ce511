from libc.stdint cimport int64_t

from dflite.native.lua.api cimport lua_Hook, lua_State
from dflite.native.lua.state cimport Pace

cpdef int next_count(int count, int64_t elapsed_us, bint wary) noexcept nogil
cdef void begin_pace(Pace* pace, lua_State* L, lua_Hook hook, int64_t now) noexcept nogil
cdef int64_t keep_pace(Pace* pace, lua_State* L) noexcept nogil
cdef void end_pace(Pace* pace, lua_State* L) noexcept nogil
cdef void stop_at_once(Pace* pace, lua_State* L) noexcept nogil
cdef int open_pace(lua_State* L) noexcept nogil
cdef const char* attach_pace(void* library) noexcept nogil
