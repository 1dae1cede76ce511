# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""One interpreter: what it holds, its memory, and the commands that its scripts call.

A command takes its words from Lua's stack, lets the hot lane or the command's handler write a reply into
`capture`, and makes Lua values of that reply: of the commands that the lane answers no Python object is made.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.ref cimport Py_INCREF
from libc.math cimport isinf, isnan
from libc.stdint cimport int64_t, uint8_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memcpy

from dflite.native.base.bytesops cimport format_int64
from dflite.native.base.floattext cimport format_double
from dflite.native.lua.api cimport *
from dflite.native.lua.values cimport push_error, push_reply
from dflite.native.wire.reply cimport Reply
from dflite.native.wire.requests cimport SLACK

from dflite.native.wire.operations import OPERATIONS, WRITES

cdef enum:
    NUMBER = 32             # bytes of a number's text
    KEPT = 64 * 1024        # bytes of words, of a reply, that stay allocated

cdef uint8_t[256] WRITING       # operations of the hot lane
for _name in WRITES:
    WRITING[<int>OPERATIONS[_name]] = 1
# ... that a replica repeats word for word: the others' handlers know what stands for them
cdef uint8_t[256] REPEATED
for _name in WRITES - {"EXPIRE", "SPOP", "XADD"}:
    REPEATED[<int>OPERATIONS[_name]] = 1


cdef const char* attach_state(void* library) noexcept nogil:
    """Find Lua's functions in its library; the name of one that is not there."""
    return lua_resolve(library)


cdef void* allocate(void* ud, void* ptr, size_t osize, size_t nsize) noexcept nogil:
    cdef Account* account = <Account*>ud
    cdef void* p
    if nsize == 0:
        free(ptr)
        account.used -= osize
        return NULL
    if account.strict and nsize > osize and account.used + nsize - osize > account.limit:
        return NULL
    p = realloc(ptr, nsize)
    if p != NULL:
        account.used += nsize - osize
    return p


cdef Interpreter interpreter_of(lua_State* L):
    cdef void* ud
    lua_getallocf(L, &ud)
    return <Interpreter>(<Account*>ud).owner


