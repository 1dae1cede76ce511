"""What a handler may reach: client, reply, selected database, the engine, the process."""

from collections.abc import Callable, Iterator
from typing import Final, Protocol

from dflite.base.conversation_errors import Unblocked
from dflite.base.errors import CommandError, TimeoutOutOfRange
from dflite.base.numbers import INT64_MAX
from dflite.engine.acl_log import AclLog
from dflite.engine.acl_users import Users
from dflite.engine.attempts import Attempts
from dflite.engine.blocking import Blocking, Waiter
from dflite.engine.client import OBJECTS, Client
from dflite.engine.client_eviction import ClientEviction
from dflite.engine.copies import Copies
from dflite.engine.divergence import Divergence
from dflite.engine.eviction import Eviction
from dflite.engine.journal import Journal
from dflite.engine.latency import LatencyMonitor
from dflite.engine.memory import MemoryFigures
from dflite.engine.notifications import Notifications
from dflite.engine.pausing import Pausing
from dflite.engine.pubsub import Channels
from dflite.engine.pushes import Pushes
from dflite.engine.replication import LOG, Replica, Replication
from dflite.engine.slowlog import SlowLog
from dflite.engine.timers import Timers
from dflite.engine.tracking import Tracking
from dflite.engine.watching import Watching
from dflite.native.base.clock import Clock
from dflite.native.wire.lane import Lane
from dflite.native.wire.reply import Reply
from dflite.native.wire.requests import Limits
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.expiry import Expiry
from dflite.store.keyspace import Keyspace

NEW_LOG: Final = "new log"  # that does not hold all data yet
SNAPSHOTS: Final = "snapshots"  # whose disk may have problems; the log's, too


class Host(Protocol):
    """What cold commands ask of the process around the engine; the node provides it."""

    def setting(self, name: str) -> object:
        """The value of a setting, by its primary name."""

    def settings_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        """Names and texts as CONFIG GET answers them."""

    def change_settings(self, pairs: list[tuple[str, str]], from_here: bool) -> None:
        """CONFIG SET, by a client of this machine or not: all or none; raises a CommandError."""

    def read_users(self) -> bytes:
        """The text of the file of users; raises a CommandError."""

    def write_users(self, text: bytes) -> None:
        """Put `text` into the file of users; raises a CommandError."""

    def rewrite_settings(self) -> None:
        """CONFIG REWRITE."""

    def reset_figures(self) -> None:
        """CONFIG RESETSTAT."""

    def info(self, sections: list[str]) -> bytes:
        """INFO's text."""

    def memory(self) -> MemoryFigures:
        """Where memory goes."""

    def save(self) -> None:
        """Take a snapshot while nobody is served; raises a CommandError if that fails."""

    def save_in_background(self, scheduled: bool) -> bool:
        """Begin a snapshot; False if it has to wait for another. Raises a CommandError."""

    def cancel_save(self) -> bool:
        """Give up the running snapshot; False if there is none."""

    def flushed_all(self) -> None:
        """All is gone: no snapshot shall bring it back."""

    def rewrite_log(self) -> bool:
        """Begin to rewrite the log; False if it has to wait. Raises a CommandError."""

    def load_log(self) -> None:
        """DEBUG LOADAOF; raises a CommandError."""

    def reload(self, save: bool, flush: bool, merge: bool) -> None:
        """DEBUG RELOAD; raises a CommandError."""

    def sync_fully(self, replica: Replica) -> None:
        """A replica is to get all data, as a snapshot, and then the stream."""

    def replicate(self, host: str, port: int) -> bool:
        """Follow that node from now on; False if this one does already."""

    def is_itself(self, host: str, port: int) -> bool:
        """Is that a port which this node listens on?"""

    def stop_replicating(self) -> None:
        """Follow nobody."""

    def begin_failover(self, target: tuple[str, int] | None, force: bool, timeout_ms: int) -> None:
        """Hand over to a replica, that one if one is named; raises a CommandError."""

    def abort_failover(self) -> None:
        """Remain the primary; raises a CommandError."""

    def take_over(self, seconds: int, save: bool, done: Callable[[str], None]) -> None:
        """Have the primary hand over; `done` is told what stood against it, in the end."""

    def last_save_s(self) -> int:
        """When the last snapshot was finished, or else the process started, in Unix seconds."""

    def http(self, method: str, target: str, status: int) -> Iterator[bytes]:
        """An HTTP response, made piece by piece; an error if status is not 0."""

    def shutdown(
        self, save: bool | None, now: bool, force: bool, failed: Callable[[], None]
    ) -> None:
        """End the process; raises a CommandError if that fails at once, or calls `failed` later."""

    def abort_shutdown(self) -> None:
        """Do not end it after all; raises a CommandError."""

    def fail(self, reason: str) -> None:
        """End the process at once, as a crash would: nothing is saved, nothing more is answered."""

    def log(self, level: str, message: str) -> None:
        """A line in the log; level is debug, verbose, notice or warning."""

    def log_of_many(self, level: str, kind: str, message: str) -> None:
        """As `log`, for what strangers can cause at will: few lines of a kind are written."""


