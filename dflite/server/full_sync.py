"""Full syncs: a snapshot that goes to replicas as it is made, without a file.

    replicas ask -> they wait a moment for others -> cut: +FULLRESYNC, and their place in the stream
    -> the snapshot, to each as fast as it reads -> each says that it has it -> the stream

Replicas that are fed from one snapshot share its bytes; the slowest sets the pace, but none keeps
more than some megabytes waiting. Who does not know how to find the snapshot's end by a mark (no
"capa eof") is told its length, and so gets it from a temporary file.
"""

import contextlib
import secrets
import tempfile
from collections import deque
from typing import IO, Final

from dflite.engine.executor import Executor
from dflite.engine.replication import (
    ONLINE,
    REPLICAS,
    SENDING,
    SENT,
    WAITING,
    Feed,
    Replica,
    Replication,
)
from dflite.native.base.bytesops import crc64
from dflite.native.rdb.snapshot import (
    READ_BY_DFLITE,
    READ_BY_REDIS_7_0,
    READ_BY_REDIS_7_2,
    READ_BY_VALKEY_9,
)
from dflite.persistence.rdb_file import END
from dflite.server.logs import LOG, NOTICE
from dflite.server.snapshotting import (
    FULL_SYNC,
    Fields,
    SnapshotRun,
    Snapshots,
    reason_of,
    tell_if_odd,
)
from dflite.settings.settings import Settings

AT_ONCE: Final = 64 * 1024  # bytes that a replica is given of what waits for it
LOOK_MS: Final = 20  # until it is looked again whether a snapshot can begin
MARK_BYTES: Final = 40  # of the mark at the end
VALKEY_9: Final = 0x090000
REDIS_7_2: Final = 0x070200


def forms_for(replica: Replica) -> int:
    """The forms of values that a replica knows. Redis does not tell its version: the oldest."""
    if replica.only_snapshot or "dflite" in replica.capabilities:
        return READ_BY_DFLITE
    if replica.version >= VALKEY_9:
        return READ_BY_VALKEY_9
    return READ_BY_REDIS_7_2 if replica.version >= REDIS_7_2 else READ_BY_REDIS_7_0


class Share:
    """What of the snapshot a replica has still to be given; its connection's source."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.chunks: deque[bytes] = deque()
        self.size = 0
        self.complete = False  # nothing comes any more

    def add(self, data: bytes) -> None:
        self.chunks.append(data)
        self.size += len(data)
        self.replica.snapshot_bytes = self.size
        self.replica.conn.mark_dirty()

    def __call__(self) -> bool:
        given = 0
        reply = self.replica.conn.reply
        while self.chunks and given < AT_ONCE:
            chunk = self.chunks.popleft()
            given += len(chunk)
            reply.raw(chunk)
        self.size -= given
        self.replica.snapshot_bytes = self.size
        if self.complete and not self.chunks:
            self.replica.state = SENT
            self.replica.conn.source = None  # until it says that it has it
        return given > 0

    def is_gone(self) -> bool:
        return self.replica.conn.closed

    def is_through(self) -> bool:
        """Was all of it sent?"""
        return self.is_gone() or (
            self.complete and not self.chunks and not self.replica.conn.unsent
        )


class Broadcast:
    """The sink of a full sync: all replicas that are fed from one snapshot."""

    def __init__(self, replicas: list[Replica]) -> None:
        self.shares = [Share(replica) for replica in replicas]
        self.mark = secrets.token_hex(MARK_BYTES // 2).encode()
        self.sum = 0

    def begin(self, announcements: list[bytes]) -> None:
        """The moment of the cut: each is told what it gets."""
        for share, announcement in zip(self.shares, announcements, strict=True):
            share.replica.state = SENDING
            share.replica.conn.source = share.__call__
            share.add(announcement + b"$EOF:" + self.mark + b"\r\n")

    @property
    def waiting(self) -> int:
        return max([share.size for share in self.shares if not share.is_gone()], default=0)

    @property
    def error(self) -> OSError | None:
        if all(share.is_gone() for share in self.shares) and not self.finished_for_some():
            return ConnectionResetError(0, "no replica is left")
        return None

    @property
    def finished(self) -> bool:
        return all(share.is_through() for share in self.shares)

    def finished_for_some(self) -> bool:
        """Has one of them read all? It may be gone since: that is its own affair."""
        return any(share.complete and not share.chunks for share in self.shares)

    def write(self, data: bytes) -> None:
        self.sum = crc64(data, self.sum)
        self.give(data)

    def give(self, data: bytes) -> None:
        for share in self.shares:
            if not share.is_gone():
                share.add(data)

    def finish(self) -> None:
        self.write(END)
        self.give(self.sum.to_bytes(8, "little") + self.mark)
        for share in self.shares:
            share.complete = True
            share.replica.conn.mark_dirty()

    def cancel(self) -> None:
        """They have half of a snapshot: all that helps is to begin anew."""
        for share in self.shares:
            share.chunks.clear()
            if not share.is_gone():
                share.replica.conn.abort()


class FromFile:
    """A snapshot of known length, read from its file; a connection's source."""

    def __init__(self, replica: Replica, file: IO[bytes], replication: Replication) -> None:
        self.replica = replica
        self.file = file
        self.replication = replication

    def __call__(self) -> bool:
        data = self.file.read(AT_ONCE)
        if data:
            self.replica.conn.reply.raw(data)
            return True
        self.file.close()
        self.replica.state = ONLINE  # it knows where the snapshot ends
        self.replica.ack_ms = self.replication.clock.now_ms
        feed = Feed(self.replica)
        self.replica.conn.source = feed.__call__
        self.replication.look_at_replicas()
        return feed()


