"""The append-only log of a running node: the stream of changes, written and synced as it comes.

Before replies leave, what they tell is written to the increment of this time; `appendfsync always`
syncs it too, for all requests of a turn at once, and `everysec` has a thread do so. A disk that
takes no more makes writes be refused until it does; who has asked for `always` and was not answered
yet is cut off instead, for what it wrote may be lost.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from dflite.base.conversation_errors import LogMisconfigured
from dflite.engine.executor import Executor
from dflite.engine.replication import LOG
from dflite.native.backlog import Backlog, Cursor
from dflite.persistence.disk import sync_directory
from dflite.persistence.increment import Increment
from dflite.persistence.manifest import SUFFIX, Manifest
from dflite.server.logs import LOG as LOGGER
from dflite.server.snapshotting import reason_of
from dflite.settings.settings import Settings

ALWAYS: Final = "always"
EVERY_SECOND: Final = "everysec"
NEVER: Final = "no"
ALL: Final = 1 << 62
SYNC_S: Final = 1.0
MOST_DELAY_S: Final = 2.0  # that a write waits for a sync that takes long
RETRY_S: Final = 0.1
NO_SYNC: Final = -1


class AppendLog:
    """What is written where. `on` while there is an increment that takes the stream."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.settings = settings
        self.backlog: Backlog = executor.backlog
        self.manifest = Manifest()
        self.increment: Increment | None = None
        self.cursor: Cursor | None = None
        self.pending = b""  # taken from the stream, and not written or not synced
        self.is_whole = False  # base and increments hold all data: not before the first base is
        self.base_size = 0  # of all files when they were last rewritten, or loaded
        self.closed_size = 0  # of all files but the increment
        self.error = ""  # why nothing is written
        self.next_try_s = 0.0
        self.doubtful: Increment | None = None  # a sync of it has failed: nobody knows what it has
        self.unsynced = False
        self.syncing_since_s = 0.0  # 0: no sync is running
        self.synced_s = 0.0
        self.delayed = 0  # writes that waited for a sync, and in the end did not
        self.cut_off: Callable[[], None] = self.do_nothing
        self.disk = ThreadPoolExecutor(1, "log")  # one thing at a time, in order
        self.loop: asyncio.AbstractEventLoop | None = None
        executor.before_replies_chores.append(self.write_out)
        settings.on_change("appendfsync", self.every_second)

    def do_nothing(self) -> None:
        """Nobody has to be cut off where nobody is connected."""

    # -- places ------------------------------------------------------------------------------------

    @property
    def folder(self) -> str:
        return os.path.join(self.settings.dir, self.settings.appenddirname)

    @property
    def manifest_path(self) -> str:
        return self.path_of(self.settings.appendfilename + SUFFIX)

    def path_of(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def make_folder(self) -> None:
        """Where the files go; raises OSError."""
        if not os.path.isdir(self.folder):
            os.mkdir(self.folder, 0o750)
            sync_directory(self.settings.dir or ".")

    # -- figures -----------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        return self.increment is not None

    @property
    def size(self) -> int:
        """Bytes of all files that are needed."""
        return self.closed_size + (0 if self.increment is None else self.increment.size)

    @property
    def waiting(self) -> int:
        """Bytes of the stream that are not written yet."""
        lag = 0 if self.cursor is None else self.cursor.lag()
        return len(self.pending) + lag

    # -- on and off --------------------------------------------------------------------------------

    def begin(self, increment: Increment) -> None:
        """From now on the stream goes there."""
        replication = self.executor.replication
        if self.cursor is None:
            self.loop = asyncio.get_running_loop()
            replication.want_stream(LOG, True)
            self.cursor = self.backlog.cursor(self.backlog.offset)
            replication.file_offset = 0  # until the files hold all data
            self.synced_s = time.monotonic()
        if self.backlog.selected >= 0:
            increment.append(select(self.backlog.selected))
        self.increment = increment

    def became_whole(self) -> None:
        """The files hold all data from now on, whatever was wrong with older ones."""
        self.is_whole = True
        if self.doubtful is not None and self.doubtful is not self.increment:
            self.doubtful = None
            self.good_again()
        if not self.unsynced and not self.syncing_since_s and self.cursor is not None:
            self.has_synced(self.cursor.position)

    def rotate(self, increment: Increment) -> None:
        """What comes from now on goes to another increment; raises OSError."""
        old = self.increment
        self.write_all()
        self.begin(increment)
        if old is not None:
            self.closed_size += old.size
            self.disk.submit(self.close_file, old)

    def end(self) -> None:
        """Let there be no log from now on; what is there is synced as far as that is possible."""
        increment = self.increment
        if increment is None or self.cursor is None:
            return
        try:
            self.write_all()
            self.disk.submit(increment.sync).result()
        except OSError as error:
            LOGGER.warning("the log cannot be ended as it should: %s", reason_of(error))
        self.disk.submit(increment.close)
        self.increment = None
        self.cursor.close()
        self.cursor = None
        self.pending = b""
        self.is_whole = self.unsynced = False
        self.doubtful = None
        self.closed_size = self.base_size = 0
        self.syncing_since_s = 0.0
        self.good_again()
        self.executor.replication.want_stream(LOG, False)

    # -- writing -----------------------------------------------------------------------------------

    def write_out(self) -> None:
        """Replies are about to leave: write what they tell of."""
        cursor = self.cursor
        if cursor is None or (not self.pending and self.backlog.offset == cursor.position):
            return
        now = time.monotonic()
        if self.error and now < self.next_try_s:
            return
        if self.syncing_since_s and self.settings.appendfsync == EVERY_SECOND:
            if now - self.syncing_since_s < MOST_DELAY_S:
                return  # a write would wait for the disk, and everybody for it
            self.delayed += 1
        try:
            self.write_all()
        except OSError as error:
            self.failed(error)
            return
        if self.error and self.doubtful is None:
            self.good_again()
        if self.settings.appendfsync == EVERY_SECOND and now - self.synced_s >= SYNC_S:
            self.begin_sync()

    def write_all(self) -> None:
        """Write the stream up to now, and with `always` sync it; raises OSError.

        What could not be written or synced stays in `pending`, and the file is as it was.
        """
        cursor, increment = self.cursor, self.increment
        if cursor is None or increment is None:
            return
        data = self.pending + cursor.take(ALL)
        if not data:
            return
        self.pending = data
        before = increment.size
        always = self.settings.appendfsync == ALWAYS and not self.spares_disk()
        if self.settings.aof_timestamp_enabled:
            data = increment.stamp(int(time.time())) + data
        increment.append(data)
        if always:
            try:
                increment.sync()
            except OSError:
                increment.go_back(before)
                increment.stamped_s = 0
                raise
            self.synced_s = time.monotonic()
            self.has_synced(cursor.position)
        else:
            self.unsynced = True
        self.pending = b""

    def spares_disk(self) -> bool:
        """Is nothing synced, because another file is being written?"""
        return self.settings.no_appendfsync_on_rewrite and self.executor.saving

    def failed(self, error: OSError) -> None:
        """Nothing can be written: from now on nothing is promised either."""
        reason = reason_of(error)
        self.next_try_s = time.monotonic() + RETRY_S
        if self.error == reason:
            return
        first = not self.error
        self.error = reason
        LOGGER.warning("the log cannot be written: %s", reason)
        self.executor.note_disk(LOG, LogMisconfigured(reason.encode()))
        if first and self.settings.appendfsync == ALWAYS:
            self.cut_off()

    def good_again(self) -> None:
        if self.error:
            self.error = ""
            LOGGER.warning("the log is written again")
            self.executor.note_disk(LOG, None)

    # -- syncing -----------------------------------------------------------------------------------

    def begin_sync(self) -> None:
        """Have the thread sync what is written."""
        increment, cursor = self.increment, self.cursor
        if self.syncing_since_s or not self.unsynced or increment is None or cursor is None:
            return
        if self.spares_disk():
            return
        self.unsynced = False
        self.synced_s = self.syncing_since_s = time.monotonic()
        self.disk.submit(self.sync_file, increment, cursor.position)

    def sync_file(self, increment: Increment, offset: int) -> None:
        """In the thread."""
        problem: OSError | None = None
        try:
            increment.sync()
        except OSError as error:
            problem = error
        self.tell(increment, offset, problem)

    def close_file(self, increment: Increment) -> None:
        """In the thread: an increment is complete."""
        problem: OSError | None = None
        try:
            increment.sync()
        except OSError as error:
            problem = error
        increment.close()
        if problem is not None:
            self.tell(increment, NO_SYNC, problem)

    def tell(self, increment: Increment, offset: int, problem: OSError | None) -> None:
        """Out of the thread: how that went."""
        loop = self.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.sync_ended, increment, offset, problem)

    def sync_ended(self, increment: Increment, offset: int, problem: OSError | None) -> None:
        if offset != NO_SYNC:
            self.syncing_since_s = 0.0
        if self.increment is None:
            return
        if problem is not None:
            # what the system could not write it has perhaps forgotten: only a rewrite helps
            self.doubtful = increment
            self.unsynced = True
            self.failed(problem)
            return
        self.has_synced(offset)
        self.write_out()  # what waited for this

    def has_synced(self, offset: int) -> None:
        """The disk has the stream up to there."""
        replication = self.executor.replication
        if self.is_whole and self.doubtful is None and offset > replication.file_offset:
            replication.file_offset = offset
            if replication.acknowledged is not None:
                replication.acknowledged()

    def every_second(self) -> None:
        """Write and sync what nobody has asked for."""
        if self.increment is None:
            return
        self.write_out()
        if self.settings.appendfsync != NEVER:
            self.begin_sync()


def select(database: int) -> bytes:
    """The request that an increment begins with, unless the stream says so itself."""
    number = b"%d" % database
    return b"*2\r\n$6\r\nSELECT\r\n$%d\r\n%b\r\n" % (len(number), number)
