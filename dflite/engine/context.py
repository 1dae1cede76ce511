"""What a handler may reach: its client, the reply, the selected database, the engine, the process."""

from collections.abc import Callable
from typing import Protocol

from dflite.engine.blocking import Blocking, Waiter
from dflite.engine.client import Client, User
from dflite.engine.journal import Journal
from dflite.engine.latency import LatencyMonitor
from dflite.engine.slowlog import SlowLog
from dflite.engine.timers import Timers
from dflite.engine.watching import Watching
from dflite.native.clock import Clock
from dflite.native.lane import Lane
from dflite.native.reply import Reply
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.expiry import Expiry
from dflite.store.keyspace import Keyspace


class Host(Protocol):
    """What cold commands ask of the process around the engine; the node provides it."""

    def setting(self, name: str) -> object:
        """The value of a setting, by its primary name."""

    def settings_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        """Names and texts as CONFIG GET answers them."""

    def change_settings(self, pairs: list[tuple[str, str]]) -> None:
        """CONFIG SET: all of them or none; raises a CommandError."""

    def rewrite_settings(self) -> None:
        """CONFIG REWRITE."""

    def reset_figures(self) -> None:
        """CONFIG RESETSTAT."""

    def info(self, sections: list[str]) -> bytes:
        """INFO's text."""

    def http(self, client: Client, method: str, path: str) -> bytes:
        """A whole HTTP response."""

    def shutdown(self, save: bool | None, now: bool, force: bool) -> None:
        """End the process; raises a CommandError if it cannot be done now."""

    def log(self, level: str, message: str) -> None:
        """A line in the log; level is debug, verbose, notice or warning."""


class Engine:
    """The parts that handlers and the executor share. `Executor` in executor.py runs commands on it."""

    def __init__(self, keyspace: Keyspace, lane: Lane, clock: Clock, effects: Effects) -> None:
        self.keyspace = keyspace
        self.lane = lane
        self.clock = clock
        self.effects = effects
        self.expiry = Expiry(keyspace)
        self.journal = Journal()
        self.blocking = Blocking()
        self.watching = Watching()
        self.timers = Timers(clock)
        self.slowlog = SlowLog()
        self.latency = LatencyMonitor()
        self.default_user = User("default")
        self.password: bytes | None = None  # of the default user; None lets everybody in
        self.clients: dict[int, Client] = {}
        self.contexts: dict[int, Context] = {}
        self.monitors: list[Client] = []
        self.next_client_id = 1
        self.max_memory = 0
        self.extra_memory: Callable[[], int] | None = None  # buffers and the like, in bytes
        self.commands_processed = 0
        self.errors: dict[str, int] = {}  # by code, for INFO errorstats
        self.error_replies = 0
        self.paused_until_ms = 0
        self.pause_writes_only = False
        self.paused: list[Client] = []
        self.blocked_clients = 0
        self.rejected_for_memory = 0
        self.loading = False

    def run(self, ctx: "Context", argv: list[bytes]) -> None:
        """One command within the running step: found, admitted, done, answered."""
        raise NotImplementedError

    def admit_queued(self, ctx: "Context") -> None:
        """Run what MULTI queued, as one step."""
        raise NotImplementedError

    def used_memory(self) -> int:
        """Bytes of data, and of the buffers that count towards `maxmemory`."""
        extra = self.extra_memory() if self.extra_memory is not None else 0
        return self.keyspace.memory() + extra

    def observers_changed(self) -> None:
        """Somebody began or ceased to look at changes or requests: tell effects and the hot lane."""
        raise NotImplementedError


class Context:
    """One a client (and one a script); `db` and `reply` follow SELECT and HELLO."""

    def __init__(self, engine: Engine, host: Host, client: Client, reply: Reply) -> None:
        self.engine = engine
        self.host = host
        self.client = client
        self.reply = reply
        self.keyspace = engine.keyspace
        self.db: Db = engine.keyspace.dbs[0]
        self.waiter: Waiter | None = None
        self.may_wait = True  # not within MULTI or a script

    def select(self, index: int) -> None:
        """Work on database `index` from now on."""
        self.db = self.keyspace.dbs[index]
        self.client.conn.database = index

    def serve_or_wait(
        self,
        keys: list[bytes],
        kind: int,
        timeout_ms: int,
        serve: "Callable[[Context, bytes], bool]",
    ) -> None:
        """Answer from the first key that can; else park the client on all of them.

        `serve(ctx, key)` answers and returns True, or leaves everything as it is and returns False.
        """
        for key in keys:
            if serve(self, key):
                return
        if self.may_wait:
            deadline_ms = self.engine.clock.now_ms + timeout_ms if timeout_ms else 0
            self.waiter = KeyWaiter(self, keys, kind, deadline_ms, serve)
        else:
            self.reply.null_array()


class KeyWaiter(Waiter):
    """A client that waits for one of its keys to hold what it can be answered from."""

    def __init__(
        self,
        ctx: Context,
        keys: list[bytes],
        kind: int,
        deadline_ms: int,
        serve: Callable[[Context, bytes], bool],
    ) -> None:
        super().__init__(ctx.client, ctx.db.index, keys, kind, deadline_ms)
        self.ctx = ctx
        self.serve_key = serve

    def serve(self, key: bytes) -> bool:
        return self.serve_key(self.ctx, key)

    def time_out(self) -> None:
        self.ctx.reply.null_array()

    def unblock_with_error(self) -> None:
        self.ctx.reply.error(b"UNBLOCKED client unblocked via CLIENT UNBLOCK")

    def left(self) -> None:
        self.ctx.waiter = None