class Spool:
    """The sink of a full sync to one replica that has to be told how long the snapshot is."""

    def __init__(self, replica: Replica, replication: Replication, folder: str) -> None:
        self.replica = replica
        self.replication = replication
        self.file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self.sum = 0
        self.failure: OSError | None = None
        self.finished = False
        self.announcement = b""

    def begin(self, announcements: list[bytes]) -> None:
        self.replica.state = SENDING
        self.announcement = announcements[0]

    @property
    def waiting(self) -> int:
        return 0

    @property
    def error(self) -> OSError | None:
        if self.replica.conn.closed:
            return ConnectionResetError(0, "the replica is gone")
        return self.failure

    def write(self, data: bytes) -> None:
        self.sum = crc64(data, self.sum)
        self.append(data)

    def append(self, data: bytes) -> None:
        try:
            self.file.write(data)
        except OSError as error:
            self.failure = error

    def finish(self) -> None:
        self.write(END)
        self.append(self.sum.to_bytes(8, "little"))
        if self.failure is not None:
            return
        try:
            size = self.file.tell()
            self.file.seek(0)  # which writes what is still in its buffer
        except OSError as error:
            self.failure = error
            return
        conn = self.replica.conn
        conn.reply.raw(self.announcement + b"$%d\r\n" % size)
        conn.source = FromFile(self.replica, self.file, self.replication).__call__
        conn.mark_dirty()
        self.finished = True

    def cancel(self) -> None:
        with contextlib.suppress(OSError):  # of a disk that is still full
            self.file.close()
        if not self.replica.conn.closed:
            self.replica.conn.abort()