cdef class Interpreter:
    """What scripts and functions have in common; `LuaVM` runs them."""

    def __cinit__(self):
        self.account.limit = <size_t>-1
        self.account.owner = <void*>self
        self.random_state = 0x1234ABCD330EULL
        self.capture = Reply()

    def __dealloc__(self):
        if self.L != NULL:
            lua_close(self.L)
        free(self.args)
        free(self.words)

    cdef int gather(self, lua_State* L, int n) except -1:
        """Copy the n words on the stack; 0 if one is none."""
        cdef size_t total = 0, length
        cdef const char* p
        cdef char* at
        cdef char[64] text
        cdef int i, kind
        if n > self.args_capacity:
            self.args_capacity = max(n, 64)
            free(self.args)
            self.args = <Slice*>malloc(self.args_capacity * sizeof(Slice))
            if self.args == NULL:
                self.args_capacity = 0
                raise MemoryError
        for i in range(n):
            kind = lua_type(L, i + 1)
            if kind == LUA_TSTRING:
                total += lua_objlen(L, i + 1)
            elif kind == LUA_TNUMBER:
                total += NUMBER
            else:
                return 0
        if total + SLACK > self.words_capacity:
            self.words_capacity = max(total + SLACK, <size_t>1024)
            free(self.words)
            self.words = <char*>malloc(self.words_capacity)
            if self.words == NULL:
                self.words_capacity = 0
                raise MemoryError
        at = self.words
        for i in range(n):
            if lua_type(L, i + 1) == LUA_TSTRING:
                p = lua_tolstring(L, i + 1, &length)
                memcpy(at, p, length)
            else:
                length = write_number(lua_tonumber(L, i + 1), at)
            self.args[i].offset = at - self.words
            self.args[i].length = length
            at += length
        return 1

    cdef bytes word(self, int i):
        return PyBytes_FromStringAndSize(self.words + self.args[i].offset, self.args[i].length)

    cdef int answer(self, lua_State* L) except -2:
        """Run the command on the stack and push its reply: 1 if that is an error.

        2 if even pcall has to raise it.
        """
        cdef int n = lua_gettop(L), code
        cdef Reply reply = self.capture
        cdef bint bad
        cdef object word
        cdef char* p
        if not self.running:
            lua_settop(L, 0)
            push_error(L, b"ERR redis.call/pcall can only be called inside a script invocation", 66)
            return 2
        if n == 0:
            push_error(L, b"ERR Please specify at least one argument for this redis lib call", 64)
            return 1
        if not self.gather(L, n):
            lua_settop(L, 0)
            push_error(L, b"ERR Lua redis lib command arguments must be strings or integers", 63)
            return 1
        lua_settop(L, 0)
        reply.start = reply.end = 0
        code = 0
        if self.fast:
            code = self.lane.operations.code_of(self.words, self.args[0].length)
            if code and not (WRITING[code] and self.readonly_script):
                code = answer_by_lane(self, code, n)
            else:
                code = 0
        if code == 0:
            word = self.calls.call(words_of(self, n))
            if word is not None:
                # refused before it ran
                push_error(L, PyBytes_AS_STRING(<bytes>word), PyBytes_GET_SIZE(<bytes>word))
                lua_pushboolean(L, 1)
                lua_setfield(L, -2, b"ignore_error_stats_update")
                reply.start = reply.end = 0
                return 1
        p = reply.reserve(1)
        p[0] = 0
        bad = reply.buffer[reply.start] == c'-'
        if push_reply(L, reply.buffer + reply.start) == NULL:
            lua_settop(L, 0)
            push_error(L, b"ERR reached lua stack limit", 27)
            bad = True
        reply.start = reply.end = 0
        if reply.capacity > 16 * KEPT:
            reply.release()
        return bad

    cdef int give_back_words(self) except -1:
        """What a large command or reply has taken goes at once."""
        if self.capture.capacity > KEPT:
            self.capture.release()
        if self.words_capacity > KEPT:
            free(self.words)
            self.words = NULL
            self.words_capacity = 0
        return 0


cdef list words_of(Interpreter vm, int n):
    """The words of the command."""
    cdef list argv = PyList_New(n)
    cdef object word
    cdef int i
    for i in range(n):
        word = vm.word(i)
        Py_INCREF(word)
        PyList_SET_ITEM(argv, i, word)
    return argv


cdef int answer_by_lane(Interpreter vm, int code, int n) except -1:
    """Let the hot lane run the command: 0 if that is for its handler, and then nothing has happened.

    While there is a stream to write, what it did goes there with all that the script does, at its end.
    """
    cdef Lane lane = vm.lane
    cdef int64_t before = lane.figures.changes
    cdef bint measured
    if not (WRITING[code] and lane.backlog.journaling):
        if not lane.answer(code, vm.words, vm.args, n, vm.capture, vm.database):
            return 0
    else:
        if not REPEATED[code]:
            return 0
        measured = lane.calls.begin(code)
        if not lane.serve(code, vm.words, vm.args, n, vm.capture, vm.database):
            return 0
        lane.calls.end(code, measured)
        if lane.figures.changes != before:
            vm.calls.note(words_of(vm, n))
    if WRITING[code]:
        vm.wrote = True
    return 1


cdef size_t write_number(double x, char* out) noexcept nogil:
    """A number as a word of a command: an integer as such, anything else at its shortest."""
    if -9007199254740992.0 <= x <= 9007199254740992.0 and <double><int64_t>x == x:
        return format_int64(<int64_t>x, out)
    if isnan(x):
        memcpy(out, b"-nan", 4)
        return 4
    if isinf(x):
        memcpy(out, b"inf" if x > 0 else b"-inf", 4)
        return 3 if x > 0 else 4
    return format_double(x, out)
