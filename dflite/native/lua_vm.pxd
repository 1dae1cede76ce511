from libc.stdint cimport int64_t, uint64_t

cimport cython

from dflite.native.lane cimport Lane
from dflite.native.lua cimport lua_State
from dflite.native.reply cimport Reply
from dflite.native.slice cimport Slice

cdef struct Account:
    size_t used             # bytes of the interpreter
    size_t limit            # ... that a script may take
    bint strict             # a script runs, and may be refused memory
    void* vm

@cython.final
cdef class LuaVM:
    cdef lua_State* L
    cdef Account account
    cdef object calls                   # answers what the hot lane does not
    cdef Lane lane
    cdef readonly Reply capture         # of the command that a script runs
    cdef public int database
    cdef public bint fast               # the hot lane may answer
    cdef public bint readonly_script
    cdef public bint wrote              # the running script has called a command that writes
    cdef readonly bint running
    cdef public bint loading            # a library of functions
    cdef public int64_t busy_after_us
    cdef int64_t started_us
    cdef bint killed
    cdef bint busy
    cdef readonly bint for_functions
    cdef int globals_loading            # what a library finds while it is loaded
    cdef readonly bint failed           # the last script ended with an error, or answered one
    cdef uint64_t random_state
    cdef Slice* args
    cdef int args_capacity
    cdef char* words
    cdef size_t words_capacity
    cdef object problem                 # an exception of ours, not to be thrown through Lua
    cdef int collecting                 # calls until the collector gets a step

    cdef int gather(self, lua_State* L, int n) except -1
    cdef bytes word(self, int i)
    cdef int answer(self, lua_State* L) except -2
    cdef bytes take_error(self, bytes name)
    cdef int show_globals(self, bint loading) except -1
    cdef int open(self, bytes version, int number) except -1
    cdef int tidy(self, int rest) except -1
    cdef int push_words(self, list argv, int start, int n) except -1
