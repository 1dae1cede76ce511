from libc.stdint cimport int64_t, uint64_t

from dflite.native.base.slice cimport Slice
from dflite.native.lua.api cimport lua_getallocf, lua_Hook, lua_State
from dflite.native.wire.lane cimport Lane
from dflite.native.wire.reply cimport Reply

cdef struct Pace:
    lua_Hook hook           # what looks; NULL if nobody does
    int64_t looked_us       # when it did last; 0: long ago, look at once
    int count               # instructions until it does again
    bint wary               # some of this script's took long

cdef struct Account:
    size_t used             # bytes of the interpreter
    size_t limit            # ... that a script may take
    bint strict             # a script runs, and may be refused memory
    void* owner
    Pace pace               # of the looks at what runs

cdef class Interpreter:
    cdef lua_State* L
    cdef Account account
    cdef object calls                   # answers what the hot lane does not
    cdef Lane lane
    cdef readonly Reply capture         # of the command that a script runs
    cdef public int database
    cdef public bint wrote              # the running script has called a command that writes
    cdef public bint loading            # a library of functions
    cdef readonly bint running
    cdef bint fast                      # the hot lane may answer
    cdef bint readonly_script
    cdef int64_t started_us
    cdef uint64_t random_state
    cdef Slice* args
    cdef int args_capacity
    cdef char* words
    cdef size_t words_capacity
    cdef object problem                 # an exception of ours, not to be thrown through Lua

    cdef int gather(self, lua_State* L, int n) except -1
    cdef bytes word(self, int i)
    cdef int answer(self, lua_State* L) except -2
    cdef int give_back_words(self) except -1

cdef Interpreter interpreter_of(lua_State* L)
cdef void* allocate(void* ud, void* ptr, size_t osize, size_t nsize) noexcept nogil
cdef const char* attach_state(void* library) noexcept nogil

cdef inline Pace* pace_of(lua_State* L) noexcept nogil:
    cdef void* ud
    lua_getallocf(L, &ud)
    return &(<Account*>ud).pace
