"""Running requests: find the command, admit it, do it; `Settling` does the rest of the step.

A step is what is atomic: one request, one EXEC, one waiter that is served. The clock stands still
within it. `execute` is a step; `run` is one command within a step, and EXEC runs several of them.
"""

from typing import Final

from dflite.base.conversation_errors import (
    Loading,
    NoAuth,
    NotForSubscribers,
    NotInTransaction,
    OutOfMemory,
)
from dflite.base.errors import CommandError, WrongArity
from dflite.base.replication_errors import NotEnoughReplicas, PrimaryDown, ReadOnlyReplica
from dflite.base.server_errors import MonitorReadsOnly
from dflite.engine import permission
from dflite.engine.args import Args
from dflite.engine.beforehand import (
    expire_before_write,
    expire_elements_before,
    note_absent,
    save_before,
)
from dflite.engine.client import NO_COMMAND, REPLY_ON, Client, Tracker
from dflite.engine.command import (
    ADMIN,
    ALLOW_BUSY,
    COMMANDS,
    DENYOOM,
    FAST,
    LOADING,
    MAY_REPLICATE,
    NO_AUTH,
    NO_MULTI,
    PROTECTED,
    READONLY,
    SKIP_MONITOR,
    SKIP_SLOWLOG,
    STALE,
    WRITE,
    Command,
)
from dflite.engine.context import Context, Host
from dflite.engine.durations import BUCKETS, SHORT_USEC, bucket_of
from dflite.engine.latency import COMMAND, FAST_COMMAND
from dflite.engine.lookup import find
from dflite.engine.monitoring import feed_monitors
from dflite.engine.notifications import NEW
from dflite.engine.secrets import describe_bug
from dflite.engine.settling import Settling
from dflite.native.base.clock import Clock, monotonic_us
from dflite.native.wire.lane import Lane
from dflite.store.effects import MISS, Effects, Record
from dflite.store.keyspace import Keyspace

RUN_IN_MULTI: Final = ("exec", "discard", "multi", "watch", "quit", "reset")  # never queued
FOR_SUBSCRIBERS: Final = (
    "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe", "sunsubscribe", "ping",
    "quit", "reset",
)  # fmt: skip
ABORTED: Final = b"EXECABORT Transaction discarded because of: "
NOW_US: Final = monotonic_us  # a constant is found faster than a name of the module


