"""The figures of the node, gathered from the parts that count them, for INFO and /metrics.

Nothing here runs for a request. Parts keep plain counters; rates come of a sample each second.
"""

import os
import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from dflite.engine import durations
from dflite.engine.command import Command, counted_commands
from dflite.engine.context import SNAPSHOTS
from dflite.engine.executor import Executor
from dflite.engine.memory import DatabaseMemory, MemoryFigures
from dflite.engine.replication import LOG
from dflite.native.keyspace.memory import POLICY
from dflite.native.wire.connection import take_longest_input
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.reply import take_longest_output
from dflite.server.credentials import Credentials
from dflite.server.doorman import Doorman
from dflite.server.process import resident_memory
from dflite.server.restoring import Restoring
from dflite.server.saving import Saving
from dflite.settings.settings import Settings
from dflite.store.db import Db

SAMPLES: Final = 4  # seconds that rates look back on
DRAWN: Final = 16  # keys of a database
RECENT: Final = 8  # seconds that "recent" looks back on


class Sample:
    """Counters at a point in time, for rates."""

    def __init__(self, time_ms: int, commands: int, bytes_in: int, bytes_out: int, wakeups: int):
        self.time_ms = time_ms
        self.commands = commands
        self.bytes_in = bytes_in
        self.bytes_out = bytes_out
        self.wakeups = wakeups


class Rates:
    """What happened in a second, lately."""

    def __init__(self, before: Sample, now: Sample) -> None:
        seconds = max(now.time_ms - before.time_ms, 1) / 1000
        self.commands = round((now.commands - before.commands) / seconds)
        self.kib_in = (now.bytes_in - before.bytes_in) / seconds / 1024
        self.kib_out = (now.bytes_out - before.bytes_out) / seconds / 1024
        self.wakeups = round((now.wakeups - before.wakeups) / seconds)


def nobody_ends_it() -> int:
    return -1


def nobody() -> int:
    return 0


