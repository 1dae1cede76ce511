"""Snapshots of this node: SAVE, BGSAVE, points of time and change, which files are kept.

A background snapshot is written in slices between requests, and by a thread to the disk. Whatever
goes wrong leaves the last good file as it is, and is told by INFO, the log, /readyz and, as
`stop-writes-on-bgsave-error` says, by MISCONF.
"""

import contextlib
import errno
import os
import time
from typing import Final

from dflite.base.conversation_errors import Misconfigured
from dflite.base.cron import Cron
from dflite.engine.context import SNAPSHOTS
from dflite.engine.executor import Executor
from dflite.native.rdb.snapshot import Snapshot
from dflite.persistence.disk import DiskWriter, SafeFile, seal
from dflite.persistence.names import (
    is_series,
    name_at,
    remove_old,
    remove_unfinished,
    remove_unfinished_of_log,
)
from dflite.persistence.rdb_file import END
from dflite.server.logs import LOG, NOTICE
from dflite.server.snapshotting import (
    SAVE,
    Fields,
    SnapshotRun,
    Snapshots,
    bury,
    head_of,
    reason_of,
    tell_if_odd,
)
from dflite.settings.settings import Settings

WHOLE_SLICE_US: Final = 20_000  # where nobody is served meanwhile
RETRY_S: Final = 5  # after a failure, before a point is tried again
NEVER: Final = -1


