"""The commands that a running script calls: checked, run within the script's step, counted.

Words and replies are `native/lua/state.pyx`'s business; it asks `Calls` for what the hot lane does
not answer. There is one `Calls` a node, since one script runs at a time.
"""

from typing import Final

from dflite.base.conversation_errors import OutOfMemory
from dflite.base.errors import CommandError, UnknownCommand, UnknownSubcommand
from dflite.base.replication_errors import (
    NotEnoughReplicas,
    ReadOnlyReplica,
    StaleForScripts,
)
from dflite.base.script_errors import BusyFunction, BusyScript, NotBusy, Unkillable
from dflite.engine.acl import check
from dflite.engine.acl_log import LUA
from dflite.engine.args import Args
from dflite.engine.beforehand import (
    expire_before_write,
    expire_elements_before,
    note_absent,
    save_before,
)
from dflite.engine.client import Client
from dflite.engine.command import (
    ADMIN,
    DENYOOM,
    MAY_REPLICATE,
    NOSCRIPT,
    READONLY,
    SKIP_MONITOR,
    STALE,
    WRITE,
    Command,
)
from dflite.engine.context import Context
from dflite.engine.durations import BUCKETS, SHORT_USEC, bucket_of
from dflite.engine.executor import Executor
from dflite.engine.lookup import find
from dflite.engine.monitoring import feed_monitors
from dflite.engine.permission import note_refusal
from dflite.engine.secrets import describe_bug
from dflite.native.base.clock import monotonic_us
from dflite.native.lua.vm import LuaVM
from dflite.native.wire.reply import Reply
from dflite.scripting.flags import ALLOW_OOM
from dflite.store.effects import Record

NOW_US: Final = monotonic_us
UNKNOWN: Final = b"ERR Unknown Redis command called from script"
WRONG_NUMBER: Final = b"ERR Wrong number of args calling Redis command from script"
NOT_FROM_SCRIPTS: Final = b"ERR This Redis command is not allowed from script"
READ_ONLY: Final = b"ERR Write commands are not allowed from read-only scripts."
KILLED: Final = b"ERR Script killed by user with SCRIPT KILL..."
SHUT_DOWN: Final = b"ERR Script ended, because the server shuts down"
NO_PERMISSION: Final = b"NOPERM ACL failure in script: "
LEVELS: Final = ("debug", "verbose", "notice", "warning")
REPLICATE_ALL: Final = 3
UNKNOWN_YET: Final = -1


class Chunk:
    """What an interpreter has compiled and a request can run: a script, or a function."""

    def __init__(self, name: bytes, flags: int, reference: int, vm: LuaVM) -> None:
        self.name = name
        self.flags = flags
        self.reference = reference  # in the interpreter
        self.vm = vm


class ScriptContext(Context):
    """A script's context: its database is its own, its replies are for Lua."""

    def __init__(self, executor: Executor, client: Client, vm: LuaVM) -> None:
        super().__init__(executor, executor.host, client, vm.capture)
        self.may_wait = False
        self.in_script = True

    def select(self, index: int) -> None:
        self.db = self.keyspace.dbs[index]


