from dflite.native.lua.api cimport lua_State

cdef int fail(lua_State* L, const char* text) noexcept nogil
cdef void put_basics(lua_State* L, bytes version, int number) noexcept
cdef void open_redis(lua_State* L, bytes version, int number, bint for_functions) noexcept
cdef const char* attach_redis(void* library) noexcept nogil
