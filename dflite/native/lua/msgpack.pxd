from dflite.native.lua.api cimport lua_State

cdef int open_cmsgpack(lua_State* L) noexcept nogil
cdef const char* attach_msgpack(void* library) noexcept nogil