class Calls:
    """What the interpreters ask of the engine while a script runs."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.ctx: ScriptContext
        # what the last script had, for the next one
        self.context: ScriptContext | None = None
        self.used_vm: LuaVM | None = None
        self.memory = -1
        self.patience_us = -1
        self.fast = False  # the hot lane may answer
        self.vm: LuaVM | None = None  # that runs
        self.name = b""
        self.caller_argv: list[bytes] = []
        self.started_us = 0
        self.read_only = False
        self.allow_oom = False
        self.over_limit = UNKNOWN_YET
        self.replication = REPLICATE_ALL
        self.killed: bytes | None = None  # the error that it is to end with
        self.told_of_end = False
        self.busy: CommandError | None = None

    def begin(self, ctx: Context, chunk: Chunk, argv: list[bytes], read_only: bool) -> None:
        """A script of this client is about to run."""
        client = ctx.client
        vm = chunk.vm
        own = self.context
        if own is None or self.used_vm is not vm:
            self.context = own = ScriptContext(self.executor, client, vm)
            self.used_vm = vm
            self.memory = self.patience_us = -1
        own.client = client
        own.db = ctx.db
        self.ctx = own
        self.vm = vm
        self.name = chunk.name
        self.caller_argv = argv
        self.started_us = NOW_US()
        self.read_only = read_only
        self.allow_oom = (chunk.flags & ALLOW_OOM) != 0
        self.replication = REPLICATE_ALL
        self.killed = None
        self.told_of_end = False
        self.over_limit = UNKNOWN_YET
        if self.memory != self.executor.script_memory:
            vm.limit = self.memory = self.executor.script_memory
        if self.patience_us != self.executor.script_patience_us:
            vm.busy_after_us = self.patience_us = self.executor.script_patience_us
        self.fast = (
            client.user.unrestricted
            and not client.no_touch
            and (client.tracker is None or client.tracker.broadcast)
        )

    def is_over_limit(self) -> bool:
        """Is there more data than maxmemory allows, although some was evicted?"""
        return not self.executor.make_room()

    def began_over_limit(self) -> bool:
        """As `is_over_limit`, once a script, which has not written yet."""
        if self.over_limit == UNKNOWN_YET:
            self.over_limit = int(self.is_over_limit())
        return self.over_limit == 1

    def end(self) -> None:
        """The script is over."""
        self.vm = None
        if self.busy is not None:
            self.busy = None
            self.executor.busy_with = None
            self.executor.observers_changed()
        self.executor.effects.replaced = True  # what it did is noted, the script itself is not

    # -- a command ---------------------------------------------------------------------------------

    def call(self, argv: list[bytes]) -> bytes | None:
        """Run a command, its reply for `capture`; or the text of why it may not run."""
        try:
            command = find(argv)
        except (UnknownCommand, UnknownSubcommand):
            return self.refuse(None, UNKNOWN)
        problem = self.check(command, argv)
        if problem:
            return self.refuse(command, problem)
        self.run(command, argv)
        vm = self.vm
        assert vm is not None
        vm.database = self.ctx.db.index  # SELECT is for the rest of the script
        return None

    def check(self, command: Command, argv: list[bytes]) -> bytes:
        """Why a script may not call this; empty if it may. The order is protocol."""
        vm = self.vm
        assert vm is not None
        flags = command.flags
        if not command.fits(len(argv)) or command.handler is None:
            return WRONG_NUMBER
        if flags & NOSCRIPT:
            return NOT_FROM_SCRIPTS
        forbidden = self.forbidden(command, argv, True)
        if forbidden:
            return forbidden
        if self.read_only and flags & (WRITE | MAY_REPLICATE):
            return READ_ONLY
        if self.executor.stale and not flags & STALE and not self.ctx.client.primary:
            return StaleForScripts.text
        if flags & WRITE:
            if self.executor.read_only and not self.ctx.client.primary:
                return ReadOnlyReplica.text
            if self.executor.misconfigured is not None:
                return self.executor.misconfigured.wire()
            if self.executor.replication.too_few:
                return NotEnoughReplicas.text
        if (flags & DENYOOM and not self.allow_oom) and (
            self.executor.exceeds_limit(argv) or (not vm.wrote and self.began_over_limit())
        ):
            self.executor.rejected_for_memory += 1
            return OutOfMemory.text
        if flags & WRITE:
            vm.wrote = True
        return b""

    def forbidden(self, command: Command, argv: list[bytes], is_tried: bool = False) -> bytes:
        """What the caller's user may not do, though a script does it for him; empty if he may."""
        user = self.ctx.client.user
        if user.unrestricted:
            return b""
        refusal = check(user, command, argv, self.ctx.db.index, len(self.ctx.keyspace.dbs))
        if refusal is None:
            return b""
        if is_tried:
            note_refusal(self.ctx, command, argv, refusal, LUA)
        return NO_PERMISSION + refusal.reason(user, command)

    def refuse(self, command: Command | None, text: bytes) -> bytes:
        if command is not None:
            command.rejected += 1
        self.executor.count_error(text)
        return text

    def run(self, command: Command, argv: list[bytes]) -> None:
        executor = self.executor
        effects = executor.effects
        ctx = self.ctx
        client = ctx.client
        reply: Reply = ctx.reply
        db = ctx.db
        handler = command.handler
        assert handler is not None
        effects.replaced = False
        before = effects.changed
        effects.withheld = self.replication == 0
        if executor.monitors and not command.flags & (SKIP_MONITOR | ADMIN):
            feed_monitors(executor, ctx, argv, "lua")
        started = NOW_US()
        if client.no_touch and command.name != "touch":
            db.touching = False
        if db.element_deadlines.first and command.flags & WRITE:
            expire_elements_before(db, argv)
        if effects.beside_primary and command.flags & WRITE:
            expire_before_write(db, argv)
        if executor.noting_new:
            note_absent(executor.notifications, db, argv)
        if executor.saving and command.flags & (WRITE | MAY_REPLICATE):
            save_before(db, argv)
        try:
            handler(ctx, Args(argv, 1 if command.parent is None else 2))
        except CommandError as error:
            self.answer_error(command, error.wire())
        except Exception as bug:
            executor.internal_errors += 1
            ctx.host.log("warning", describe_bug(argv, bug))
            self.answer_error(command, CommandError.text)
        db.touching = True
        ctx.waiter = None
        if executor.announcing:
            executor.announce()
            if client.tracker is not None and command.flags & READONLY:
                executor.remember(client, command, argv)
        if (
            effects.journaling
            and not effects.withheld
            and effects.changed != before
            and not effects.replaced
            and command.flags & (WRITE | MAY_REPLICATE)
        ):
            effects.records.append(Record(db.index, argv))
        effects.withheld = False
        usec = NOW_US() - started
        command.calls += 1
        command.usec += usec
        executor.commands_processed += 1
        if executor.latency_tracking:
            bucket = BUCKETS[usec] if usec < SHORT_USEC else bucket_of(usec)
            command.times[bucket] = command.times.get(bucket, 0) + 1
        if not len(reply):
            reply.null()  # a command that answers nothing (CLIENT REPLY) would leave Lua waiting

    def answer_error(self, command: Command, text: bytes) -> None:
        reply = self.ctx.reply
        reply.rollback(0)
        reply.error(text)
        command.failed += 1
        self.executor.count_error(text)

    def note(self, argv: list[bytes]) -> None:
        """The hot lane has changed something for the script; replicas and the log repeat it."""
        if self.replication:
            self.executor.effects.records.append(Record(self.ctx.db.index, argv))

    # -- what else Lua asks ------------------------------------------------------------------------

    def is_allowed(self, argv: list[bytes]) -> bool | None:
        """May the caller's user run this? None if there is no such command."""
        try:
            command = find(argv)
        except (UnknownCommand, UnknownSubcommand):
            return None
        return not self.forbidden(command, argv)

    def log(self, level: int, text: bytes) -> None:
        """redis.log"""
        self.ctx.host.log(LEVELS[level], text.decode("utf-8", "replace"))

    def set_replication(self, flags: int) -> None:
        """redis.set_repl: replicas and the log of commands are one journal here."""
        self.replication = flags

    def register(
        self, name: bytes, description: bytes | None, flags: list[bytes], reference: int
    ) -> bytes | None:
        """redis.register_function; libraries have their own `Calls` for it."""
        raise NotImplementedError

    # -- scripts that take long --------------------------------------------------------------------

    def let_others_speak(self, first: bool) -> bytes | None:
        """Others get their errors, and those who may speak their answers; why the script is to end.

        Their requests are steps in the middle of this one, so what this one has noted is put aside.
        """
        executor = self.executor
        vm = self.vm
        if vm is None or executor.serve_others is None:
            return None
        if first:
            word = "FUNCTION KILL" if vm.for_functions else "SCRIPT KILL"
            self.ctx.host.log(
                "warning",
                f"a script has run for {(NOW_US() - self.started_us) // 1000} ms and goes on; "
                f"{word} would end it: {self.name.decode('latin-1')}",
            )
            self.busy = BusyFunction() if vm.for_functions else BusyScript()
            executor.busy_with = self.busy
            executor.observers_changed()
        effects = executor.effects
        changes = effects.changes
        records = effects.records
        announced = effects.announced
        running = executor.pushes.running
        in_exec = executor.in_exec
        now_us = executor.clock.now_us
        effects.changes = []
        effects.records = []
        effects.announced = 0
        executor.in_exec = False
        executor.pushes.running = None
        try:
            stopped = executor.serve_others()
        finally:
            effects.changes = changes
            effects.records = records
            effects.announced = announced
            executor.in_exec = in_exec
            executor.pushes.running = running
            executor.clock.put_back(now_us)  # a script sees one time
        if stopped:
            self.give_up(vm)
        elif executor.wants_end and self.may_end(vm):
            self.killed = SHUT_DOWN
        return self.killed

    def give_up(self, vm: LuaVM) -> None:
        """SHUTDOWN NOSAVE: what a step has done so far is half of something, which nobody gets."""
        self.killed = SHUT_DOWN
        self.executor.journal.closed = True
        if vm.wrote:
            self.ctx.host.log(
                "warning",
                "the running script has written, and is ended: neither the log nor replicas get "
                f"any of it: {self.name.decode('latin-1')}",
            )

    def may_end(self, vm: LuaVM) -> bool:
        """The process was told to end: so do scripts, but not one that has written."""
        if vm.wrote and not self.told_of_end:
            self.told_of_end = True
            self.ctx.host.log(
                "warning",
                "the running script has written: the process ends after it, or by SHUTDOWN NOSAVE",
            )
        return not vm.wrote

    def kill(self, functions: bool) -> None:
        """SCRIPT KILL, FUNCTION KILL."""
        vm = self.vm
        if vm is None:
            raise NotBusy
        if vm.wrote:
            raise Unkillable
        if vm.for_functions != functions:
            raise BusyFunction if vm.for_functions else BusyScript
        self.killed = KILLED
