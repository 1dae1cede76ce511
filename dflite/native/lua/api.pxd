# cython: language_level=3
"""Lua 5.1's C interface, taken at run time from the library that lupa brings along.

lupa's own bridge wraps each value in an object and answers each call through several Python frames;
a script's `redis.call` has no time for that. So no object of lupa's is used at all: its shared library
is opened, and the functions of Lua's C API are looked up in it (`lua_resolve`). Nothing is linked, so
neither a build nor an install needs more of Lua than lupa itself.

Each module that uses this has its own table of addresses, which it fills at import.
"""

cdef extern from *:
    """
    #include <dlfcn.h>
    #include <stdarg.h>
    #include <stddef.h>

    typedef struct lua_State lua_State;
    typedef double lua_Number;
    typedef ptrdiff_t lua_Integer;
    typedef int (*lua_CFunction)(lua_State *L);
    typedef const char *(*lua_Reader)(lua_State *L, void *ud, size_t *size);
    typedef void *(*lua_Alloc)(void *ud, void *ptr, size_t osize, size_t nsize);
    typedef struct lua_Debug {
        int event;
        const char *name, *namewhat, *what, *source;
        int currentline, nups, linedefined, lastlinedefined;
        char short_src[60];
        int i_ci;
    } lua_Debug;
    typedef void (*lua_Hook)(lua_State *L, lua_Debug *ar);

    #define DFLITE_LUA(F) \\
        F(lua_State *, lua_newstate, (lua_Alloc f, void *ud)) \\
        F(void, lua_close, (lua_State *L)) \\
        F(lua_Alloc, lua_getallocf, (lua_State *L, void **ud)) \\
        F(int, lua_gettop, (lua_State *L)) \\
        F(void, lua_settop, (lua_State *L, int i)) \\
        F(void, lua_pushvalue, (lua_State *L, int i)) \\
        F(void, lua_remove, (lua_State *L, int i)) \\
        F(void, lua_insert, (lua_State *L, int i)) \\
        F(void, lua_replace, (lua_State *L, int i)) \\
        F(int, lua_checkstack, (lua_State *L, int n)) \\
        F(int, lua_isnumber, (lua_State *L, int i)) \\
        F(int, lua_type, (lua_State *L, int i)) \\
        F(const char *, lua_typename, (lua_State *L, int t)) \\
        F(int, lua_rawequal, (lua_State *L, int a, int b)) \\
        F(lua_Number, lua_tonumber, (lua_State *L, int i)) \\
        F(int, lua_toboolean, (lua_State *L, int i)) \\
        F(const char *, lua_tolstring, (lua_State *L, int i, size_t *n)) \\
        F(size_t, lua_objlen, (lua_State *L, int i)) \\
        F(lua_CFunction, lua_tocfunction, (lua_State *L, int i)) \\
        F(void *, lua_touserdata, (lua_State *L, int i)) \\
        F(void, lua_pushnil, (lua_State *L)) \\
        F(void, lua_pushnumber, (lua_State *L, lua_Number n)) \\
        F(void, lua_pushlstring, (lua_State *L, const char *s, size_t n)) \\
        F(void, lua_pushstring, (lua_State *L, const char *s)) \\
        F(const char *, lua_pushfstring, (lua_State *L, const char *f, ...)) \\
        F(void, lua_pushcclosure, (lua_State *L, lua_CFunction f, int n)) \\
        F(void, lua_pushboolean, (lua_State *L, int b)) \\
        F(void, lua_pushlightuserdata, (lua_State *L, void *p)) \\
        F(void, lua_getfield, (lua_State *L, int i, const char *k)) \\
        F(void, lua_rawget, (lua_State *L, int i)) \\
        F(void, lua_rawgeti, (lua_State *L, int i, int n)) \\
        F(void, lua_createtable, (lua_State *L, int a, int h)) \\
        F(void *, lua_newuserdata, (lua_State *L, size_t n)) \\
        F(int, lua_getmetatable, (lua_State *L, int i)) \\
        F(void, lua_setfield, (lua_State *L, int i, const char *k)) \\
        F(void, lua_rawset, (lua_State *L, int i)) \\
        F(void, lua_rawseti, (lua_State *L, int i, int n)) \\
        F(int, lua_setmetatable, (lua_State *L, int i)) \\
        F(int, lua_setfenv, (lua_State *L, int i)) \\
        F(void, lua_call, (lua_State *L, int a, int r)) \\
        F(int, lua_pcall, (lua_State *L, int a, int r, int h)) \\
        F(int, lua_load, (lua_State *L, lua_Reader r, void *d, const char *name)) \\
        F(int, lua_gc, (lua_State *L, int what, int data)) \\
        F(int, lua_error, (lua_State *L)) \\
        F(int, lua_next, (lua_State *L, int i)) \\
        F(void, lua_concat, (lua_State *L, int n)) \\
        F(int, lua_getstack, (lua_State *L, int level, lua_Debug *ar)) \\
        F(int, lua_getinfo, (lua_State *L, const char *what, lua_Debug *ar)) \\
        F(int, lua_sethook, (lua_State *L, lua_Hook f, int mask, int count)) \\
        F(int, luaL_ref, (lua_State *L, int t)) \\
        F(void, luaL_unref, (lua_State *L, int t, int ref)) \\
        F(int, luaL_error, (lua_State *L, const char *f, ...)) \\
        F(int, luaL_argerror, (lua_State *L, int n, const char *m)) \\
        F(int, luaL_typerror, (lua_State *L, int n, const char *m)) \\
        F(void, luaL_checktype, (lua_State *L, int n, int t)) \\
        F(void, luaL_checkany, (lua_State *L, int n)) \\
        F(void, luaL_checkstack, (lua_State *L, int n, const char *m)) \\
        F(lua_Number, luaL_checknumber, (lua_State *L, int n)) \\
        F(lua_Integer, luaL_checkinteger, (lua_State *L, int n)) \\
        F(lua_Integer, luaL_optinteger, (lua_State *L, int n, lua_Integer d)) \\
        F(const char *, luaL_checklstring, (lua_State *L, int n, size_t *l)) \\
        F(const char *, luaL_optlstring, (lua_State *L, int n, const char *d, size_t *l)) \\
        F(int, luaopen_base, (lua_State *L)) \\
        F(int, luaopen_table, (lua_State *L)) \\
        F(int, luaopen_string, (lua_State *L)) \\
        F(int, luaopen_math, (lua_State *L))

    #define DFLITE_LUA_DECLARE(type, name, arguments) static type (*name) arguments;
    DFLITE_LUA(DFLITE_LUA_DECLARE)

    /* The name of what the library lacks; NULL when all is there. */
    static const char *lua_resolve(void *library) {
        #define DFLITE_LUA_FIND(type, name, arguments) \\
            *(void **)&name = dlsym(library, #name); \\
            if (!name) return #name;
        DFLITE_LUA(DFLITE_LUA_FIND)
        return NULL;
    }

    #define LUA_REGISTRYINDEX (-10000)
    #define LUA_ENVIRONINDEX (-10001)
    #define LUA_GLOBALSINDEX (-10002)
    #define lua_upvalueindex(i) (LUA_GLOBALSINDEX - (i))
    #define lua_pop(L, n) lua_settop(L, -(n) - 1)
    """
    ctypedef struct lua_State:
        pass
    ctypedef struct lua_Debug:
        const char* name
        const char* what
        const char* source
        int currentline
        const char* short_src
    ctypedef double lua_Number
    ctypedef ptrdiff_t lua_Integer
    ctypedef int (*lua_CFunction)(lua_State* L) noexcept nogil
    ctypedef const char* (*lua_Reader)(lua_State* L, void* ud, size_t* size) noexcept nogil
    ctypedef void* (*lua_Alloc)(void* ud, void* ptr, size_t osize, size_t nsize) noexcept nogil
    ctypedef void (*lua_Hook)(lua_State* L, lua_Debug* ar) noexcept nogil

    int LUA_REGISTRYINDEX, LUA_ENVIRONINDEX, LUA_GLOBALSINDEX

    void* dlopen(const char* path, int flags) nogil
    int RTLD_NOW, RTLD_LOCAL
    const char* lua_resolve(void* library) noexcept nogil

    int lua_upvalueindex(int i) noexcept nogil
    void lua_pop(lua_State* L, int n) noexcept nogil
    lua_State* lua_newstate(lua_Alloc f, void* ud) noexcept nogil
    void lua_close(lua_State* L) noexcept nogil
    lua_Alloc lua_getallocf(lua_State* L, void** ud) noexcept nogil
    int lua_gettop(lua_State* L) noexcept nogil
    void lua_settop(lua_State* L, int i) noexcept nogil
    void lua_pushvalue(lua_State* L, int i) noexcept nogil
    void lua_remove(lua_State* L, int i) noexcept nogil
    void lua_insert(lua_State* L, int i) noexcept nogil
    void lua_replace(lua_State* L, int i) noexcept nogil
    int lua_checkstack(lua_State* L, int n) noexcept nogil
    int lua_isnumber(lua_State* L, int i) noexcept nogil
    int lua_type(lua_State* L, int i) noexcept nogil
    const char* lua_typename(lua_State* L, int t) noexcept nogil
    int lua_rawequal(lua_State* L, int a, int b) noexcept nogil
    lua_Number lua_tonumber(lua_State* L, int i) noexcept nogil
    int lua_toboolean(lua_State* L, int i) noexcept nogil
    const char* lua_tolstring(lua_State* L, int i, size_t* n) noexcept nogil
    size_t lua_objlen(lua_State* L, int i) noexcept nogil
    lua_CFunction lua_tocfunction(lua_State* L, int i) noexcept nogil
    void* lua_touserdata(lua_State* L, int i) noexcept nogil
    void lua_pushnil(lua_State* L) noexcept nogil
    void lua_pushnumber(lua_State* L, lua_Number n) noexcept nogil
    void lua_pushlstring(lua_State* L, const char* s, size_t n) noexcept nogil
    void lua_pushstring(lua_State* L, const char* s) noexcept nogil
    const char* lua_pushfstring(lua_State* L, const char* f, ...) noexcept nogil
    void lua_pushcclosure(lua_State* L, lua_CFunction f, int n) noexcept nogil
    void lua_pushboolean(lua_State* L, int b) noexcept nogil
    void lua_pushlightuserdata(lua_State* L, void* p) noexcept nogil
    void lua_getfield(lua_State* L, int i, const char* k) noexcept nogil
    void lua_rawget(lua_State* L, int i) noexcept nogil
    void lua_rawgeti(lua_State* L, int i, int n) noexcept nogil
    void lua_createtable(lua_State* L, int a, int h) noexcept nogil
    void* lua_newuserdata(lua_State* L, size_t n) noexcept nogil
    int lua_getmetatable(lua_State* L, int i) noexcept nogil
    void lua_setfield(lua_State* L, int i, const char* k) noexcept nogil
    void lua_rawset(lua_State* L, int i) noexcept nogil
    void lua_rawseti(lua_State* L, int i, int n) noexcept nogil
    int lua_setmetatable(lua_State* L, int i) noexcept nogil
    int lua_setfenv(lua_State* L, int i) noexcept nogil
    void lua_call(lua_State* L, int a, int r) noexcept nogil
    int lua_pcall(lua_State* L, int a, int r, int h) noexcept nogil
    int lua_load(lua_State* L, lua_Reader r, void* d, const char* name) noexcept nogil
    int lua_gc(lua_State* L, int what, int data) noexcept nogil
    int lua_error(lua_State* L) noexcept nogil
    int lua_next(lua_State* L, int i) noexcept nogil
    void lua_concat(lua_State* L, int n) noexcept nogil
    int lua_getstack(lua_State* L, int level, lua_Debug* ar) noexcept nogil
    int lua_getinfo(lua_State* L, const char* what, lua_Debug* ar) noexcept nogil
    int lua_sethook(lua_State* L, lua_Hook f, int mask, int count) noexcept nogil
    int luaL_ref(lua_State* L, int t) noexcept nogil
    void luaL_unref(lua_State* L, int t, int ref) noexcept nogil
    int luaL_error(lua_State* L, const char* f, ...) noexcept nogil
    int luaL_argerror(lua_State* L, int n, const char* m) noexcept nogil
    int luaL_typerror(lua_State* L, int n, const char* m) noexcept nogil
    void luaL_checktype(lua_State* L, int n, int t) noexcept nogil
    void luaL_checkany(lua_State* L, int n) noexcept nogil
    void luaL_checkstack(lua_State* L, int n, const char* m) noexcept nogil
    lua_Number luaL_checknumber(lua_State* L, int n) noexcept nogil
    lua_Integer luaL_checkinteger(lua_State* L, int n) noexcept nogil
    lua_Integer luaL_optinteger(lua_State* L, int n, lua_Integer d) noexcept nogil
    const char* luaL_checklstring(lua_State* L, int n, size_t* l) noexcept nogil
    const char* luaL_optlstring(lua_State* L, int n, const char* d, size_t* l) noexcept nogil
    int luaopen_base(lua_State* L) noexcept nogil
    int luaopen_table(lua_State* L) noexcept nogil
    int luaopen_string(lua_State* L) noexcept nogil
    int luaopen_math(lua_State* L) noexcept nogil

cdef enum:
    LUA_TNONE = -1
    LUA_TNIL = 0
    LUA_TBOOLEAN = 1
    LUA_TLIGHTUSERDATA = 2
    LUA_TNUMBER = 3
    LUA_TSTRING = 4
    LUA_TTABLE = 5
    LUA_TFUNCTION = 6
    LUA_MULTRET = -1
    LUA_MASKLINE = 4
    LUA_MASKCOUNT = 8
    LUA_GCCOLLECT = 2
    LUA_GCRESTART = 1
    LUA_GCSTEP = 5
