from dflite.native.lua cimport lua_State

cdef int make_globals(lua_State* L, bytes version, int number) noexcept
cdef void watch_loading(lua_State* L) noexcept nogil
cdef const char* attach_loading(void* library) noexcept nogil