class Executor(Settling):
    """The engine with its one way to run commands."""

    def __init__(
        self, keyspace: Keyspace, lane: Lane, clock: Clock, effects: Effects, host: Host
    ) -> None:
        super().__init__(keyspace, lane, clock, effects, host)
        self.in_exec = False
        for name, row in COMMANDS.items():
            if name.isupper() and row.lane:
                row.lane = lane.operations.enable(row.name.upper())
        self.observers_changed()

    # -- a step ------------------------------------------------------------------------------------

    def execute(self, ctx: Context, argv: list[bytes]) -> None:
        """One request of a client, as a step of its own."""
        client = ctx.client
        silent = client.reply_mode != REPLY_ON
        follows = client.replica
        mark = ctx.reply.mark() if silent or follows else 0
        self.pushes.running = client
        self.run(ctx, argv)
        if self.tracking.own:
            self.tracking.tell_own(client)
        self.pushes.running = None
        if ctx.waiter is not None:
            ctx.waiter.argv = argv
            self.park(ctx.waiter)
        if client.reply_mode != REPLY_ON and not (silent and client.is_held()):
            # CLIENT REPLY OFF and SKIP answer nothing themselves
            client.silence(mark if silent else ctx.reply.mark())
        if follows and ctx.reply.mark() != mark:
            self.cut_off_talker(client, mark)
        self.end_step(client)

    def end_step(self, client: Client) -> None:
        """A request is answered, in whatever protocol: what it did is told, and has its effects."""
        if self.pushes.kept or self.pushes.said:
            self.pushes.release(client)
        if client.tracker is not None:
            self.after_tracked(client, client.tracker)
        if self.effects.changes or self.effects.records:
            self.settle(True)
            client.conn.write_offset = self.backlog.offset

    def after_tracked(self, client: Client, tracker: Tracker) -> None:
        """A request of a tracker is done: what CLIENT CACHING said of it is over."""
        if client.queue is None and not client.last_command.startswith("client|"):
            tracker.caching = False
        self.tracking.trim()

    def before_replies(self) -> None:
        """Replies are about to leave: what is told once for many changes goes with them."""
        if self.tracking.gathered:
            self.tracking.tell_gathered()
        for chore in self.before_replies_chores:
            chore()

    # -- the end of a client -----------------------------------------------------------------------

    def kill(self, client: Client) -> None:
        client.killed = True
        client.update_lane()
        if client is self.pushes.running:
            client.conn.close_after_reply()
        else:
            self.forget_client(client)  # now: its connection may take a while to be gone
            client.conn.abort()

    def cut_off(self, client: Client) -> None:
        self.closed_for_output += 1
        self.host.log_of_many(
            "warning",
            "output",
            f"closing client {client.addr}: it exceeds client-output-buffer-limit",
        )
        self.kill(client)

    def cut_off_talker(self, client: Client, mark: int) -> None:
        """A replica reads the stream, where an answer would be a piece of another one."""
        client.conn.reply.rollback(mark)
        self.host.log_of_many(
            "warning",
            "talker",
            f"Replica generated a reply to command '{client.last_command}', disconnecting it: "
            f"{client.addr}",
        )
        self.kill(client)

    def forget_client(self, client: Client) -> None:
        """The client is gone: it waits, watches and monitors no more. Once is enough."""
        if self.clients.pop(client.id, None) is None:
            return
        self.contexts.pop(client.id, None)
        waiter = self.blocking.waiters.get(client.id)
        if waiter is not None:
            self.blocking.leave(waiter)
        self.pausing.forget(client)
        self.drop_queue(client)
        self.watching.unwatch(client)
        self.channels.forget(client)
        self.tracking.stop(client)
        replica = self.replication.forget(client.id)
        if replica is not None and replica.is_counted():
            place = f"{replica.ip}:{replica.port}"
            self.host.log("notice", f"Connection with replica {place} lost")
        if client in self.monitors:
            self.monitors.remove(client)
        self.observers_changed()

    def observers_changed(self) -> None:
        effects = self.effects
        watched = len(self.watching.watchers) > 0
        notifying = self.notifications.is_active()
        announcing = notifying or len(self.tracking.trackers) > 0
        if announcing and not self.announcing:
            effects.announced = len(effects.changes)  # what was before is nobody's news
        self.announcing = announcing
        self.noting_new = notifying and (self.notifications.classes & NEW) != 0
        effects.noting_misses = notifying and (self.notifications.classes & MISS) != 0
        mine = self.replication.primary is None and not self.applying
        effects.journaling = self.backlog.active and mine
        following = self.replication.primary is not None and not self.applying
        effects.beside_primary = following and not self.read_only
        self.backlog.journaling = effects.journaling
        effects.observed = watched or len(self.blocking.queues) > 0 or self.announcing
        seen = len(self.monitors) > 0 or self.pausing.active
        # ... by the slow log, of which the hot lane knows nothing
        seen = seen or 0 <= self.slowlog.threshold_us < 1000
        seen = seen or (self.loading and not self.applying)
        self.misconfigured = self.disk_problem()
        seen = seen or self.misconfigured is not None or self.busy_with is not None
        self.lane.reads = not (seen or self.stale or effects.noting_misses)
        seen = seen or watched or self.announcing or self.replication.too_few
        seen = seen or following
        self.lane.writes = not (seen or self.blocking.await_strings > 0)
        self.lane.wakes = not self.blocking.queues

    # -- a command ---------------------------------------------------------------------------------

    def run(self, ctx: Context, argv: list[bytes]) -> None:
        client = ctx.client
        effects = self.effects
        effects.replaced = False
        before = effects.changed
        db = ctx.db
        mark = ctx.reply.mark()
        command: Command | None = None
        started = 0
        try:
            command = find(argv)
            if not self.in_exec:
                client.last_command = command.name
            if not self.admit(ctx, command, argv):
                return
            handler = command.handler
            assert handler is not None
            started = NOW_US()
            if client.no_touch and command.name != "touch":
                db.touching = False
            if db.element_deadlines.first and command.flags & WRITE:
                expire_elements_before(db, argv)
            if effects.beside_primary and command.flags & WRITE:
                expire_before_write(db, argv)
            if self.noting_new:
                note_absent(self.notifications, db, argv)
            if self.saving and command.flags & (WRITE | MAY_REPLICATE):
                save_before(db, argv)
            handler(ctx, Args(argv, 1 if command.parent is None else 2))
        except CommandError as error:
            self.refuse(ctx, command, mark, error.wire(), started > 0)
        except Exception as bug:
            self.internal_errors += 1
            self.host.log("warning", describe_bug(argv, bug))
            self.refuse(ctx, command, mark, CommandError.text, started > 0)
        if command is None or started == 0:
            return
        db.touching = True
        if self.announcing:
            self.announce()
            if client.tracker is not None:
                self.remember(client, command, argv)
        if (
            effects.journaling
            and effects.changed != before
            and not effects.replaced
            and command.flags & (WRITE | MAY_REPLICATE)
        ):
            effects.records.append(Record(db.index, argv))
        self.finish(ctx, command, argv, NOW_US() - started)

    def finish(self, ctx: Context, command: Command, argv: list[bytes], usec: int) -> None:
        """A request has run, in whatever protocol: count it, and let MONITOR see it."""
        if ctx.waiter is None:
            self.count(ctx.client, command, argv, usec)
        else:
            ctx.waiter.usec = usec  # counted when it is answered
        if self.monitors and not command.flags & (SKIP_MONITOR | ADMIN):
            feed_monitors(self, ctx, argv)

    def remember(self, client: Client, command: Command, argv: list[bytes]) -> None:
        """A tracker has run a command: it has the keys from now on if the command reads."""
        if command.flags & READONLY:
            keys = [argv[at] for at in command.key_positions(argv)]
            self.tracking.remember(client, keys)

    def run_queued(self, ctx: Context, queue: list[list[bytes]]) -> None:
        self.in_exec = True
        self.attempts.given_up = False
        may_wait = ctx.may_wait
        ctx.may_wait = False
        for argv in queue:
            self.run(ctx, argv)
        ctx.may_wait = may_wait
        self.in_exec = False

    def end_transaction(self, client: Client) -> None:
        self.drop_queue(client)
        self.watching.unwatch(client)
        self.observers_changed()

    def drop_queue(self, client: Client) -> None:
        if client.queue is not None:
            self.queued_bytes -= client.queue_bytes
            client.drop_queue()

    def refuse(
        self, ctx: Context, command: Command | None, mark: int, text: bytes, ran: bool
    ) -> None:
        """Answer an error in the place of whatever was written, and count it."""
        client = ctx.client
        ctx.waiter = None
        if ran:
            assert command is not None
            command.failed += 1
        else:
            if command is None:
                client.last_command = NO_COMMAND
            else:
                command.rejected += 1
                if command.name == "exec":
                    text = ABORTED + text.removeprefix(b"ERR ")
                    self.end_transaction(client)
            if client.queue is not None and not self.in_exec:
                self.queued_bytes -= client.queue_bytes
                client.break_queue()
        ctx.reply.rollback(mark)
        ctx.reply.error(text)
        self.count_error(text)

    def count_error(self, text: bytes) -> None:
        """For INFO errorstats."""
        self.error_replies += 1
        code = text.split(b" ", 1)[0].decode("latin-1")
        if code in self.errors or len(self.errors) < 128:
            self.errors[code] = self.errors.get(code, 0) + 1

    def count(self, client: Client, command: Command, argv: list[bytes], usec: int) -> None:
        """For INFO commandstats, LATENCY and the slow log."""
        command.calls += 1
        command.usec += usec
        self.commands_processed += 1
        if self.latency_tracking:
            bucket = BUCKETS[usec] if usec < SHORT_USEC else bucket_of(usec)
            command.times[bucket] = command.times.get(bucket, 0) + 1
        if usec >= SHORT_USEC and not self.in_exec:
            self.clock.read()  # whoever comes next, a waiter too, comes later
        if usec >= self.slowlog.threshold_us >= 0 and not command.flags & SKIP_SLOWLOG:
            self.slowlog.add(client, argv, usec, self.clock.now_ms // 1000)
        if self.latency.threshold_ms > 0:
            event = FAST_COMMAND if command.flags & FAST else COMMAND
            self.latency.add(event, usec // 1000, self.clock.now_ms // 1000)

    def admit(self, ctx: Context, command: Command, argv: list[bytes]) -> bool:
        """May this run here and now? Raises what is wrong; False if it was queued or postponed.

        The order of these checks is protocol too: it decides which error is seen.
        """
        if not command.fits(len(argv)) or command.handler is None:
            raise WrongArity(command.name.encode())
        client = ctx.client
        if self.in_exec:
            if not client.user.unrestricted:
                permission.demand(ctx, command, argv, True)
            return True
        flags = command.flags
        if client.primary:
            if flags & WRITE and self.misconfigured is not None:
                self.do_unlogged()
            return not self.is_queued(ctx, command, argv)
        if flags & PROTECTED:
            permission.demand_protected(ctx, client, command)
        if not client.authenticated and not flags & NO_AUTH and not self.users.is_open():
            raise NoAuth
        queued = client.queue is not None and command.name not in RUN_IN_MULTI
        if queued and flags & NO_MULTI:
            raise NotInTransaction
        if not client.user.unrestricted:
            permission.demand(ctx, command, argv)
        if command.name == "exec":
            flags |= client.queue_flags
        # As Redis: with a policy any request makes room, for what others have in their buffers.
        deny = flags & DENYOOM
        if deny:
            if not self.make_room_for(argv):
                self.rejected_for_memory += 1
                raise OutOfMemory
        elif self.eviction.evictor.policy:
            self.make_room()
        if self.misconfigured is not None and (flags & WRITE or command.name == "ping"):
            raise self.misconfigured
        if flags & WRITE and self.replication.too_few:
            raise NotEnoughReplicas
        if self.read_only and flags & WRITE:
            raise ReadOnlyReplica
        if self.busy_with is not None and not flags & ALLOW_BUSY:
            raise self.busy_with
        if client.is_only_listening() and command.name not in FOR_SUBSCRIBERS:
            raise NotForSubscribers(command.name.encode())
        if self.stale and not flags & STALE:
            raise PrimaryDown
        if self.loading and not flags & LOADING:
            raise Loading
        if client.monitor and flags & (WRITE | READONLY | MAY_REPLICATE):
            raise MonitorReadsOnly
        if self.pausing.active and self.must_wait(client, flags):
            self.pausing.postpone(client, argv)
            return False
        if self.attempts.by_address and not queued and permission.must_wait(ctx, command, argv):
            return False
        if self.is_queued(ctx, command, argv):
            if client.queue_bytes > client.conn.limits.query_buffer:
                self.host.log_of_many(
                    "warning", "multi", f"closing client {client.addr}: its MULTI is too long"
                )
                self.kill(client)
            return False
        return True

    def do_unlogged(self) -> None:
        """The primary says what cannot be written to this node's disk."""
        if self.replication.primary is None:
            return  # it is the log that is being loaded
        if self.divergence.disk_ends_replica:
            self.host.fail(
                "a replica whose disk cannot be written ends, unless "
                "replica-ignore-disk-write-errors is yes"
            )
        self.host.log_of_many(
            "warning", "disk", "what the primary says is done, and cannot be written to the disk"
        )

    def is_queued(self, ctx: Context, command: Command, argv: list[bytes]) -> bool:
        """Within MULTI a request is kept for EXEC."""
        client = ctx.client
        if client.queue is None or command.name in RUN_IN_MULTI:
            return False
        self.queued_bytes += client.enqueue(argv, command.flags)
        ctx.reply.simple(b"QUEUED")
        return True

    def must_wait(self, client: Client, flags: int) -> bool:
        """Does a pause concern this request?"""
        writes = (flags & (WRITE | MAY_REPLICATE)) != 0
        return self.pausing.concerns(writes, client.admin)