class Engine:
    """The parts that handlers and the executor share; `Executor` runs commands on them."""

    def __init__(self, keyspace: Keyspace, lane: Lane, clock: Clock, effects: Effects) -> None:
        self.keyspace = keyspace
        self.lane = lane
        self.clock = clock
        self.effects = effects
        self.expiry = Expiry(keyspace)
        self.blocking = Blocking()
        self.backlog = lane.backlog
        self.journal = Journal(self.backlog)
        self.replication = Replication(self.backlog, clock, self.observers_changed)
        self.copies = Copies(self.replication, self.blocking.waiters, self.unblock)
        self.replica_limits = Limits()
        # before any reply leaves: what has to be durable or on its way by then
        self.before_replies_chores: list[Callable[[], None]] = []
        self.watching = Watching()
        self.eviction = Eviction(keyspace, lane.evictor, self.watching)
        self.timers = Timers(clock)
        self.pausing = Pausing(self.expiry, self.timers, self.observers_changed)
        self.slowlog = SlowLog()
        self.latency = LatencyMonitor()
        self.latency_tracking = True  # each command's durations are counted
        self.users = Users()
        self.acl_log = AclLog()
        self.attempts = Attempts(self.timers)
        self.clients: dict[int, Client] = {}
        self.pushes = Pushes(self.cut_off)
        self.channels = Channels(self.pushes, self.observers_changed)
        self.notifications = Notifications(self.channels)
        self.tracking = Tracking(self.clients, self.pushes, self.observers_changed)
        self.contexts: dict[int, Context] = {}
        self.client_eviction = ClientEviction(self.clients, self.clients_memory, self.kill)
        self.monitors: list[Client] = []
        self.next_client_id = 1
        self.memory = lane.memory  # its sum, and how much of it there may be
        self.queued_bytes = 0  # of requests that wait for EXEC, all clients together
        self.commands_processed = 0
        self.errors: dict[str, int] = {}  # by code, for INFO errorstats
        self.error_replies = 0
        self.internal_errors = 0
        self.divergence = Divergence()
        self.closed_for_input = 0  # clients whose requests were too long
        self.closed_for_output = 0  # ... who left too many replies unread
        self.rejected_for_memory = 0
        self.loading = False
        self.saving = False  # a snapshot has to see what is about to change
        # of a replica
        self.read_only = False
        self.stale = False  # its data may be of the past, and nobody shall read them
        self.applying = False  # its primary's stream runs, or the log of this node
        self.disk_problems: dict[str, CommandError] = {}  # of snapshots, of the log
        self.misconfigured: CommandError | None = None  # one of them: no writes
        self.scripting: object | None = None  # dflite.scripting's, once a script has come
        self.script_memory = 1 << 29  # bytes that an interpreter may take
        self.script_patience_us = 5_000_000  # before others are told that a script is busy
        self.wants_end = False  # the process was told to end, and a script runs
        self.serve_others: Callable[[], bool] | None = None  # while a script takes long
        self.busy_with: CommandError | None = None  # what others are told meanwhile

    def note_disk(self, whose: str, problem: CommandError | None) -> None:
        """Writes are refused with that, or, as far as `whose` disk is concerned, no longer."""
        problems = self.disk_problems
        if problem is not None:
            problems[whose] = problem
        else:
            problems.pop(whose, None)
        self.observers_changed()

    def disk_problem(self) -> CommandError | None:
        """Why nothing may be written; what is not logged yet a replica's primary still has."""
        problems = self.disk_problems
        problem = problems.get(SNAPSHOTS) or problems.get(LOG)
        if problem is None and self.replication.primary is None:
            problem = problems.get(NEW_LOG)
        return problem

    def calls(self) -> int:
        """Requests that were answered so far, by handlers and by the hot lane."""
        return self.commands_processed + self.lane.calls.total()

    def blocked_clients(self) -> int:
        """Clients that wait for a key, or for the end of CLIENT PAUSE."""
        return len(self.blocking.waiters) + len(self.pausing.clients)

    def run(self, ctx: "Context", argv: list[bytes]) -> None:
        """One command within the running step: found, admitted, done, answered."""
        raise NotImplementedError

    def run_queued(self, ctx: "Context", queue: list[list[bytes]]) -> None:
        """What MULTI queued, within the running step."""
        raise NotImplementedError

    def end_transaction(self, client: Client) -> None:
        """Forget what a client has queued and watches."""
        raise NotImplementedError

    def unblock(self, waiter: Waiter, with_error: bool, text: bytes = Unblocked.text) -> None:
        """Answer a waiter that was not served: its time is up, or somebody said so."""
        raise NotImplementedError

    def kill(self, client: Client) -> None:
        """End a client's connection at once, or, if it is the one that asks, after its reply."""
        raise NotImplementedError

    def cut_off(self, client: Client) -> None:
        """End a connection that leaves too much unread."""
        raise NotImplementedError

    @property
    def max_memory(self) -> int:
        """Bytes that the node may take; 0 sets no bound."""
        return self.memory.limit

    @max_memory.setter
    def max_memory(self, size: int) -> None:
        self.memory.limit = size

    def make_room_for(self, argv: list[bytes]) -> bool:
        """May this request run, which needs memory? To be asked before any with DENYOOM.

        One that alone is longer than the limit may not, and nothing is evicted for its sake.
        """
        return not self.exceeds_limit(argv) and self.make_room()

    def exceeds_limit(self, argv: list[bytes]) -> bool:
        """Is this request alone longer than the limit?"""
        return self.memory.exceeds(argv) and not self.lane.boundless

    def may_hold(self, length: int) -> bool:
        """May a value become so long, by little that is said?"""
        limit = self.memory.limit
        return length <= limit or not limit or self.lane.boundless

    def make_room(self) -> bool:
        """May something come that needs memory? Evicts if there is no room; False if that fails."""
        memory = self.memory
        if not memory.limit or self.lane.boundless:
            return True
        memory.look_again()
        return self.binding_memory() <= memory.limit or self.eviction.run_slice()

    def used_memory(self) -> int:
        """Bytes of everything: data, and what is there for clients; what is to be freed, too."""
        self.binding_memory()
        return self.memory.used_bytes() + self.keyspace.flushed_memory()

    def clients_memory(self) -> int:
        """Bytes of what is there for clients, but not for those that track keys."""
        beside = len(self.clients) * OBJECTS + self.queued_bytes
        beside += self.watching.memory + self.channels.memory + self.tracking.prefix_memory
        return self.memory.buffer_bytes() + beside

    def binding_memory(self) -> int:
        """Bytes that count towards `maxmemory`: not those that only wait to be freed."""
        tracking = self.tracking
        return self.memory.tell_all(
            len(self.clients) * OBJECTS,
            self.queued_bytes,
            self.watching.memory,
            self.channels.memory + tracking.prefix_memory,
            tracking.memory if tracking.trackers or tracking.remains else 0,
        )

    def observers_changed(self) -> None:
        """Who looks at changes or requests is another: tell effects and the hot lane."""
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
        self.may_wait = True  # not within MULTI, a script, or a primary's stream
        self.in_script = False

    def select(self, index: int) -> None:
        """Work on database `index` from now on."""
        self.db = self.keyspace.dbs[index]
        self.client.conn.database = index

    def serve_or_wait(
        self,
        keys: list[bytes],
        kinds: int,
        timeout_ms: int,
        serve: "Callable[[Context, bytes], bool]",
    ) -> None:
        """Answer from the first key that can; else park the client on all of them.

        `serve(ctx, key)` answers and returns True, or leaves everything as it is and returns False;
        it may raise a CommandError. `kinds` are the types of values that it can answer from.
        """
        for key in keys:
            if serve(self, key):
                return
        if self.may_wait:
            deadline_ms = self.engine.clock.now_ms + timeout_ms if timeout_ms else 0
            if deadline_ms > INT64_MAX:
                raise TimeoutOutOfRange
            self.waiter = KeyWaiter(self, keys, kinds, deadline_ms, serve)
        else:
            self.reply.null_array()


class KeyWaiter(Waiter):
    """A client that waits for one of its keys to hold what it can be answered from."""

    def __init__(
        self,
        ctx: Context,
        keys: list[bytes],
        kinds: int,
        deadline_ms: int,
        serve_key: Callable[[Context, bytes], bool],
    ) -> None:
        super().__init__(ctx.client, ctx.db.index, keys, kinds, deadline_ms)
        self.ctx = ctx
        self.serve_key = serve_key

    def serve(self, key: bytes) -> bool:
        # in the order of the request, as if it came now: several keys may be ready
        return any(self.serve_key(self.ctx, each) for each in self.keys)

    def time_out(self) -> None:
        self.ctx.reply.null_array()

    def left(self) -> None:
        self.ctx.waiter = None
