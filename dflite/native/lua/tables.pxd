"""Setting fields of the table on top of Lua's stack."""

from dflite.native.lua.api cimport (
    lua_CFunction,
    lua_pushcclosure,
    lua_pushnumber,
    lua_setfield,
    lua_State,
)

cdef inline void field(lua_State* L, const char* name, lua_CFunction function) noexcept nogil:
    """A function."""
    lua_pushcclosure(L, function, 0)
    lua_setfield(L, -2, name)

cdef inline void constant(lua_State* L, const char* name, double number) noexcept nogil:
    lua_pushnumber(L, number)
    lua_setfield(L, -2, name)
