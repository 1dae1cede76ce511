from dflite.native.lua.api cimport lua_State

cdef int json_decode(lua_State* L) noexcept nogil
cdef const char* attach_json_decode(void* library) noexcept nogil
