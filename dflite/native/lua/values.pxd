from dflite.native.lua.api cimport lua_State
from dflite.native.wire.reply cimport Reply

cdef const char* push_reply(lua_State* L, const char* p) noexcept nogil
cdef void push_error(lua_State* L, const char* text, size_t n) noexcept nogil
cdef int write_value(lua_State* L, Reply out, bint script_resp3, list errors) except -1
cdef bytes field_text(lua_State* L, const char* name)
cdef const char* attach_values(void* library) noexcept nogil
