"""Running requests: find the command, admit it, do it, settle what it did.

A step is what is atomic: one request, one EXEC, one waiter that is served. The clock stands still within
it. `execute` is a step; `run` is one command within a step, and EXEC runs several of them.
"""

from typing import Final

from dflite.base.errors import (
    CommandError,
    NoAuth,
    NotInTransaction,
    OutOfMemory,
    UnknownCommand,
    UnknownSubcommand,
    WrongArity,
)
from dflite.engine.args import Args
from dflite.engine.blocking import Waiter
from dflite.engine.client import Client
from dflite.engine.command import (
    ADMIN,
    COMMANDS,
    DENYOOM,
    MAY_REPLICATE,
    NO_AUTH,
    NO_MULTI,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    WRITE,
    Command,
)
from dflite.engine.context import Context, Engine, Host
from dflite.engine.monitoring import feed_monitors
from dflite.native.clock import Clock, monotonic_us
from dflite.native.connection import HELD_BLOCKED, HELD_PAUSED
from dflite.native.lane import Lane
from dflite.store.effects import Effects, Record
from dflite.store.keyspace import Keyspace

QUEUE_NEVER: Final = ("exec", "discard", "multi", "watch", "quit", "reset")
QUOTED: Final = 128  # bytes of an unknown command that its error quotes


