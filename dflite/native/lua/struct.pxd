from dflite.native.lua.api cimport lua_State

cdef int open_struct(lua_State* L) noexcept nogil
cdef const char* attach_struct(void* library) noexcept nogil
