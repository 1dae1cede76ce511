"""Rewriting the append-only log: a snapshot is its new base, and what came before it is history.

At the moment of the snapshot a new increment begins, which the manifest names already; so base and
increments are exact, and if the snapshot fails the old files go on. Before there is a first base
nothing of the log counts: until that is whole the manifest says so, and where there are data
without a manifest it was lost.
"""

import asyncio
import contextlib
import errno
import os
import time
from typing import Final

from dflite.engine.executor import Executor
from dflite.persistence.disk import DiskWriter, sync_directory
from dflite.persistence.increment import Increment
from dflite.persistence.log_folder import without_manifest
from dflite.persistence.manifest import BadManifest, LogFile, Manifest, read_manifest
from dflite.persistence.rdb_file import END
from dflite.server.append_log import AppendLog
from dflite.server.logs import LOG, NOTICE
from dflite.server.snapshotting import (
    REWRITE,
    Fields,
    SnapshotRun,
    Snapshots,
    reason_of,
    tell_if_odd,
)
from dflite.settings.settings import Settings
from dflite.settings.values import Refused

NEVER: Final = -1
PATIENCE: Final = 3  # failures in a row after which one waits longer and longer
FIRST_WAIT_S: Final = 60
LONGEST_WAIT_S: Final = 3600
SHORT_WAIT_S: Final = 5  # where no log is written, or none that can be trusted
LINES: Final = 12  # failures in a row of which one is told, when many were


