"""The end of a step: what it did is journaled, is told, and serves those who waited for it."""

from typing import Final

from dflite.base.conversation_errors import Unblocked
from dflite.base.errors import CommandError
from dflite.engine import permission
from dflite.engine.beforehand import note_absent, save_before
from dflite.engine.blocking import TimeOut, Waiter
from dflite.engine.client import REPLY_ON, Client
from dflite.engine.command import Command
from dflite.engine.context import Engine, Host
from dflite.engine.lookup import find
from dflite.engine.secrets import describe_bug
from dflite.native.base.clock import Clock, monotonic_us
from dflite.native.wire.connection import HELD_BLOCKED
from dflite.native.wire.lane import Lane
from dflite.store.effects import BESIDE, EXPIRED, GENERIC, MISS, Effects
from dflite.store.keyspace import Keyspace

NOW_US: Final = monotonic_us  # a constant is found faster than a name of the module


class Settling(Engine):
    """The half of the executor that settles steps. Serving a waiter is a step in turn."""

    def __init__(
        self, keyspace: Keyspace, lane: Lane, clock: Clock, effects: Effects, host: Host
    ) -> None:
        super().__init__(keyspace, lane, clock, effects)
        self.host = host
        self.announcing = False  # trackers or subscribers want to know of changes
        self.noting_new = False  # ... and of keys that come to be

    def remember(self, client: Client, command: Command, argv: list[bytes]) -> None:
        """A tracker has run a command: it has the keys from now on if the command reads."""
        raise NotImplementedError

    def count(self, client: Client, command: Command, argv: list[bytes], usec: int) -> None:
        """A request was answered: for INFO commandstats, LATENCY and the slow log."""
        raise NotImplementedError

    def count_error(self, text: bytes) -> None:
        """For INFO errorstats."""
        raise NotImplementedError

    def announce(self) -> None:
        """Tell trackers and subscribers of what has changed since they were last told."""
        effects = self.effects
        changes = effects.changes
        while effects.announced < len(changes):
            at = effects.announced
            effects.announced += 1
            change = changes[at]
            if change.kind == EXPIRED:  # Redis' order
                if self.notifications.classes:
                    self.notifications.publish(changes, at)
                self.tracking.touch(change)
            else:
                self.tracking.touch(change)
                if self.notifications.classes:
                    self.notifications.publish(changes, at)

    def settle(self, together: bool) -> None:
        """Journal what a step did, then tell who looks at keys and serve who waits for them.

        What one step did is for replicas to do `together`. Serving a waiter is a step in turn, so
        this goes on until nothing more happens.
        """
        self.journal_step(together)
        effects = self.effects
        while effects.changes:
            if self.announcing:
                self.announce()
            changes = effects.changes.copy()
            effects.changes.clear()
            effects.announced = 0
            for change in changes:
                if change.kind == MISS:
                    continue
                if change.kind & BESIDE:
                    if change.event:
                        continue
                else:
                    self.watching.touch(change)
                if self.blocking.queues:
                    self.serve_waiters(change.db, change.key)
            self.journal_step(True)

    def journal_step(self, together: bool) -> None:
        effects = self.effects
        effects.replaced = False
        if effects.records:
            records = effects.records.copy()
            effects.records.clear()
            self.journal.append(records, together and len(records) > 1)

    # -- waiting -----------------------------------------------------------------------------------

    def park(self, waiter: Waiter) -> None:
        """Hold the client until its waiter is served, its time is up, or it is gone."""
        self.blocking.park(waiter)
        waiter.client.conn.hold(HELD_BLOCKED)
        if waiter.deadline_ms:
            waiter.timer = self.timers.at(
                waiter.deadline_ms, TimeOut(waiter, self.unblock).__call__
            )
        self.observers_changed()

    def serve_waiters(self, index: int, key: bytes) -> None:
        """Let those who wait for `key` try, in order of arrival, while it holds what they need."""
        blocking = self.blocking
        db = self.keyspace.dbs[index]
        for waiter in blocking.waiting_at(index, key):
            kind = 1 << db.type_of(key)
            if kind == GENERIC and not blocking.await_absence:
                return
            if kind & waiter.kinds and blocking.is_waiting(waiter):
                self.serve(waiter, key)

    def serve(self, waiter: Waiter, key: bytes) -> None:
        """Let one waiter try: a step of its own."""
        client = waiter.client
        reply = client.conn.reply
        mark = reply.mark()
        self.pushes.running = client
        if self.noting_new:
            note_absent(self.notifications, self.keyspace.dbs[waiter.db], waiter.argv)
        if self.saving:
            save_before(self.keyspace.dbs[waiter.db], waiter.argv)
        served = True
        started = NOW_US()
        try:
            permission.demand_still(self, waiter)
            served = waiter.serve(key)
        except CommandError as error:
            reply.rollback(mark)
            reply.error(error.wire())
            find(waiter.argv).failed += 1
            self.count_error(error.wire())
        except Exception as bug:
            self.internal_errors += 1
            self.host.log("warning", describe_bug(waiter.keys, bug))
            reply.rollback(mark)
            reply.error(CommandError.text)
        if self.announcing:
            self.announce()
        if served and client.tracker is not None:
            self.remember(client, find(waiter.argv), waiter.argv)
        self.tracking.tell_own(client)
        self.pushes.running = None
        waiter.usec += NOW_US() - started
        if served:
            self.journal_step(True)
            self.let_go(waiter, mark)
        self.pushes.release(client)

    def unblock(self, waiter: Waiter, with_error: bool, text: bytes = Unblocked.text) -> None:
        """Answer a waiter that was not served: its time is up, or somebody said so."""
        reply = waiter.client.conn.reply
        mark = reply.mark()
        if with_error:
            reply.error(text)
            find(waiter.argv).rejected += 1
            self.count_error(text)
        else:
            waiter.time_out()
        self.let_go(waiter, mark)

    def let_go(self, waiter: Waiter, mark: int) -> None:
        """A waiter was answered, from `mark` on: its client goes on."""
        client = waiter.client
        self.blocking.leave(waiter)
        self.count(client, find(waiter.argv), waiter.argv, waiter.usec)
        if client.reply_mode != REPLY_ON:
            client.silence(mark)
        client.conn.release(HELD_BLOCKED)
        self.observers_changed()
