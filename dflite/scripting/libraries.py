"""Libraries of functions: loaded, replaced, deleted, dumped and restored, and found by FCALL."""

from typing import Final

from dflite.base.script_errors import (
    BadFunctionName,
    FunctionExists,
    FunctionsDoNotCompile,
    InvalidLibraryMetadata,
    InvalidMetadataValue,
    LibraryExists,
    LibraryNameTwice,
    LibraryNotFound,
    MissingLibraryMetadata,
    NoFunctionsRegistered,
    NoLibraryName,
    NotAFunctionPayload,
    NotRegistered,
    RestoredLibraryExists,
    TruncatedFunctionPayload,
    UnknownEngine,
)
from dflite.engine.executor import Executor
from dflite.native.base.bytesops import glob_match
from dflite.native.lua.vm import LuaVM, ScriptError
from dflite.native.rdb.reader import BadFormat, Reader
from dflite.native.rdb.writer import Writer
from dflite.native.wire.inline import split_inline
from dflite.rdb.payloads import FOOTER_BYTES, version_of
from dflite.scripting.calls import Calls, Chunk
from dflite.scripting.flags import FLAGS, NEEDLESS
from dflite.scripting.scripts import OVERHEAD, new_vm

OPCODE: Final = 245  # of a library in RDB
OLD_OPCODE: Final = 246  # of the release candidates of Redis 7.0
VERSION: Final = 10  # of RDB: the first that has libraries
UNKNOWN_FLAG: Final = b"ERR unknown flag given"
FUNCTION_TWICE: Final = b"ERR Function already exists in the library"
NAME_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Function(Chunk):
    """A function that FCALL can call."""

    def __init__(
        self, name: bytes, description: bytes | None, flags: int, reference: int, vm: LuaVM
    ) -> None:
        super().__init__(name, flags, reference, vm)
        self.description = description


class Library:
    """A library: its text and the functions that it registered."""

    def __init__(self, name: bytes, code: bytes) -> None:
        self.name = name
        self.code = code
        self.functions: dict[bytes, Function] = {}

    def memory(self) -> int:
        """Bytes of texts and names, about."""
        return len(self.code) + OVERHEAD + sum([len(name) + OVERHEAD for name in self.functions])


