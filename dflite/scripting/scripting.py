"""Scripts and functions of a node: two interpreters, made when they are first needed."""

from typing import Final

from dflite.base.replication_errors import (
    NotEnoughReplicas,
    PrimaryDownForScript,
    ScriptOnReplica,
)
from dflite.base.script_errors import NotBusy, ScriptMayNotGrow, WritesInReadOnlyCall
from dflite.engine.command import COMMANDS
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.native.rdb.writer import Writer
from dflite.scripting.calls import Calls, Chunk
from dflite.scripting.flags import ALLOW_OOM, ALLOW_STALE, NO_WRITES, UNFLAGGED
from dflite.scripting.libraries import Libraries
from dflite.scripting.scripts import Scripts

# What becomes of libraries that are there when others are loaded.
FLUSH: Final = b"FLUSH"
REPLACE: Final = b"REPLACE"


class Scripting:
    """What EVAL, SCRIPT, FCALL and FUNCTION work on."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.calls = Calls(executor)
        self.scripts = Scripts(executor, self.calls)
        self.loaded: Libraries | None = None
        self.errors: list[bytes] = []

    @property
    def libraries(self) -> Libraries:
        """The libraries of functions, with an interpreter of their own."""
        if self.loaded is None:
            self.loaded = Libraries(self.executor)
        return self.loaded

    def running(self) -> Calls | None:
        """What runs now, if anything does."""
        if self.calls.vm is not None:
            return self.calls
        if self.loaded is not None and self.loaded.calls.vm is not None:
            return self.loaded.calls
        return None

    def kill(self, functions: bool) -> None:
        """End what runs: SCRIPT KILL, FUNCTION KILL."""
        running = self.running()
        if running is None:
            raise NotBusy
        running.kill(functions)

    def memory(self) -> int:
        """Bytes of texts and interpreters."""
        scripts = self.scripts
        total = scripts.text_bytes + scripts.vm.used
        if self.loaded is not None:
            total += self.loaded.memory() + self.loaded.vm.used
        return total

    def run(
        self,
        ctx: Context,
        calls: Calls,
        chunk: Chunk,
        argv: list[bytes],
        keys: int,
        read_only: bool,
    ) -> None:
        """Run a script or a function with the words behind argv[2], and answer."""
        flags = chunk.flags
        vm = chunk.vm
        if not flags & UNFLAGGED:
            executor = self.executor
            if executor.stale and not flags & ALLOW_STALE and not ctx.client.primary:
                raise PrimaryDownForScript
            if not flags & NO_WRITES:
                if read_only:
                    raise WritesInReadOnlyCall
                if executor.read_only and not ctx.client.primary:
                    raise ScriptOnReplica
                if executor.replication.too_few:
                    raise NotEnoughReplicas
            if not flags & (ALLOW_OOM | NO_WRITES) and calls.is_over_limit():
                raise ScriptMayNotGrow
            read_only = read_only or (flags & NO_WRITES) != 0
        calls.begin(ctx, chunk, argv, read_only)
        errors = self.errors
        try:
            text = vm.run(
                chunk.reference, argv, 3, keys, ctx.reply, chunk.name, errors,
                ctx.db.index, read_only, calls.fast,
            )  # fmt: skip
        finally:
            calls.end()
        if text is not None:
            ctx.reply.error(text)
        if vm.failed:
            COMMANDS[argv[0].upper()].failed += 1
        if errors:
            for each in errors:
                self.executor.count_error(each)
            errors.clear()


def scripting_of(ctx: Context) -> Scripting:
    """The scripts of the node."""
    engine = ctx.engine
    assert isinstance(engine, Executor)
    return scripting_in(engine)


def scripting_in(executor: Executor) -> Scripting:
    """The scripts of the node."""
    scripting = executor.scripting
    if scripting is None:
        scripting = Scripting(executor)
        executor.scripting = scripting
    assert isinstance(scripting, Scripting)
    return scripting


def saved_functions(executor: Executor, packing: bool) -> bytes:
    """The libraries of functions, as they stand in a snapshot before the keys."""
    scripting = executor.scripting
    writer = Writer(packing)
    if isinstance(scripting, Scripting) and scripting.loaded is not None:
        scripting.loaded.write(writer)
    return writer.take()


def take_functions(executor: Executor, codes: list[bytes], policy: bytes) -> None:
    """Load the libraries of a snapshot, as FUNCTION RESTORE would; raises its errors.

    With FLUSH they are all that there is, even if there are none.
    """
    scripting = executor.scripting
    there = isinstance(scripting, Scripting) and scripting.loaded is not None
    if codes or (there and policy == FLUSH):
        scripting_in(executor).libraries.load_all(codes, policy)
