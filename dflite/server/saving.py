"""Snapshots of this node: SAVE, BGSAVE, points of time and change, which files are kept.

A background snapshot is written in slices between requests, and by a thread to the disk. Whatever
goes wrong leaves the last good file as it is, and is told by INFO, the log, /readyz and, as
`stop-writes-on-bgsave-error` says, by MISCONF.
"""

import asyncio
import contextlib
import errno
import os
import time
from typing import Final

from dflite import __version__
from dflite.base.cron import Cron
from dflite.base.versions import REDIS_VERSION
from dflite.engine.executor import Executor
from dflite.native.snapshot import Snapshot
from dflite.persistence.disk import DiskWriter, SafeFile, seal
from dflite.persistence.names import name_at, remove_old, remove_unfinished
from dflite.persistence.rdb_file import END, head, version_for
from dflite.server.logs import LOG, NOTICE
from dflite.settings.settings import Settings
from dflite.store.keyspace import Keyspace

SLICE_US: Final = 300  # between requests
WHOLE_SLICE_US: Final = 20_000  # where nobody is served meanwhile
CHUNK: Final = 256 * 1024  # bytes that are handed to the disk at once
MOST_WAITING: Final = 32 << 20  # bytes that may wait for the disk
DISK_S: Final = 0.002  # until it is looked at again
RETRY_S: Final = 5  # after a failure, before a point is tried again
NEVER: Final = -1


