from dflite.native.lua.api cimport lua_State

cdef int open_cjson(lua_State* L) noexcept nogil
cdef const char* attach_json(void* library) noexcept nogil