class Figures:
    """What INFO and the metrics read."""

    def __init__(
        self,
        executor: Executor,
        reactor: Reactor,
        doorman: Doorman,
        settings: Settings,
        saving: Saving,
        restoring: Restoring,
    ) -> None:
        self.saving = saving
        self.restoring = restoring
        self.executor = executor
        self.reactor = reactor
        self.doorman = doorman
        self.settings = settings
        self.credentials = Credentials(settings)  # the node gives those that ports use
        self.lane = executor.lane
        self.keyspace = executor.keyspace
        self.clock = executor.clock
        self.started = time.time()
        self.began_s = time.monotonic()
        self.process_id = os.getpid()
        self.run_id = secrets.token_hex(20)
        self.startup_memory = executor.used_memory()
        self.peak_memory = self.startup_memory
        self.program_memory = 0
        self.stopping = False
        self.ends_in_ms: Callable[[], int] = nobody_ends_it
        self.await_end: Callable[[], int] = nobody
        self.expiry_us = 0  # spent on expiring keys that nobody asked for
        self.samples: deque[Sample] = deque(maxlen=SAMPLES)
        self.longest_inputs: deque[int] = deque(maxlen=RECENT)
        self.longest_outputs: deque[int] = deque(maxlen=RECENT)
        # what native counters stood at when CONFIG RESETSTAT was said
        self.before = Sample(0, 0, 0, 0, 0)
        self.reads_before = 0
        self.writes_before = 0
        self.samples.append(self.take())

    def begin(self) -> None:
        """The process is ready: what is resident by now is the program, not what it is used for."""
        self.program_memory = resident_memory()
        self.startup_memory = self.peak_memory = self.executor.used_memory()

    # -- at times ----------------------------------------------------------------------------------

    def take(self) -> Sample:
        """The counters as they stand."""
        return Sample(
            self.clock.now_ms, self.commands(), self.bytes_in(), self.bytes_out(), self.wakeups()
        )

    def sample(self, now_ms: int) -> None:
        """To be called each second or so: what rates are computed from, and peaks."""
        self.samples.append(self.take())
        self.longest_inputs.append(take_longest_input())
        self.longest_outputs.append(take_longest_output())
        self.peak_memory = max(self.peak_memory, self.executor.used_memory())

    def rates(self) -> Rates:
        """Since the oldest sample, which is of some seconds ago."""
        return Rates(self.samples[0], self.take())

    def reset(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
        executor = self.executor
        durations.reset(counted_commands(), self.lane)
        executor.commands_processed = 0
        executor.errors.clear()
        executor.error_replies = 0
        executor.rejected_for_memory = 0
        executor.effects.expired = 0
        executor.eviction.reset()
        executor.client_eviction.evicted = 0
        executor.expiry.expired = 0
        executor.internal_errors = executor.divergence.errors = 0
        executor.acl_log.forget_counts()
        executor.closed_for_input = 0
        executor.closed_for_output = 0
        self.expiry_us = 0
        for db in self.keyspace.dbs:
            db.hits = db.misses = 0
        self.keyspace.freed_lazily = 0
        self.doorman.accepted = 0
        self.doorman.rejected = 0
        self.doorman.handshakes.reset()
        self.before = Sample(
            0,
            0,
            self.before.bytes_in + self.bytes_in(),
            self.before.bytes_out + self.bytes_out(),
            self.reactor.wakeups,
        )
        self.reads_before = self.reactor.reads
        self.writes_before = self.reactor.writes
        self.samples.clear()
        self.samples.append(self.take())

    def commands(self) -> int:
        """Commands run, in handlers and in the hot lane."""
        return self.executor.calls()

    def bytes_in(self) -> int:
        return self.reactor.bytes_in - self.before.bytes_in

    def bytes_out(self) -> int:
        return self.reactor.bytes_out - self.before.bytes_out

    def wakeups(self) -> int:
        return self.reactor.wakeups - self.before.wakeups

    def reads(self) -> int:
        """Calls to the operating system that read from clients."""
        return self.reactor.reads - self.reads_before

    def writes(self) -> int:
        return self.reactor.writes - self.writes_before

    def hits(self) -> int:
        return sum([db.hits for db in self.keyspace.dbs]) + self.lane.hits

    def misses(self) -> int:
        return sum([db.misses for db in self.keyspace.dbs]) + self.lane.misses

    def changes(self) -> int:
        """Changes of keys since the start; CONFIG RESETSTAT does not touch it."""
        return self.saving.changes()

    def uptime_s(self) -> int:
        return int(time.monotonic() - self.began_s)

    def is_ready(self) -> bool:
        """Would a client's request be served?"""
        return not self.why_not_ready()

    def why_not_ready(self) -> str:
        """A sentence; nothing if requests are served. It tells nothing of the data."""
        executor = self.executor
        if self.stopping:
            return "the node is ending"
        if executor.loading:
            return f"data are being loaded{self.how_far()}"
        link = executor.replication.primary
        if executor.stale and link is not None:
            return (
                f"this replica is not in sync with its primary (the link is in state {link.state})"
                ", and replica_serve_stale_data is off"
            )
        if executor.busy_with is not None:
            return "a script runs, and takes long"
        if executor.misconfigured is not None and not self.may_fail_to_save():
            return self.why_nothing_is_written()
        rewriting = self.restoring.rewriting
        if link is None and rewriting.lacks_base() and rewriting.error:
            return f"the append only file has no base yet: its rewrite failed: {rewriting.error}"
        return ""

    def may_fail_to_save(self) -> bool:
        """Is this a replica that shall follow on whatever its disk does?"""
        is_replica = self.executor.replication.primary is not None
        return is_replica and self.settings.replica_ignore_disk_write_errors

    def how_far(self) -> str:
        """Where what is loaded is."""
        load, link = self.restoring.load, self.executor.replication.primary
        if load is not None:
            return f": {load.loaded_bytes} of {load.size} bytes"
        if link is not None and link.state == "sync":
            size = f" of {link.sync_total}" if link.sync_total > 0 else ""
            return f" from the primary: {link.sync_read}{size} bytes"
        return ""

    def why_nothing_is_written(self) -> str:
        """What is wrong with the disk."""
        problems = self.executor.disk_problems
        if SNAPSHOTS in problems:
            return f"writes are refused: the last snapshot failed: {self.saving.last_error}"
        log = self.restoring.log
        if LOG in problems:
            return f"writes are refused: the append only file cannot be written: {log.error}"
        said = "writes are refused until the append only file holds the data of this node"
        reason = self.restoring.rewriting.error
        return f"{said}; its last rewrite failed: {reason}" if reason else said

    # -- gathered ----------------------------------------------------------------------------------

    def rows(self) -> list[Command]:
        """Commands that were asked for, even if in vain."""
        lane = self.lane
        return [
            row
            for row in counted_commands()
            if durations.calls_of(row, lane) or row.rejected or row.failed
        ]

    def memory(self) -> MemoryFigures:
        """Where memory goes."""
        memory = self.executor.memory
        used = self.executor.used_memory()
        self.peak_memory = max(self.peak_memory, used)
        databases = [
            DatabaseMemory(
                db.index, len(db), db.expiring(), sum([table.overhead for table in db.tables])
            )
            for db in self.keyspace.dbs
        ]
        return MemoryFigures(
            used,
            self.peak_memory,
            self.startup_memory,
            resident_memory(),
            memory.buffer_bytes(),
            len(self.executor.clients),
            databases,
            {kind: memory.told(kind) for kind in range(POLICY + 1)},
            self.keyspace.flushed_memory(),
            self.program_memory,
        )

    def longest_input(self) -> int:
        """The most that one connection held lately of a request that was not complete."""
        return max(self.longest_inputs, default=0)

    def longest_output(self) -> int:
        """The biggest buffer of replies lately, beyond the usual one."""
        return max(self.longest_outputs, default=0)

    def average_ttl_ms(self, db: Db) -> int:
        """How long keys with a deadline have left, judged by a few keys drawn; 0 if unknown."""
        if not db.expiring():
            return 0
        left = []
        for _ in range(DRAWN):
            key = self.keyspace.random_table(db).random_key()  # who only looks expires nothing
            deadline = db.table(key).deadline(key) if key is not None else -1
            if deadline >= 0:
                left.append(max(deadline - self.clock.now_ms, 0))
        return sum(left) // len(left) if left else 0

    def listeners(self) -> list[str]:
        """Where clients are expected, as INFO tells it."""
        settings = self.settings
        binds = "".join([f",bind={host}" for host in settings.bind])
        found = []
        if settings.port:
            kind = "tls" if settings.tls else "tcp"
            found.append(f"name={kind}{binds},port={settings.port}")
        if settings.tls_port:
            found.append(f"name=tls{binds},port={settings.tls_port}")
        if settings.admin_port:
            admin = f",bind={settings.admin_bind}" if settings.admin_bind else binds
            found.append(f"name=admin{admin},port={settings.admin_port}")
        if settings.memcached_port:
            found.append(f"name=memcached{binds},port={settings.memcached_port}")
        if settings.unixsocket:
            found.append(f"name=unix,bind={settings.unixsocket}")
        return found

    def tls_clients(self) -> int:
        return sum([client.tls != "" for client in self.executor.clients.values()])

    def watching_clients(self) -> int:
        return sum([len(client.watched) > 0 for client in self.executor.clients.values()])