class FullSyncs:
    """The replicas that wait for a snapshot, and the one that is being sent."""

    def __init__(self, executor: Executor, settings: Settings, snapshots: Snapshots) -> None:
        self.executor = executor
        self.settings = settings
        self.snapshots = snapshots
        self.sink: Broadcast | Spool | None = None
        self.looking = False
        self.group: list[Replica] = []  # fed from the running snapshot
        self.spools: list[Spool] = []  # that are being made, or read

    def ask(self, replica: Replica) -> None:
        """A replica wants all data."""
        replica.state = WAITING
        replica.since_ms = self.executor.clock.now_ms
        LOG.log(NOTICE, "Full resync requested by replica %s:%d", replica.ip, replica.port)
        self.look()
        if self.waiting() == [replica]:
            self.tell_waiting()

    def tell_waiting(self) -> None:
        """Why the first one that waits gets nothing yet."""
        running = self.snapshots.running
        if running is not None:
            LOG.log(
                NOTICE, "its snapshot begins when the %s is done that is running", running.purpose
            )
            return
        LOG.log(
            NOTICE,
            "its snapshot begins in %d s, so that other replicas can share it "
            "(repl-diskless-sync-delay)",
            self.settings.repl_diskless_sync_delay,
        )

    def waiting(self) -> list[Replica]:
        replicas = self.executor.replication.replicas.values()
        return [replica for replica in replicas if replica.state == WAITING]

    def look(self) -> None:
        """Begin with a snapshot if it is time for it, or look again soon."""
        self.looking = False
        waiting = self.waiting()
        if not waiting:
            return
        now_ms = self.executor.clock.now_ms
        delay_ms = self.settings.repl_diskless_sync_delay * 1000
        enough = self.settings.repl_diskless_sync_max_replicas
        waited_ms = now_ms - waiting[0].since_ms
        # who waits since later than now has come before the clock was set back
        ready = not 0 <= waited_ms < delay_ms or 0 < enough <= len(waiting)
        if not self.settings.repl_diskless_sync or waiting[0].only_snapshot:
            ready = True
        if self.snapshots.running is None and ready:
            self.begin(waiting)
        else:
            self.look_again()

    def look_again(self) -> None:
        if not self.looking:
            self.looking = True
            executor = self.executor
            executor.timers.at(executor.clock.now_ms + LOOK_MS, self.look)

    def begin(self, waiting: list[Replica]) -> None:
        """A snapshot for those that can share one."""
        first = waiting[0]
        try:
            if "eof" in first.capabilities:
                able = [replica for replica in waiting if "eof" in replica.capabilities]
                group = [replica for replica in able if replica.parts == first.parts]
                sink: Broadcast | Spool = Broadcast(group)
            else:
                group = [first]
                sink = Spool(first, self.executor.replication, self.settings.dir)
                self.spools.append(sink)
        except Exception as error:
            tell_if_odd(error)
            LOG.warning("full sync failed: %s", reason_of(error))
            first.conn.abort()
            return
        self.group = group
        self.sink = sink
        LOG.log(NOTICE, "full sync begun, replicas: %d", len(group))
        forms = max([forms_for(replica) for replica in group])
        self.snapshots.begin(FULL_SYNC, sink, self.ended, self.at_cut, forms, first.parts)

    def at_cut(self) -> Fields:
        """The moment of the snapshot: from here on its replicas get the stream."""
        executor = self.executor
        replication = executor.replication
        backlog = executor.backlog
        selected = 0
        if replication.primary is None:
            backlog.selected = -1  # they have selected nothing yet
        else:
            selected = max(backlog.selected, 0)  # the stream is another's, and goes on as it does
        announcements = []
        for replica in self.group:
            if not replica.conn.closed:
                replica.close()
                if not replica.only_snapshot:
                    replica.cursor = backlog.cursor(backlog.offset)
            text = b"+FULLRESYNC %b %d\r\n" % (replication.id.encode(), replication.offset)
            announcements.append(text if replica.says_offset else b"")
        assert self.sink is not None
        self.sink.begin(announcements)
        return [
            ("repl-stream-db", str(selected)),
            ("repl-id", replication.id),
            ("repl-offset", str(replication.offset)),
        ]

    def ended(self, run: SnapshotRun) -> None:
        """The snapshot is sent, or is not to be."""
        self.sink = None
        self.group = []
        if run.error or run.called_off:
            LOG.warning("full sync given up: %s", run.error or "called off")
        else:
            LOG.log(NOTICE, "full sync sent in %.1f s, %d keys", run.running_s(), run.keys)
        self.look()

    def keep_alive(self) -> None:
        """Each second: who waits is told that it is not forgotten."""
        self.close_spools()
        hears_nothing = self.group if isinstance(self.sink, Spool) else []
        for replica in [*self.waiting(), *hears_nothing]:
            if not replica.conn.closed:
                replica.conn.reply.raw(b"\n")
                replica.conn.mark_dirty()
        if self.waiting():
            self.look()
        elif not self.executor.replication.attached():
            self.forget_history()

    def close_spools(self) -> None:
        """Of those that are read, or that nobody will read."""
        for spool in self.spools:
            if spool.replica.conn.closed:
                spool.file.close()
        self.spools = [spool for spool in self.spools if not spool.file.closed]

    def forget_history(self) -> None:
        """There is no replica: after repl-backlog-ttl nobody comes back."""
        replication = self.executor.replication
        if REPLICAS not in replication.wanted_by or replication.primary is not None:
            return
        ttl_s = self.settings.repl_backlog_ttl
        alone_s = (self.executor.clock.now_ms - replication.alone_since_ms) // 1000
        if replication.alone_since_ms and 0 < ttl_s < alone_s:
            replication.want_stream(REPLICAS, False)
            LOG.log(NOTICE, "no replica for %d s: its history is given up", ttl_s)
