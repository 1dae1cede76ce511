from dflite.native.lua.api cimport lua_State

cdef int open_sandbox(lua_State* L) noexcept nogil
cdef int close_sandbox(lua_State* L) noexcept nogil
cdef void protect(lua_State* L) noexcept nogil
cdef bint is_protected(lua_State* L, int index) noexcept nogil
cdef int load_text(lua_State* L, const char* text, size_t n, const char* name) noexcept nogil
cdef int refuse_change(lua_State* L) noexcept nogil
cdef const char* attach_sandbox(void* library) noexcept nogil
cdef void refuse_unknown(lua_State* L) noexcept nogil
cdef void stand_for(lua_State* L) noexcept nogil
