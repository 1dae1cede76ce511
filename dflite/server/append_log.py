"""The append-only log of a running node: the stream of changes, written and synced as it comes.

Before replies leave, what they tell is written to the increment of this time; `appendfsync always`
syncs it too, for all requests of a turn at once, and `everysec` has a thread do so. A disk that
takes no more makes writes be refused until it does; who has asked for `always` and was not answered
yet is cut off instead, for what it wrote may be lost. What is not written stays in the stream. A
primary's does not end for that, so a replica gives its log up some time, and begins a new one.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from dflite.base.conversation_errors import LogMisconfigured, LogNotWhole
from dflite.engine.context import NEW_LOG
from dflite.engine.executor import Executor
from dflite.engine.replication import LOG, NO_OFFSET
from dflite.native.wire.backlog import Backlog, Cursor
from dflite.persistence.disk import sync_directory
from dflite.persistence.increment import Increment
from dflite.persistence.log_folder import FolderLock
from dflite.persistence.manifest import SUFFIX, Manifest
from dflite.server.logs import LOG as LOGGER
from dflite.server.snapshotting import reason_of
from dflite.settings.settings import Settings

ALWAYS: Final = "always"
EVERY_SECOND: Final = "everysec"
NEVER: Final = "no"
PIECE: Final = 1 << 20  # bytes that are written at once
MOST_UNWRITTEN: Final = 256 << 20  # of a primary's stream, then the log is given up
SYNC_S: Final = 1.0
MOST_DELAY_S: Final = 2.0  # that a write waits for a sync that takes long
RETRY_S: Final = 0.1
LONG_RETRY_S: Final = 1.0  # where much has to be written
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
        self.life = 0  # how often it was ended
        self.most_unwritten = MOST_UNWRITTEN
        self.is_whole = False  # base and increments hold all data: not before the first base is
        self.is_missed = False  # ... and what the files hold is not the data any more
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
        self.lock = FolderLock()
        self.lock_told = False  # that there can be none
        self.loop: asyncio.AbstractEventLoop | None = None
        executor.before_replies_chores.append(self.write_out)
        settings.on_change("appendfsync", self.change_policy)

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
        """Where the files go, and no other process writes; raises OSError."""
        if not os.path.isdir(self.folder):
            os.mkdir(self.folder, 0o750)
            sync_directory(self.settings.dir or ".")
        self.lock.take(self.folder)
        if self.lock.problem and not self.lock_told:
            said = "%s cannot be locked (%s): see to it that no other node writes there"
            LOGGER.warning(said, self.folder, self.lock.problem)
            self.lock_told = True

    def give_folder_back(self) -> None:
        """Another process may write there, once the thread has done what it has to do."""
        if self.lock.is_held:
            self.lock.let_go()
            self.disk.submit(self.lock.give_back)

    # -- figures -----------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        return self.increment is not None

    def is_good(self) -> bool:
        """Do the files hold all data, for all that is known?"""
        return self.is_whole and self.doubtful is None

    @property
    def size(self) -> int:
        """Bytes of all files that are needed."""
        return self.closed_size + (0 if self.increment is None else self.increment.size)

    @property
    def waiting(self) -> int:
        """Bytes of the stream that are not written yet."""
        return 0 if self.cursor is None else self.cursor.lag()

    # -- on and off --------------------------------------------------------------------------------

    def begin(self, increment: Increment) -> None:
        """From now on the stream goes there; raises OSError, and then nothing has changed."""
        replication = self.executor.replication
        if self.backlog.selected >= 0:
            increment.append(select(self.backlog.selected))
        if self.cursor is None:
            self.loop = asyncio.get_running_loop()
            replication.want_stream(LOG, True)
            self.cursor = self.backlog.cursor(self.backlog.offset)
            replication.file_offset = NO_OFFSET
            self.synced_s = time.monotonic()
        self.increment = increment

    def became_whole(self) -> None:
        """The files hold all data from now on, whatever was wrong with older ones."""
        self.is_whole = True
        self.miss(False)
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
            self.disk.submit(self.close_file, old, self.life)

    def end(self) -> None:
        """Let there be no log from now on; a thread syncs what is there."""
        increment = self.increment
        if increment is None or self.cursor is None:
            return
        if self.is_whole:
            try:
                self.write_all()
            except OSError as error:
                LOGGER.warning("the log cannot be ended as it should: %s", reason_of(error))
        self.disk.submit(close_ended, increment)
        self.life += 1
        self.increment = None
        self.cursor.close()
        self.cursor = None
        self.executor.replication.file_offset = NO_OFFSET
        self.is_whole = self.unsynced = False
        self.doubtful = None
        self.closed_size = self.base_size = 0
        self.syncing_since_s = 0.0
        self.good_again()
        self.executor.replication.want_stream(LOG, False)

    def close(self) -> None:
        """The process ends: end the log, and wait for the disk."""
        self.end()
        self.disk.shutdown()
        self.lock.close()

    def miss(self, missed: bool) -> None:
        """The files hold other data than the node until there is a new base, or that is over.

        A replica's primary has the data. A primary that has promised to have everything on its disk
        takes no writes until it can keep that.
        """
        self.is_missed = missed
        promised = missed and self.settings.appendonly and self.settings.appendfsync == ALWAYS
        self.executor.note_disk(NEW_LOG, LogNotWhole() if promised else None)

    def change_policy(self) -> None:
        """CONFIG SET appendfsync."""
        self.miss(self.is_missed)
        self.every_second()

    # -- writing -----------------------------------------------------------------------------------

    def write_out(self) -> None:
        """Replies are about to leave: write what they tell of."""
        cursor = self.cursor
        if cursor is None or self.backlog.offset == cursor.position:
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

        What could not be written or synced stays in the stream, and the file is as it was.
        """
        cursor, increment = self.cursor, self.increment
        if cursor is None or increment is None or not cursor.lag():
            return
        before = increment.size
        always = self.settings.appendfsync == ALWAYS and not self.spares_disk()
        reader = self.backlog.cursor(cursor.position)
        try:
            if self.settings.aof_timestamp_enabled:
                increment.append(increment.stamp(int(time.time())))
            while reader.lag():
                increment.append(reader.take(PIECE))
            if always:
                increment.sync()
        except OSError:
            increment.go_back(before)
            increment.stamped_s = 0
            raise
        finally:
            reader.close()
        cursor.skip_to(self.backlog.offset)
        if always:
            self.synced_s = time.monotonic()
            self.has_synced(cursor.position)
        else:
            self.unsynced = True

    def spares_disk(self) -> bool:
        """Is nothing synced, because another file is being written?"""
        return self.settings.no_appendfsync_on_rewrite and self.executor.saving

    def failed(self, error: OSError) -> None:
        """Nothing can be written: from now on nothing is promised either."""
        reason = reason_of(error)
        waiting = self.waiting
        self.next_try_s = time.monotonic() + (RETRY_S if waiting <= PIECE else LONG_RETRY_S)
        if waiting > self.most_unwritten and self.executor.replication.primary is not None:
            self.give_up(reason)
            return
        if self.error == reason:
            return
        first = not self.error
        self.error = reason
        LOGGER.warning("the log cannot be written: %s", reason)
        self.executor.note_disk(LOG, LogMisconfigured(reason.encode()))
        if first and self.settings.appendfsync == ALWAYS:
            self.cut_off()

    def give_up(self, reason: str) -> None:
        """The primary goes on, and nothing can be written: keeping all of it would need no end."""
        LOGGER.warning(
            "the log is given up, %d bytes behind: %s; a new one is begun when that is possible",
            self.waiting,
            reason,
        )
        self.is_whole = False  # nothing of it is tried again
        self.end()
        self.miss(True)

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
        self.disk.submit(self.sync_file, increment, cursor.position, self.life)

    def sync_file(self, increment: Increment, offset: int, life: int) -> None:
        """In the thread."""
        problem: OSError | None = None
        try:
            increment.sync()
        except OSError as error:
            problem = error
        self.tell(increment, offset, life, problem)

    def close_file(self, increment: Increment, life: int) -> None:
        """In the thread: an increment is complete."""
        problem: OSError | None = None
        try:
            increment.sync()
        except OSError as error:
            problem = error
        increment.close()
        if problem is not None:
            self.tell(increment, NO_SYNC, life, problem)

    def tell(self, increment: Increment, offset: int, life: int, problem: OSError | None) -> None:
        """Out of the thread: how that went."""
        loop = self.loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.sync_ended, increment, offset, life, problem)

    def sync_ended(
        self, increment: Increment, offset: int, life: int, problem: OSError | None
    ) -> None:
        if life != self.life:
            return  # of a log that is no more
        if offset != NO_SYNC:
            self.syncing_since_s = 0.0
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


def close_ended(increment: Increment) -> None:
    """In the thread: the log is over."""
    try:
        increment.sync()
    except OSError as error:
        LOGGER.warning("the end of the log could not be synced: %s", reason_of(error))
    increment.close()


def select(database: int) -> bytes:
    """The request that an increment begins with, unless the stream says so itself."""
    number = b"%d" % database
    return b"*2\r\n$6\r\nSELECT\r\n$%d\r\n%b\r\n" % (len(number), number)
