"""The settings of a library `cjson`: a userdata, which its functions have for an upvalue."""

from dflite.native.lua.api cimport lua_State, lua_touserdata, lua_upvalueindex

cdef struct Options:
    int sparse_convert
    int sparse_ratio
    int sparse_safe
    int encode_depth
    int decode_depth
    int encode_invalid          # 0 refused, 1 as they are, 2 null
    int decode_invalid
    int keep_buffer
    int precision

cdef inline Options* options_of(lua_State* L) noexcept nogil:
    return <Options*>lua_touserdata(L, lua_upvalueindex(1))
