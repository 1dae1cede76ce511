from dflite.native.lua.api cimport lua_State

cdef int open_bit(lua_State* L) noexcept nogil
cdef const char* attach_bit(void* library) noexcept nogil