class LogRewriting:
    """When the log is rewritten, and how it went."""

    def __init__(
        self, executor: Executor, settings: Settings, log: AppendLog, snapshots: Snapshots
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.log = log
        self.snapshots = snapshots
        self.by_itself = False  # not before the data are loaded
        self.scheduled = False
        self.preparing = False
        self.spare: tuple[LogFile, Increment] | None = None  # prepared, and not begun
        self.manifest = Manifest()  # that will hold when the running one succeeds
        self.sink: DiskWriter | None = None
        self.cut_offset = 0  # of the stream, at the moment that the base shows
        self.began_s = 0.0
        self.took_s = NEVER
        self.error = ""  # of the last one
        self.failures = 0  # in a row
        self.tried_s = 0.0
        self.rewrites = 0
        settings.on_change("appendonly", self.switch, always=True)

    @property
    def run(self) -> SnapshotRun | None:
        """The snapshot that will be the base."""
        return self.snapshots.running_for(REWRITE)

    @property
    def is_running(self) -> bool:
        return self.preparing or self.run is not None or self.sink is not None

    def is_first(self) -> bool:
        """Is the one that runs to be the first base of a log?"""
        return self.is_running and self.lacks_base()

    def lacks_base(self) -> bool:
        """Is the log wanted, and not there yet?"""
        return self.settings.appendonly and not self.log.is_whole

    def running_s(self) -> int:
        return int(time.monotonic() - self.began_s) if self.is_running else NEVER

    # -- on and off --------------------------------------------------------------------------------

    def switch(self) -> None:
        """CONFIG SET appendonly."""
        if self.settings.appendonly and not self.log.on:
            if self.executor.loading:
                raise Refused("the data are still being loaded")
            if self.snapshots.running is not None or self.is_running:
                self.scheduled = True
            elif not self.begin():
                raise Refused(f"Unable to turn on AOF: {self.error}")
        elif not self.settings.appendonly:
            self.scheduled = False
            if self.log.on:
                LOG.log(NOTICE, "the append only file is off: what comes is not in it")
            self.call_off()
            self.log.end()
            self.log.miss(False)
            self.forget_spare()
            self.give_folder_back()

    def give_folder_back(self) -> None:
        """Where no log is written another process may write one."""
        if not self.settings.appendonly and not self.is_running:
            self.log.give_folder_back()

    def begin_anew(self) -> None:
        """Other data are about to take the place of these: the log holds the old ones."""
        self.call_off()
        self.log.end()
        self.forget_spare()
        if self.settings.appendonly:
            self.log.miss(True)

    def begin_now(self) -> None:
        """The other data are there: begin the log with them."""
        busy = self.is_running or self.snapshots.running is not None
        if self.settings.appendonly and self.by_itself and not busy:
            self.begin()

    def forget_spare(self) -> None:
        if self.spare is not None:
            self.spare[1].close()
            self.spare = None

    def call_off(self) -> None:
        """Give up the running rewrite."""
        run = self.run
        if run is not None:
            run.call_off()

    # -- a rewrite ---------------------------------------------------------------------------------

    def begin(self) -> bool:
        """Begin one, while no snapshot is running; False if that fails at once."""
        log = self.log
        self.scheduled = False
        self.began_s = self.tried_s = time.monotonic()
        try:
            log.make_folder()
            if log.is_whole and self.spare is None:
                manifest = log.manifest.copy()
                file = manifest.add_increment(self.settings.appendfilename)
                self.preparing = True
                loop = asyncio.get_running_loop()
                log.disk.submit(self.prepare, manifest, file, loop)
                return True
            self.begin_snapshot()
        except Exception as error:
            self.could_not_begin(error)
            return False
        return not self.error or self.is_running

    def prepare(self, manifest: Manifest, file: LogFile, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: make the increment of the time behind the snapshot known."""
        increment: Increment | None = None
        problem: Exception | None = None
        try:
            increment = Increment(self.log.path_of(file.name), fresh=True)
            sync_directory(self.log.folder)
            manifest.write(self.log.manifest_path)
        except Exception as error:
            problem = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.prepared, manifest, file, increment, problem)

    def prepared(
        self,
        manifest: Manifest,
        file: LogFile,
        increment: Increment | None,
        problem: Exception | None,
    ) -> None:
        self.preparing = False
        if increment is None or problem is not None:
            if increment is not None:
                increment.close()
            self.log.manifest.give_up(file.name, file.number)
            self.failed(reason_of(problem or OSError("no increment")))
            return
        if not self.log.on:  # it was switched off meanwhile
            increment.close()
            return
        self.log.manifest = manifest
        self.spare = (file, increment)
        if self.snapshots.running is not None:
            self.scheduled = True  # somebody was faster
            return
        try:
            self.begin_snapshot()
        except Exception as error:
            self.could_not_begin(error)

    def begin_snapshot(self) -> None:
        """Let the snapshot be of now; raises what is in the way, as OSError and BadManifest."""
        log, name = self.log, self.settings.appendfilename
        if not os.path.exists(log.manifest_path):
            self.announce()
        elif not log.on:
            found = read_manifest(log.manifest_path)
            if found.files() or found.history:
                log.manifest = found
        self.manifest = log.manifest.copy()
        base = self.manifest.next_base(name)
        self.sink = DiskWriter(log.path_of(base), END, self.settings.rdbchecksum)
        if self.failures < PATIENCE:
            LOG.log(NOTICE, "Background append only file rewriting started: %s", base)
        self.snapshots.begin(REWRITE, self.sink, self.ended, self.at_cut)

    def announce(self) -> None:
        """A log that will be here is nothing yet; raises OSError."""
        log = self.log
        lost = without_manifest(log.folder, self.settings.appendfilename)
        if lost:
            raise OSError(errno.EEXIST, lost)
        Manifest().write(log.manifest_path)

    def at_cut(self) -> Fields:
        """What changes from now on is for the next increment."""
        log = self.log
        self.cut_offset = self.executor.backlog.offset
        if self.spare is not None:
            log.rotate(self.spare[1])
            self.spare = None
        elif self.settings.appendonly:
            file = self.manifest.add_increment(self.settings.appendfilename)
            increment = Increment(log.path_of(file.name), fresh=True)
            try:
                log.begin(increment)
            except OSError:
                increment.close()
                raise
        return [("aof-base", "1")]

    def ended(self, run: SnapshotRun) -> None:
        """The base is written, or not."""
        sink, self.sink = self.sink, None
        if run.called_off or run.error:
            if self.log.on and not self.log.is_whole:
                self.log.end()  # it was nothing yet
            if run.called_off:
                LOG.log(NOTICE, "Background AOF rewrite called off")
                self.scheduled = self.settings.appendonly and not self.executor.loading
            else:
                self.failed(run.error)
            return
        assert sink is not None
        self.sink = sink  # it is not over yet
        manifest = self.manifest
        manifest.replace_base(os.path.basename(sink.file.path), 1 if self.log.on else 0)
        loop = asyncio.get_running_loop()
        self.log.disk.submit(self.settle, manifest, loop)

    def settle(self, manifest: Manifest, loop: asyncio.AbstractEventLoop) -> None:
        """In the thread: from now on the log is this."""
        problem: Exception | None = None
        try:
            manifest.write(self.log.manifest_path)
        except Exception as error:
            problem = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(self.settled, manifest, loop, problem)

    def settled(
        self, manifest: Manifest, loop: asyncio.AbstractEventLoop, problem: Exception | None
    ) -> None:
        sink, self.sink = self.sink, None
        log = self.log
        if problem is not None or sink is None:
            if manifest.base is not None:
                log.manifest.give_up(manifest.base.name, manifest.base.number)
            if log.on and not log.is_whole:
                log.end()
            self.failed(reason_of(problem or OSError("no base")))
            return
        log.manifest = manifest
        log.closed_size = sink.file.written
        log.base_size = log.size
        if log.on:
            log.became_whole()
            log.has_synced(self.cut_offset)  # in the base, though nobody may have synced the log
        self.error = ""
        self.failures = 0
        self.rewrites += 1
        self.took_s = int(time.monotonic() - self.began_s)
        LOG.log(
            NOTICE,
            "Background AOF rewrite terminated with success: %d bytes in %.1f s",
            sink.file.written,
            time.monotonic() - self.began_s,
        )
        self.remove_history()

    def remove_history(self) -> None:
        """Remove what nobody needs any more, in the thread."""
        manifest = self.log.manifest
        if manifest.history and not self.settings.aof_disable_auto_gc:
            without = manifest.copy()
            without.history = []
            self.log.manifest = without
            self.log.disk.submit(self.remove_files, manifest.history, without)

    def remove_files(self, files: list[LogFile], manifest: Manifest) -> None:
        for file in files:
            with contextlib.suppress(OSError):
                os.unlink(self.log.path_of(file.name))
        with contextlib.suppress(OSError):
            manifest.write(self.log.manifest_path)

    def could_not_begin(self, error: Exception) -> None:
        if not isinstance(error, BadManifest):
            tell_if_odd(error)
        self.failed(reason_of(error))

    def failed(self, reason: str) -> None:
        self.error = reason
        self.failures += 1
        self.took_s = int(time.monotonic() - self.began_s)
        if self.failures <= PATIENCE or not self.failures % LINES:
            LOG.warning("Background AOF rewrite failed: %s", reason)

    # -- at times ----------------------------------------------------------------------------------

    def every_second(self) -> None:
        """Begin one if it is time for that."""
        log = self.log
        self.give_folder_back()
        if self.executor.loading or not self.by_itself:
            return
        if self.is_running or self.snapshots.running is not None:
            return
        wanted = self.scheduled or log.doubtful is not None or self.is_grown()
        if (wanted or (self.settings.appendonly and not log.on)) and not self.must_wait():
            self.begin()

    def must_wait(self) -> bool:
        """Have the last ones failed too often?"""
        if self.failures < PATIENCE:
            return False
        wait_s = min(FIRST_WAIT_S << (self.failures - PATIENCE), LONGEST_WAIT_S)
        if self.settings.appendonly and not self.log.is_good():
            wait_s = min(SHORT_WAIT_S + 4 * self.took_s, wait_s)  # a disk may have room again
        return time.monotonic() - self.tried_s < wait_s

    def is_grown(self) -> bool:
        """Is the log so much larger than it was behind the last rewrite?"""
        log, percentage = self.log, self.settings.auto_aof_rewrite_percentage
        if not log.is_whole or not percentage:
            return False
        if log.size <= self.settings.auto_aof_rewrite_min_size:
            return False
        base = max(log.base_size, 1)
        return (log.size - base) * 100 >= percentage * base
