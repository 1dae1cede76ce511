"""The snapshot that is being taken while requests are served, for a file, a log or replicas.

    run = snapshots.begin(FULL_SYNC, sink, on_end, at_cut)

`at_cut` is called at the moment that the snapshot shows, and says what fields stand in its head
beside those of all. From then on it is written into the sink, in slices between requests, as fast
as the sink takes it. `on_end` is told when the sink has all of it, or when it has failed.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from dflite import __version__
from dflite.base.versions import REDIS_VERSION
from dflite.engine.executor import Executor
from dflite.engine.replication import FUNCTIONS, KEYS
from dflite.native.keyspace.table import Table
from dflite.native.rdb.snapshot import (
    READ_BY_DFLITE,
    READ_BY_REDIS_7_0,
    READ_BY_REDIS_7_2,
    Snapshot,
)
from dflite.persistence.rdb_file import head, version_for
from dflite.rdb.values import REDIS_7_0, REDIS_7_2
from dflite.scripting.scripting import saved_functions
from dflite.server.logs import LOG
from dflite.server.slowing import Slowing
from dflite.settings.settings import Settings

SLICE_US: Final = 500  # of writing, while nobody asks for anything
BUSY_SLICE_US: Final = 60  # ... and while somebody does
CHUNK: Final = 256 * 1024  # bytes that are handed to the sink at once
MOST_WAITING: Final = 32 << 20  # bytes that may wait in it
SINK_S: Final = 0.002  # until a sink that is full, or that finishes, is looked at again

# What a snapshot is for.
SAVE: Final = "snapshot"
REWRITE: Final = "log rewrite"
FULL_SYNC: Final = "full sync"

ALL: Final = KEYS | FUNCTIONS

Fields = list[tuple[str, str]]


class Sink(Protocol):
    """Where a snapshot goes. What stands behind the keys, 0xFF and a checksum, it adds itself."""

    @property
    def waiting(self) -> int:
        """Bytes that it was given and has not passed on."""

    @property
    def error(self) -> OSError | None:
        """Why it takes no more."""

    @property
    def finished(self) -> bool:
        """All is where it belongs."""

    def write(self, data: bytes) -> None:
        """Take some; this does not wait."""

    def finish(self) -> None:
        """That was all: from now on `finished` or `error` come true by themselves."""

    def cancel(self) -> None:
        """Nobody wants it any more."""


def no_fields() -> Fields:
    """For snapshots whose head has the common fields only."""
    return []


def head_of(
    executor: Executor,
    fields: Fields,
    packing: bool,
    forms: int = READ_BY_DFLITE,
    parts: int = ALL,
) -> bytes:
    """What stands before the keys of a snapshot of this moment."""
    common = [
        ("redis-ver", REDIS_VERSION.decode()),
        ("redis-bits", "64"),
        ("ctime", str(int(time.time()))),
        ("used-mem", str(executor.used_memory())),
        ("dflite-ver", __version__),
    ]
    fields = common + fields
    version = version_for(executor.keyspace)
    if forms >= READ_BY_REDIS_7_2:
        version = REDIS_7_0 if forms >= READ_BY_REDIS_7_0 else REDIS_7_2
    functions = saved_functions(executor, packing) if parts & FUNCTIONS else b""
    return head(version, fields) + functions


def bury(executor: Executor, snapshot: Snapshot) -> None:
    """What a snapshot has kept of tables that were emptied is freed in slices."""
    for part in snapshot.remains:
        executor.keyspace.remains.append(part)
        executor.keyspace.keys_of_remains.append(0)


class SnapshotRun:
    """One such snapshot. Made by `Snapshots.begin`."""

    def __init__(
        self,
        executor: Executor,
        settings: Settings,
        purpose: str,
        sink: Sink,
        on_end: "Callable[[SnapshotRun], None]",
        at_cut: Callable[[], Fields],
        forms: int = READ_BY_DFLITE,
        parts: int = ALL,
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.purpose = purpose
        self.sink = sink
        self.on_end = on_end
        self.at_cut = at_cut
        self.forms = forms
        self.parts = parts
        self.loop = asyncio.get_running_loop()
        self.began_s = time.monotonic()
        self.keys_total = 0
        self.keys = 0  # written so far
        self.calls = 0  # that the node had answered when the last slice began
        self.slowing = Slowing()
        self.snapshot: Snapshot | None = None  # while keys are written
        self.over = False
        self.called_off = False
        self.error = ""  # why it failed

    @property
    def memory(self) -> int:
        """Bytes that it holds."""
        held = 0 if self.snapshot is None else self.snapshot.memory
        return held + max(self.sink.waiting, 0)

    def running_s(self) -> float:
        return time.monotonic() - self.began_s

    def cut(self) -> None:
        """The moment of the snapshot."""
        if self.over:
            return  # called off before it came to that
        executor = self.executor
        self.began_s = time.monotonic()
        packing = self.settings.rdbcompression
        try:
            self.sink.write(head_of(executor, self.at_cut(), packing, self.forms, self.parts))
            keyspace = executor.keyspace
            tables: list[list[Table]] = []
            if self.parts & KEYS:
                tables = keyspace.tables
                self.keys_total = sum(len(db) for db in keyspace.dbs)
            self.snapshot = Snapshot(tables, packing, forms=self.forms)
        except Exception as error:
            self.fail(error)
            return
        executor.saving = True
        self.loop.call_soon(self.slice)

    def slice(self) -> None:
        """Write on for a moment, and leave the rest for after the requests that have come."""
        if self.snapshot is None:
            return  # it was called off
        try:
            self.write_on(self.snapshot, self.sink)
        except Exception as error:
            if self.over:
                raise  # who was told of the end has failed, not the snapshot
            self.fail(error)

    def write_on(self, snapshot: Snapshot, sink: Sink) -> None:
        """Write a slice, and see to the next one."""
        if sink.error is not None:
            self.fail(sink.error)
        elif sink.waiting > MOST_WAITING:
            self.loop.call_later(SINK_S, self.slice)
        else:
            calls = self.executor.calls()
            budget_us = SLICE_US if calls == self.calls else BUSY_SLICE_US
            self.calls = calls
            delay_us = self.settings.rdb_key_save_delay
            pause_s = self.slowing.pause_s(snapshot.keys, delay_us)
            if pause_s:
                self.loop.call_later(pause_s, self.slice)
                return
            more = snapshot.run(0 if delay_us else budget_us)
            self.keys = snapshot.keys
            if not more or snapshot.size >= CHUNK or delay_us:
                sink.write(snapshot.take())
            if more:
                self.loop.call_soon(self.slice)
            else:
                self.leave_tables()
                sink.finish()
                self.wait_for_sink()

    def wait_for_sink(self) -> None:
        """All is written but for what the sink still has to do."""
        if self.over:
            return
        if self.sink.error is not None:
            self.fail(self.sink.error)
        elif self.sink.finished:
            self.end()
        else:
            self.loop.call_later(SINK_S, self.wait_for_sink)

    def leave_tables(self) -> None:
        """Changes concern the snapshot no more."""
        snapshot, self.snapshot = self.snapshot, None
        if snapshot is not None:
            snapshot.close()
            self.executor.saving = False
            bury(self.executor, snapshot)

    def call_off(self) -> None:
        """Give it up: that is no failure."""
        if not self.over:
            self.called_off = True
            self.sink.cancel()
            self.end()

    def fail(self, error: Exception) -> None:
        tell_if_odd(error)
        self.error = reason_of(error)
        self.sink.cancel()
        self.end()

    def end(self) -> None:
        self.leave_tables()
        self.over = True
        self.on_end(self)


class Snapshots:
    """The snapshot that is being taken: there is one at a time."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.settings = settings
        self.run: SnapshotRun | None = None

    @property
    def running(self) -> SnapshotRun | None:
        """The one that is being taken."""
        return None if self.run is None or self.run.over else self.run

    def running_for(self, purpose: str) -> SnapshotRun | None:
        """The one that is being taken, if it is for that."""
        run = self.running
        return run if run is not None and run.purpose == purpose else None

    def begin(
        self,
        purpose: str,
        sink: Sink,
        on_end: Callable[[SnapshotRun], None],
        at_cut: Callable[[], Fields] = no_fields,
        forms: int = READ_BY_DFLITE,
        parts: int = ALL,
    ) -> SnapshotRun:
        """Begin one; to be called while none is running.

        It is of this moment, or of the end of the transaction that this is a part of.
        """
        if self.running is not None:
            raise ValueError(f"a {self.running.purpose} is running already")
        run = SnapshotRun(self.executor, self.settings, purpose, sink, on_end, at_cut, forms, parts)
        self.run = run
        if self.executor.in_exec:
            run.loop.call_soon(run.cut)  # not in the middle of a step
        else:
            run.cut()
        return run

    def call_off(self) -> None:
        """Give up whatever is running; who began it is told."""
        run = self.running
        if run is not None:
            run.call_off()


def tell_if_odd(error: Exception) -> None:
    """A save may fail of anything; what is no matter of disk or memory is told with its place."""
    if not isinstance(error, (OSError, MemoryError)):
        LOG.error("a save failed of what was not to be expected", exc_info=error)


def reason_of(error: Exception) -> str:
    """What has gone wrong, in the words of the system if it has some."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