class FunctionCalls(Calls):
    """As `Calls`, and takes what a library registers while it is loaded."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self.loading: Library | None = None
        self.own_vm: LuaVM | None = None

    def register(
        self, name: bytes, description: bytes | None, flags: list[bytes], reference: int
    ) -> bytes | None:
        library = self.loading
        vm = self.own_vm
        assert library is not None
        assert vm is not None
        bits = 0
        for flag in flags:
            low = flag.lower()
            if low not in FLAGS and low not in NEEDLESS:
                return UNKNOWN_FLAG
            bits |= FLAGS.get(low, 0)
        if not is_name(name):
            return BadFunctionName.text
        if name in library.functions:
            return FUNCTION_TWICE
        library.functions[name] = Function(name, description, bits, reference, vm)
        return None


class Libraries:
    """All libraries, and the interpreter that they live in."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.calls = FunctionCalls(executor)
        self.vm = new_vm(executor, self.calls, True)
        self.calls.own_vm = self.vm
        self.by_name: dict[bytes, Library] = {}
        self.functions: dict[bytes, Function] = {}  # by name in small letters

    def named(self, name: bytes) -> Function | None:
        """The function of that name, in whatever case it is written."""
        return self.functions.get(name.lower())

    def memory(self) -> int:
        """Bytes of texts and names, about."""
        return sum([library.memory() for library in self.by_name.values()])

    def tell_memory(self) -> None:
        """What libraries take counts towards maxmemory."""
        self.vm.texts = self.memory()

    def load(self, code: bytes, replace: bool) -> bytes:
        """Load a library; its name. Nothing changes if that fails."""
        name, start = read_metadata(code)
        if name in self.by_name and not replace:
            raise LibraryExists(name)
        library = self.make(name, code, start)
        old = self.by_name.get(name)
        for function in library.functions:
            known = self.named(function)
            if known is not None and (old is None or known.name not in old.functions):
                self.release(library)
                raise FunctionExists(function)
        if old is not None:
            self.unlink(old)
        self.link(library)
        return name

    def make(self, name: bytes, code: bytes, start: int) -> Library:
        """Compile and run a library's text, so that it registers its functions."""
        library = Library(name, code)
        self.vm.limit = self.executor.script_memory
        try:
            reference = self.vm.compile(code, start, b"@user_function")
        except ScriptError as error:
            raise FunctionsDoNotCompile(error.args[0]) from None
        self.calls.loading = library
        try:
            problem = self.vm.load(reference)
        finally:
            self.calls.loading = None
            self.vm.release(reference)
        if problem is not None:
            self.release(library)
            raise NotRegistered(problem)
        if not library.functions:
            raise NoFunctionsRegistered
        return library

    def link(self, library: Library) -> None:
        self.by_name[library.name] = library
        for name, function in library.functions.items():
            self.functions[name.lower()] = function
        self.tell_memory()

    def unlink(self, library: Library) -> None:
        del self.by_name[library.name]
        for name in library.functions:
            del self.functions[name.lower()]
        self.release(library)
        self.tell_memory()

    def release(self, library: Library) -> None:
        for function in library.functions.values():
            function.vm.release(function.reference)

    def delete(self, name: bytes) -> None:
        """Delete a library with its functions."""
        library = self.by_name.get(name)
        if library is None:
            raise LibraryNotFound
        self.unlink(library)

    def flush(self) -> None:
        """Delete everything: a new interpreter too, so that nothing of it is left."""
        self.by_name.clear()
        self.functions.clear()
        self.vm.close()
        self.vm = new_vm(self.executor, self.calls, True)
        self.calls.own_vm = self.vm
        self.tell_memory()

    def matching(self, pattern: bytes | None) -> list[Library]:
        """Libraries whose name matches, in whatever case."""
        found = list(self.by_name.values())
        if pattern is None:
            return found
        return [each for each in found if glob_match(pattern, each.name, True)]

    # -- payloads ----------------------------------------------------------------------------------

    def write(self, writer: Writer) -> None:
        """All libraries as RDB, as they stand in files."""
        for library in self.by_name.values():
            writer.byte(OPCODE)
            writer.string(library.code)

    def dump(self, packing: bool) -> bytes:
        """All libraries as RDB, with a version and a checksum behind them."""
        writer = Writer(packing)
        self.write(writer)
        writer.seal(VERSION)
        return writer.take()

    def restore(self, payload: bytes, policy: bytes) -> None:
        """Load what `dump` made."""
        self.load_all(read_payload(payload), policy)

    def load_all(self, codes: list[bytes], policy: bytes) -> None:
        """Load libraries; APPEND, REPLACE or FLUSH decides about those that are there.

        All of them or none.
        """
        before = self.by_name.copy()
        made: dict[bytes, Library] = {}
        try:
            for code in codes:
                name, start = read_metadata(code)
                if name in made:
                    raise LibraryExists(name)
                made[name] = self.make(name, code, start)
            kept = {} if policy == b"FLUSH" else before
            taken: set[bytes] = set()
            for name, library in kept.items():
                if name in made:
                    if policy != b"REPLACE":
                        raise RestoredLibraryExists(name)
                else:
                    taken.update(library.functions)
            for library in made.values():
                for function in library.functions:
                    if function in taken:
                        raise FunctionExists(function)
                    taken.add(function)
        except Exception:
            for library in made.values():
                self.release(library)
            raise
        for name, library in before.items():
            if name in made or policy == b"FLUSH":
                self.unlink(library)
        for library in made.values():
            self.link(library)


def is_name(name: bytes) -> bool:
    return len(name) > 0 and all(letter in NAME_LETTERS for letter in name)


def read_metadata(code: bytes) -> tuple[bytes, int]:
    """A library's name, of its first line, and where its text begins."""
    if not code.startswith(b"#!"):
        raise MissingLibraryMetadata
    end = code.find(b"\n")
    if end < 0:
        raise InvalidLibraryMetadata
    words = split_inline(code[:end])
    if not words:
        raise InvalidLibraryMetadata
    name: bytes | None = None
    for word in words[1:]:
        if word[:5].lower() == b"name=":
            if name is not None:
                raise LibraryNameTwice
            name = word[5:]
        else:
            raise InvalidMetadataValue(word)
    if name is None:
        raise NoLibraryName
    if not is_name(name):
        raise BadFunctionName
    if words[0][2:].lower() != b"lua":
        raise UnknownEngine(words[0][2:])
    return name, end


def read_payload(payload: bytes) -> list[bytes]:
    """The texts of the libraries in a payload."""
    version_of(payload)
    reader = Reader(payload, 0, len(payload) - FOOTER_BYTES)
    codes = []
    while reader.left:
        try:
            kind = reader.byte()
            if kind == OPCODE:
                codes.append(reader.string())
                continue
        except BadFormat:
            raise TruncatedFunctionPayload from None
        raise TruncatedFunctionPayload if kind == OLD_OPCODE else NotAFunctionPayload
    return codes