class Saving:
    """What is saved, when, and how it went."""

    def __init__(self, executor: Executor, settings: Settings, snapshots: Snapshots) -> None:
        self.executor = executor
        self.settings = settings
        self.snapshots = snapshots
        self.last_save_s = int(time.time())  # the last good one, or the start
        self.last_good_s = time.monotonic()  # ... by a clock that nobody sets
        self.last_try_s = 0.0
        self.last_error = ""  # of the last one, empty if it was good
        self.last_took_s = NEVER
        self.saves = 0
        self.saved_changes = 0  # what the count of changes stood at
        self.began_s = 0.0
        self.began_changes = 0
        self.disk: DiskWriter | None = None
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

    @property
    def run(self) -> SnapshotRun | None:
        """The running snapshot."""
        return self.snapshots.running_for(SAVE)

    def wanted(self) -> bool:
        """Are snapshots taken by themselves?"""
        return bool(self.settings.save or self.settings.snapshot_cron)

    def note_outcome(self) -> None:
        """Writes are refused while snapshots are wanted and fail."""
        refuse = bool(self.last_error) and self.wanted()
        refuse = refuse and self.settings.stop_writes_on_bgsave_error
        self.executor.note_disk(SNAPSHOTS, Misconfigured() if refuse else None)

    # -- a snapshot --------------------------------------------------------------------------------

    def path(self) -> str:
        """Where the next one goes; OSError if they have no name."""
        if not self.settings.dbfilename:
            raise FileNotFoundError(errno.ENOENT, "dbfilename is empty", "")
        name = name_at(self.settings.dbfilename, time.time())
        return os.path.join(self.settings.dir, name)

    def at_cut(self) -> Fields:
        """The moment of the snapshot: what fields say of it."""
        self.began_s = time.monotonic()
        self.began_changes = self.changes()
        self.last_try_s = time.monotonic()
        fields = [("aof-base", "0")]
        executor = self.executor
        if executor.busy_with is None and not executor.effects.records:
            fields += executor.replication.saved_fields()  # else the stream lacks what is here
        return fields

    def save_now(self) -> bool:
        """Write a snapshot while nobody is served; False if it failed."""
        self.snapshots.call_off()
        file: SafeFile | None = None
        fields = self.at_cut()
        packing = self.settings.rdbcompression
        snapshot = Snapshot(self.executor.keyspace.tables, packing)
        try:
            path = self.path()
            file = SafeFile(path)
            file.write(head_of(self.executor, fields, packing))
            while snapshot.run(WHOLE_SLICE_US):
                file.write(snapshot.take())
            file.write(snapshot.take())
            seal(file, END, self.settings.rdbchecksum)
        except Exception as error:
            snapshot.close()
            bury(self.executor, snapshot)
            if file is not None:
                file.discard()
            tell_if_odd(error)
            self.failed(reason_of(error))
            return False
        self.succeeded(path, file.written)
        return True

    def begin(self) -> bool:
        """Begin a snapshot in the background; False if that fails already."""
        self.scheduled = False
        self.began_s = time.monotonic()
        self.last_try_s = time.monotonic()
        try:
            path = self.path()
            self.disk = DiskWriter(path, END, self.settings.rdbchecksum)
        except Exception as error:
            tell_if_odd(error)
            self.failed(reason_of(error))
            return False
        LOG.log(NOTICE, "Background saving started: %s", path)
        self.snapshots.begin(SAVE, self.disk, self.ended, self.at_cut)
        return True

    def ended(self, run: SnapshotRun) -> None:
        """The running snapshot is over."""
        disk, self.disk = self.disk, None
        if run.called_off:
            LOG.log(NOTICE, "snapshot called off")
        elif run.error:
            self.failed(run.error)
        elif disk is not None:
            self.succeeded(disk.file.path, disk.file.written)

    def call_off(self) -> bool:
        """Give up the running snapshot, if there is one: that is no failure."""
        scheduled, self.scheduled = self.scheduled, False
        run = self.run
        if run is not None:
            run.call_off()
        return run is not None or scheduled

    def flushed_all(self) -> None:
        """What is being saved is no more; where there are save points, say so on the disk soon."""
        if self.executor.loading:
            return
        self.call_off()
        self.scheduled = bool(self.settings.save and self.settings.dbfilename)

    def succeeded(self, path: str, size: int) -> None:
        seconds = time.monotonic() - self.began_s
        self.last_save_s = int(time.time())
        self.last_good_s = time.monotonic()
        self.last_took_s = int(seconds)
        self.last_error = ""
        self.saves += 1
        self.saved_changes = self.began_changes
        self.note_outcome()
        LOG.log(NOTICE, "DB saved on disk: %s, %d bytes in %.1f s", path, size, seconds)
        with contextlib.suppress(OSError):
            keep = self.settings.snapshot_retention
            for name in remove_old(self.settings.dir, self.settings.dbfilename, keep):
                LOG.log(NOTICE, "old snapshot removed: %s", name)

    def failed(self, reason: str) -> None:
        self.last_took_s = int(time.monotonic() - self.began_s)
        self.last_error = reason
        self.note_outcome()
        LOG.warning(
            "Background saving error: %s: %s", self.settings.dbfilename or "no file", reason
        )

    # -- at times ----------------------------------------------------------------------------------

    def clean_up(self) -> None:
        """Remove what a process before this one has left unfinished."""
        with contextlib.suppress(OSError):
            settings = self.settings
            remove_unfinished(settings.dir, settings.dbfilename)
            folder = os.path.join(settings.dir, settings.appenddirname)
            remove_unfinished_of_log(folder, settings.appendfilename)

    def tell_doubts(self) -> None:
        """Warn of what can be seen already, before there is something to lose."""
        settings = self.settings
        name = settings.dbfilename
        if settings.snapshot_retention and not is_series(name):
            what = f"{name} is replaced by each snapshot" if name else "there are no snapshots"
            said = "snapshot_retention has no effect: %s; --dbfilename=dump-{timestamp} keeps many"
            LOG.warning(said, what)
        problem = self.trial() if name or self.wanted() else ""
        if problem:
            refused = self.wanted() and settings.stop_writes_on_bgsave_error
            LOG.warning(
                "no snapshot can be written in %s: %s%s",
                settings.dir,
                problem,
                ", so writes will be refused when the first one fails" if refused else "",
            )

    def trial(self) -> str:
        """Why nothing can be written where snapshots go; nothing if it can."""
        try:
            SafeFile(self.path()).discard()
        except OSError as error:
            return reason_of(error)
        return ""

    def every_second(self) -> None:
        """Begin a snapshot if it is time for one."""
        is_minute = self.is_minute()  # which has to be asked each second
        running = self.snapshots.running
        if self.executor.loading:
            return
        if running is not None:
            self.scheduled = self.scheduled or (is_minute and running.purpose != SAVE)
        elif self.scheduled or is_minute or self.is_point():
            self.begin()

    def is_point(self) -> bool:
        """Have enough changes come in enough seconds?"""
        now = time.monotonic()
        changes = self.unsaved_changes()
        if not changes or (self.last_error and now - self.last_try_s < RETRY_S):
            return False
        return any(
            changes >= least and now - self.last_good_s > seconds
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
