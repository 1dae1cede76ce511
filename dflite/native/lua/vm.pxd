from libc.stdint cimport int64_t

cimport cython

from dflite.native.lua.state cimport Interpreter

@cython.final
cdef class LuaVM(Interpreter):
    cdef public int64_t busy_after_us
    cdef bytes killed       # the error that it is to end with
    cdef bint busy
    cdef int64_t spoken_us              # when others had their last turn
    cdef readonly bint for_functions
    cdef readonly bint failed           # the last script ended with an error, or answered one
    cdef int kind                       # of memory
    cdef int64_t texts_size
    cdef int globals_loading            # what a library finds while it is loaded
    cdef int collecting                 # calls until the collector gets a step

    cdef bytes take_error(self, bytes name)
    cdef int show_globals(self, bint loading) except -1
    cdef int open(self, bytes version, int number) except -1
    cdef int tidy(self, int rest) except -1
    cdef void tell_memory(self) noexcept
    cdef int push_words(self, list argv, int start, int n) except -1