class Saving:
    """What is saved, when, and how it went."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.keyspace: Keyspace = executor.keyspace
        self.settings = settings
        self.last_save_s = int(time.time())  # the last good one, or the start
        self.last_try_s = 0.0
        self.last_error = ""  # of the last one, empty if it was good
        self.last_took_s = NEVER
        self.saves = 0
        self.keys_saved = 0  # by the running one
        self.keys_total = 0
        self.saved_changes = 0  # what the count of changes stood at
        self.began_s = 0.0
        self.began_changes = 0
        self.snapshot: Snapshot | None = None
        self.disk: DiskWriter | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.scheduled = False
        self.minute = NEVER  # of the last look at snapshot_cron
        for name in ("save", "stop_writes_on_bgsave_error", "snapshot_cron"):
            settings.on_change(name, self.note_outcome)

    # -- figures -----------------------------------------------------------------------------------

    def changes(self) -> int:
        """Changes of keys since the start."""
        return self.executor.effects.changed + self.executor.lane.changes

    def unsaved_changes(self) -> int:
        """Changes since the last good snapshot."""
        return self.changes() - self.saved_changes

    def running_s(self) -> int:
        """Seconds that the running snapshot has taken, NEVER without one."""
        return NEVER if self.disk is None else int(time.monotonic() - self.began_s)

    def memory(self) -> int:
        """Bytes that the running snapshot holds."""
        held = 0 if self.snapshot is None else self.snapshot.memory
        return held if self.disk is None else held + self.disk.waiting

    def wanted(self) -> bool:
        """Are snapshots taken by themselves?"""
        return bool(self.settings.save or self.settings.snapshot_cron)

    def note_outcome(self) -> None:
        """Writes are refused while snapshots are wanted and fail."""
        refuse = bool(self.last_error) and self.wanted()
        self.executor.misconfigured = refuse and self.settings.stop_writes_on_bgsave_error
        self.executor.observers_changed()

    # -- a snapshot --------------------------------------------------------------------------------

    def path(self) -> str:
        """Where the next one goes; OSError if they have no name."""
        if not self.settings.dbfilename:
            raise FileNotFoundError(errno.ENOENT, "dbfilename is empty", "")
        name = name_at(self.settings.dbfilename, time.time())
        return os.path.join(self.settings.dir, name)

    def head(self) -> bytes:
        fields = [
            ("redis-ver", REDIS_VERSION.decode()),
            ("redis-bits", "64"),
            ("ctime", str(int(time.time()))),
            ("used-mem", str(self.executor.used_memory())),
            ("aof-base", "0"),
            ("dflite-ver", __version__),
        ]
        return head(version_for(self.keyspace), fields)

    def cut(self) -> Snapshot:
        """The moment of the snapshot."""
        self.executor.settle(False)
        self.began_s = time.monotonic()
        self.began_changes = self.changes()
        self.last_try_s = time.time()
        self.keys_total = sum(len(db) for db in self.keyspace.dbs)
        return Snapshot(self.keyspace.tables, self.settings.rdbcompression)

    def save_now(self) -> bool:
        """Write a snapshot while nobody is served; False if it failed."""
        file: SafeFile | None = None
        snapshot = self.cut()
        try:
            path = self.path()
            file = SafeFile(path)
            file.write(self.head())
            while snapshot.run(WHOLE_SLICE_US):
                file.write(snapshot.take())
            file.write(snapshot.take())
            seal(file, END, self.settings.rdbchecksum)
        except (OSError, MemoryError) as error:
            snapshot.close()
            if file is not None:
                file.discard()
            self.failed(error)
            return False
        self.succeeded(path, file.written)
        return True

    def begin(self) -> bool:
        """Begin a snapshot in the background; False if that fails already."""
        try:
            path = self.path()
            self.disk = DiskWriter(path, END, self.settings.rdbchecksum)
        except OSError as error:
            self.last_try_s = time.time()
            self.failed(error)
            return False
        self.began_s = time.monotonic()
        self.scheduled = False
        self.loop = asyncio.get_running_loop()
        LOG.log(NOTICE, "snapshot begun: %s", path)
        if self.executor.in_exec:
            self.loop.call_soon(self.start_cut)  # not in the middle of a step
        else:
            self.start_cut()
        return True

    def start_cut(self) -> None:
        """The moment has come; what was asked for together with the snapshot is done."""
        if self.disk is not None and self.loop is not None:
            self.disk.write(self.head())
            self.snapshot = self.cut()
            self.executor.saving = True
            self.loop.call_soon(self.slice)

    def slice(self) -> None:
        """Write on for a moment, and leave the rest for after the requests that have come."""
        snapshot, disk, loop = self.snapshot, self.disk, self.loop
        if snapshot is None or disk is None or loop is None:
            return  # it was called off
        if disk.error is not None:
            self.give_up(disk.error)
        elif disk.waiting > MOST_WAITING:
            loop.call_later(DISK_S, self.slice)
        else:
            try:
                more = snapshot.run(SLICE_US)
            except MemoryError as error:
                self.give_up(error)
                return
            self.keys_saved = snapshot.keys
            if not more or snapshot.size >= CHUNK:
                disk.write(snapshot.take())
            if more:
                loop.call_soon(self.slice)
            else:
                self.end_cut(snapshot)
                disk.finish()
                self.wait_for_disk()

    def wait_for_disk(self) -> None:
        """All is written but for what the thread still has to do."""
        disk, loop = self.disk, self.loop
        if disk is None or loop is None:
            return
        if disk.error is not None:
            self.give_up(disk.error)
        elif disk.finished:
            self.disk = None
            self.succeeded(disk.file.path, disk.file.written)
        else:
            loop.call_later(DISK_S, self.wait_for_disk)

    def end_cut(self, snapshot: Snapshot) -> None:
        """Changes concern the snapshot no more."""
        self.snapshot = None
        self.executor.saving = False
        for part in snapshot.remains:
            self.keyspace.remains.append(part)
            self.keyspace.keys_of_remains.append(0)

    def call_off(self) -> bool:
        """Give up the running snapshot, if there is one: that is no failure."""
        scheduled, self.scheduled = self.scheduled, False
        disk, snapshot = self.disk, self.snapshot
        self.disk = None
        if snapshot is not None:
            snapshot.close()
            self.end_cut(snapshot)
        if disk is not None:
            disk.cancel()
            LOG.log(NOTICE, "snapshot called off")
        return disk is not None or scheduled

    def give_up(self, error: Exception) -> None:
        """The running snapshot has failed."""
        disk, snapshot = self.disk, self.snapshot
        self.disk = None
        if snapshot is not None:
            snapshot.close()
            self.end_cut(snapshot)
        if disk is not None:
            disk.cancel()
        self.failed(error)

    def succeeded(self, path: str, size: int) -> None:
        seconds = time.monotonic() - self.began_s
        self.last_save_s = int(time.time())
        self.last_took_s = int(seconds)
        self.last_error = ""
        self.saves += 1
        self.saved_changes = self.began_changes
        self.note_outcome()
        LOG.log(NOTICE, "snapshot saved: %s, %d bytes in %.1f s", path, size, seconds)
        with contextlib.suppress(OSError):
            keep = self.settings.snapshot_retention
            for name in remove_old(self.settings.dir, self.settings.dbfilename, keep):
                LOG.log(NOTICE, "old snapshot removed: %s", name)

    def failed(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        self.last_took_s = int(time.monotonic() - self.began_s) if self.began_s else 0
        self.last_error = reason
        self.note_outcome()
        LOG.warning("snapshot failed: %s: %s", self.settings.dbfilename or "no file", reason)

    # -- at times ----------------------------------------------------------------------------------

    def clean_up(self) -> None:
        """Remove what a process before this one has left unfinished."""
        with contextlib.suppress(OSError):
            remove_unfinished(self.settings.dir, self.settings.dbfilename)

    def every_second(self) -> None:
        """Begin a snapshot if it is time for one."""
        if self.disk is not None or self.executor.loading:
            return
        if self.scheduled or self.is_point() or self.is_minute():
            self.begin()

    def is_point(self) -> bool:
        """Have enough changes come in enough seconds?"""
        now = time.time()
        changes = self.unsaved_changes()
        if not changes or (self.last_error and now - self.last_try_s < RETRY_S):
            return False
        return any(
            changes >= least and now - self.last_save_s > seconds
            for seconds, least in self.settings.save
        )

    def is_minute(self) -> bool:
        """Has a minute begun that snapshot_cron names?"""
        text = self.settings.snapshot_cron
        if not text:
            return False
        now = time.localtime()
        before, self.minute = self.minute, now.tm_min
        return before != now.tm_min and before != NEVER and Cron(text).fits(now)
