"""The cache of scripts by their SHA-1: those of SCRIPT LOAD stay, of those of EVAL the last 500."""

from collections import OrderedDict
from hashlib import sha1
from typing import Final

from dflite.base.script_errors import ScriptDoesNotCompile, ScriptsUnavailable
from dflite.base.versions import REDIS_VERSION
from dflite.engine.executor import Executor
from dflite.native.lua.library import NoLua
from dflite.native.lua.vm import LuaVM, ScriptError
from dflite.scripting.calls import Calls, Chunk
from dflite.scripting.flags import read_flags

MOST_EVALUATED: Final = 500  # scripts that only EVAL brought
OVERHEAD: Final = 200  # bytes of a cached script beside its text, about


class Script(Chunk):
    """A compiled script; its name is its SHA-1."""

    def __init__(self, digest: bytes, body: bytes, flags: int, reference: int, vm: LuaVM) -> None:
        super().__init__(digest, flags, reference, vm)
        self.body = body
        self.loaded = False  # by SCRIPT LOAD: it stays until SCRIPT FLUSH


class Scripts:
    """All scripts, and the interpreter that they run in."""

    def __init__(self, executor: Executor, calls: Calls) -> None:
        self.executor = executor
        self.calls = calls
        self.known: dict[bytes, Script] = {}
        self.evaluated: OrderedDict[bytes, Script] = OrderedDict()  # the oldest first
        self.evicted = 0
        self.vm = new_vm(executor, calls, False)

    @property
    def text_bytes(self) -> int:
        """Bytes of the texts in the cache, about."""
        return self.vm.texts

    def by_digest(self, digest: bytes) -> Script | None:
        """The script of that SHA-1, in whatever case it is written."""
        script = self.known.get(digest)
        if script is None:
            script = self.known.get(digest.lower())
        return script

    def by_body(self, body: bytes, loaded: bool) -> Script:
        """The script of that text, compiled if it is new."""
        digest = sha1(body, usedforsecurity=False).hexdigest().encode()
        script = self.known.get(digest)
        if script is None:
            script = self.compile(digest, body)
            self.known[digest] = script
            self.vm.texts += len(body) + OVERHEAD
            if not loaded:
                self.evaluated[digest] = script
                if len(self.evaluated) > MOST_EVALUATED:
                    _digest, oldest = self.evaluated.popitem(last=False)
                    self.forget(oldest)
                    self.evicted += 1
        elif not script.loaded and not loaded:
            self.evaluated.move_to_end(digest)
        if loaded and not script.loaded:
            script.loaded = True
            self.evaluated.pop(digest, None)
        return script

    def compile(self, digest: bytes, body: bytes) -> Script:
        flags, start = read_flags(body)
        try:
            reference = self.vm.compile(body, start, b"@user_script")
        except ScriptError as error:
            raise ScriptDoesNotCompile(error.args[0]) from None
        return Script(digest, body, flags, reference, self.vm)

    def forget(self, script: Script) -> None:
        del self.known[script.name]
        self.vm.texts -= len(script.body) + OVERHEAD
        self.vm.release(script.reference)

    def flush(self) -> None:
        """SCRIPT FLUSH: a new interpreter too, so that nothing of the old scripts is left."""
        self.known.clear()
        self.evaluated.clear()
        self.vm.close()
        self.vm = new_vm(self.executor, self.calls, False)


def new_vm(executor: Executor, calls: object, for_functions: bool) -> LuaVM:
    """An interpreter; raises ScriptsUnavailable if there is no Lua."""
    major, minor, patch = [int(part) for part in REDIS_VERSION.split(b".")]
    number = major << 16 | minor << 8 | patch
    try:
        vm = LuaVM(calls, executor.lane, for_functions, REDIS_VERSION, number)
    except NoLua as reason:
        raise ScriptsUnavailable(str(reason)) from reason
    vm.limit = executor.script_memory
    vm.texts = 0
    return vm