class Executor(Engine):
    """The engine with its one way to run commands."""

    def __init__(
        self, keyspace: Keyspace, lane: Lane, clock: Clock, effects: Effects, host: Host
    ) -> None:
        super().__init__(keyspace, lane, clock, effects)
        self.host = host
        self.in_exec = False
        for name, row in COMMANDS.items():
            if name.isupper() and row.lane < 0:
                row.lane = lane.enable(row.name.upper())
        self.observers_changed()

    # -- a step ------------------------------------------------------------------------------------

    def execute(self, ctx: Context, argv: list[bytes]) -> None:
        """One request of a client, as a step of its own."""
        self.run(ctx, argv)
        waiter = ctx.waiter
        if waiter is not None:
            self.park(ctx.client, waiter)
        effects = self.effects
        if effects.changes or effects.records:
            self.settle(False)

    def settle(self, transaction: bool) -> None:
        """Journal what a step did, then tell who looks at keys and serve who waits for them.

        Serving a waiter is a step in turn, so this goes on until nothing more happens.
        """
        effects = self.effects
        while effects.changes or effects.records:
            changes = effects.changes.copy()
            records = effects.records.copy()
            effects.clear()
            if records:
                self.journal.append(records, transaction or len(records) > 1)
            transaction = False
            for change in changes:
                self.watching.touch(change)
                self.blocking.serve(change)
        if self.blocking.served:
            for waiter in self.blocking.served:
                self.let_go(waiter.client)
            self.blocking.served.clear()

    # -- waiting -----------------------------------------------------------------------------------

    def park(self, client: Client, waiter: Waiter) -> None:
        """Hold the client until its waiter is served, its time is up, or it is gone."""
        self.blocking.park(waiter)
        self.blocked_clients += 1
        client.conn.hold(HELD_BLOCKED)
        if waiter.deadline_ms:
            self.timers.at(waiter.deadline_ms, TimeOut(self, waiter).__call__)
        self.observers_changed()

    def let_go(self, client: Client) -> None:
        """A parked client was answered: it may go on."""
        self.blocked_clients -= 1
        client.conn.release(HELD_BLOCKED)
        self.observers_changed()

    def unblock(self, waiter: Waiter, with_error: bool) -> None:
        """Answer a waiter that was not served: its time is up, or CLIENT UNBLOCK said so."""
        self.blocking.leave(waiter)
        if with_error:
            waiter.unblock_with_error()
        else:
            waiter.time_out()
        self.let_go(waiter.client)

    def forget_client(self, client: Client) -> None:
        """The client is gone: it waits, watches and monitors no more."""
        waiter = self.blocking.waiters.get(client.id)
        if waiter is not None:
            self.blocking.leave(waiter)
            self.blocked_clients -= 1
        self.watching.unwatch(client)
        if client in self.monitors:
            self.monitors.remove(client)
        if client in self.paused:
            self.paused.remove(client)
        self.clients.pop(client.id, None)
        self.contexts.pop(client.id, None)
        self.observers_changed()

    def observers_changed(self) -> None:
        effects = self.effects
        effects.journaling = len(self.journal.readers) > 0
        effects.observed = len(self.watching.watchers) > 0 or len(self.blocking.queues) > 0
        seen = len(self.monitors) > 0 or self.paused_until_ms > 0 or self.slowlog_sees_all()
        self.lane.reads = not seen
        self.lane.writes = not seen and not effects.journaling and not effects.observed

    def slowlog_sees_all(self) -> bool:
        """Is the threshold so low that what the hot lane answers might belong in the slow log?"""
        return 0 <= self.slowlog.threshold_us < 1000

    # -- a command ---------------------------------------------------------------------------------

    def run(self, ctx: Context, argv: list[bytes]) -> None:
        effects = self.effects
        effects.replaced = False
        before = effects.changed
        reply = ctx.reply
        mark = reply.mark()
        command: Command | None = None
        started = 0
        try:
            command = find(argv)
            if self.admit(ctx, command, argv):
                ctx.client.last_command = command.name
                if self.monitors and not command.flags & (SKIP_MONITOR | ADMIN):
                    feed_monitors(self, ctx, argv)
                handler = command.handler
                assert handler is not None
                db = ctx.db.index
                started = monotonic_us()
                handler(ctx, Args(argv, 1 if command.parent is None else 2))
                self.count(ctx, command, argv, monotonic_us() - started)
                if (
                    effects.journaling
                    and effects.changed != before
                    and not effects.replaced
                    and command.flags & (WRITE | MAY_REPLICATE)
                ):
                    effects.records.append(Record(db, argv))
        except CommandError as error:
            self.refuse(ctx, command, mark, error.wire(), started)
        except Exception as error:
            self.host.log("warning", describe_bug(argv, error))
            self.refuse(ctx, command, mark, CommandError.text, started)

    def refuse(
        self, ctx: Context, command: Command | None, mark: int, text: bytes, started: int
    ) -> None:
        """Answer an error in the place of whatever was written, and count it."""
        ctx.waiter = None
        ctx.reply.rollback(mark)
        ctx.reply.error(text)
        self.count_error(text)
        client = ctx.client
        if started and command is not None:
            command.failed += 1
            command.calls += 1
            command.usec += monotonic_us() - started
            self.commands_processed += 1
            return
        if command is not None:
            command.rejected += 1
        if client.queue is not None and not self.in_exec:
            client.queue_broken = True

    def count_error(self, text: bytes) -> None:
        """For INFO errorstats."""
        self.error_replies += 1
        code = text.split(b" ", 1)[0].decode("latin-1")
        if code in self.errors or len(self.errors) < 128:
            self.errors[code] = self.errors.get(code, 0) + 1

    def count(self, ctx: Context, command: Command, argv: list[bytes], usec: int) -> None:
        """For INFO commandstats, LATENCY and the slow log."""
        command.calls += 1
        command.usec += usec
        self.commands_processed += 1
        power = (usec * 1000).bit_length()
        command.histogram[power] = command.histogram.get(power, 0) + 1
        if usec >= self.slowlog.threshold_us >= 0 and not command.flags & SKIP_SLOWLOG:
            self.slowlog.add(ctx.client, argv, usec, self.clock.now_ms // 1000)
        if self.latency.threshold_ms > 0:
            event = "fast-command" if command.flags & (1 << 12) else "command"
            self.latency.add(event, usec // 1000, self.clock.now_ms // 1000)

    def admit(self, ctx: Context, command: Command, argv: list[bytes]) -> bool:
        """May this run here and now? Raises what is wrong; False if it was queued or postponed.

        The order of these checks is protocol too: it decides which error is seen.
        """
        if not command.fits(len(argv)) or command.handler is None:
            raise WrongArity(command.name.encode())
        client = ctx.client
        flags = command.flags
        if not client.authenticated and not flags & NO_AUTH:
            raise NoAuth
        if client.queue is not None and flags & NO_MULTI and not self.in_exec:
            raise NotInTransaction
        if self.max_memory and flags & DENYOOM and self.used_memory() > self.max_memory:
            self.rejected_for_memory += 1
            raise OutOfMemory
        if self.in_exec:
            return True
        if self.paused_until_ms and self.must_pause(client, command):
            client.postponed = argv
            client.conn.hold(HELD_PAUSED)
            self.paused.append(client)
            return False
        if client.queue is not None and command.name not in QUEUE_NEVER:
            client.queue.append(argv)
            client.queue_bytes += sum([len(word) for word in argv])
            ctx.reply.simple(b"QUEUED")
            return False
        return True

    # -- CLIENT PAUSE ------------------------------------------------------------------------------

    def must_pause(self, client: Client, command: Command) -> bool:
        if client.admin or command.name in ("client|unpause", "client|pause"):
            return False
        if not self.pause_writes_only:
            return command.name != "exec" or client.queue is not None
        if command.name == "exec" and client.queue is not None:
            return any(find(argv).flags & (WRITE | MAY_REPLICATE) for argv in client.queue)
        return bool(command.flags & (WRITE | MAY_REPLICATE))

    def pause(self, until_ms: int, writes_only: bool) -> None:
        """Postpone requests until then; a pause never ends sooner nor weaker because of a second one."""
        if self.paused_until_ms:
            writes_only = writes_only and self.pause_writes_only
            until_ms = max(until_ms, self.paused_until_ms)
        self.paused_until_ms = until_ms
        self.pause_writes_only = writes_only
        self.timers.at(until_ms, self.end_pause_if_due)
        self.expiry.enabled = False
        self.observers_changed()

    def end_pause_if_due(self) -> None:
        if self.paused_until_ms and self.paused_until_ms <= self.clock.now_ms:
            self.unpause()

    def unpause(self) -> None:
        """Let every postponed request run."""
        self.paused_until_ms = 0
        self.expiry.enabled = True
        self.observers_changed()
        paused, self.paused = self.paused, []
        for client in paused:
            client.conn.release(HELD_PAUSED)


class TimeOut:
    """What a timer does when a waiter's time is up."""

    def __init__(self, executor: Executor, waiter: Waiter) -> None:
        self.executor = executor
        self.waiter = waiter

    def __call__(self) -> None:
        if self.executor.blocking.waiters.get(self.waiter.client.id) is self.waiter:
            self.executor.unblock(self.waiter, False)


def find(argv: list[bytes]) -> Command:
    """The row of a request; a subcommand's where there is one."""
    command = COMMANDS.get(argv[0])
    if command is None:
        command = COMMANDS.get(argv[0].upper())
        if command is None:
            raise unknown_command(argv)
    if command.subcommands and len(argv) > 1:
        sub = command.subcommands.get(argv[1])
        if sub is None:
            sub = command.subcommands.get(argv[1].upper())
            if sub is None:
                raise unknown_subcommand(command, argv[1])
        return sub
    return command


def unknown_command(argv: list[bytes]) -> UnknownCommand:
    quoted = b""
    for word in argv[1:]:
        if len(quoted) >= QUOTED:
            break
        quoted += b"'%b' " % word[: QUOTED - len(quoted)]
    return UnknownCommand(
        b"ERR unknown command '%b', with args beginning with: %b" % (argv[0][:QUOTED], quoted)
    )


def unknown_subcommand(command: Command, word: bytes) -> UnknownSubcommand:
    return UnknownSubcommand(
        b"ERR unknown subcommand '%b'. Try %b HELP."
        % (word[:QUOTED], command.name.upper().encode())
    )


def describe_bug(argv: list[bytes], error: Exception) -> str:
    """A line for the log about an exception that is no CommandError; values are not shown."""
    name = argv[0][:32].decode("latin-1")
    where = ""
    trace = error.__traceback__
    while trace is not None:
        where = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"internal error in {name}: {type(error).__name__}: {error}{where}"


