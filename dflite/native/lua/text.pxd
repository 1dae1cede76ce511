"""A buffer for a text of unknown length, for functions that Lua calls.

Its memory is Lua's: so it counts for the script's limit, and an error in the middle leaks nothing.
"""

from libc.string cimport memcpy

from dflite.native.lua.api cimport lua_State, lua_newuserdata, lua_pushlstring, lua_replace

cdef enum:
    SMALL = 512

cdef struct Text:
    lua_State* L
    int slot                # of the stack, which keeps the memory alive
    char* data
    size_t length
    size_t capacity
    char[SMALL] small

cdef inline void begin_text(Text* text, lua_State* L, int slot) noexcept nogil:
    text.L = L
    text.slot = slot
    text.data = text.small
    text.length = 0
    text.capacity = SMALL

cdef inline char* room(Text* text, size_t n) noexcept nogil:
    """Where the next n bytes may be written; the caller adds to `length`."""
    cdef char* wider
    cdef size_t capacity
    if text.length + n > text.capacity:
        capacity = (text.length + n) * 2
        wider = <char*>lua_newuserdata(text.L, capacity)
        memcpy(wider, text.data, text.length)
        lua_replace(text.L, text.slot)
        text.data = wider
        text.capacity = capacity
    return text.data + text.length

cdef inline void put(Text* text, const char* data, size_t n) noexcept nogil:
    memcpy(room(text, n), data, n)
    text.length += n

cdef inline void put_byte(Text* text, int byte) noexcept nogil:
    room(text, 1)[0] = <char>byte
    text.length += 1

cdef inline void push_text(Text* text) noexcept nogil:
    lua_pushlstring(text.L, text.data, text.length)
