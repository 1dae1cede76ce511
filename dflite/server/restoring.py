"""Loading what was saved: at the start, in slices, while who asks is told to wait; DEBUG RELOAD.

A file that cannot be read ends the start: an empty store in its place would be a loss that nobody
notices.
"""

import asyncio
import contextlib
import os
import time
from typing import Final

from dflite.base.errors import CommandError
from dflite.engine.executor import Executor
from dflite.persistence.names import SUFFIX, files_of
from dflite.persistence.rdb_file import DamagedFile, FileLoad, load_file
from dflite.scripting.scripting import FLUSH, REPLACE, take_functions
from dflite.server.append_log import AppendLog
from dflite.server.log_loading import CannotLoad, LogLoading, Progress, about_functions
from dflite.server.log_rewrite import LogRewriting
from dflite.server.logs import LOG, NOTICE
from dflite.server.slowing import Slowing
from dflite.settings.settings import Settings

ALL: Final = -1  # keys are kept that are due
SLICE_US: Final = 5_000
PAUSE_S: Final = 0.002
PATIENCE_S: Final = 3.0  # with a process that has the log still
LOOK_S: Final = 0.05


class Restoring:
    """What was loaded, or is being."""

    def __init__(
        self, executor: Executor, settings: Settings, log: AppendLog, rewriting: LogRewriting
    ) -> None:
        self.executor = executor
        self.settings = settings
        self.log = log
        self.rewriting = rewriting
        self.fields: dict[str, str] = {}  # of the snapshot that was loaded
        self.keys_loaded = 0
        self.keys_expired = 0
        self.began_s = 0.0
        self.load: Progress | None = None

    def newest(self) -> str:
        """The file that holds the data, or nothing."""
        files = files_of(self.settings.dir, self.settings.dbfilename)
        return os.path.join(self.settings.dir, files[0]) if files else ""

    async def claim_log(self, stopped: asyncio.Event) -> None:
        """Let no other process write the log; CannotLoad if one does.

        One that is just ending, which who started this one need not know, gets time to do so.
        """
        if not self.settings.appendonly:
            return
        until_s = time.monotonic() + PATIENCE_S
        while not stopped.is_set():
            try:
                self.log.make_folder()
                return
            except BlockingIOError as error:
                if time.monotonic() >= until_s:
                    raise CannotLoad(error.strerror) from None
                if not self.executor.loading:
                    LOG.log(NOTICE, "%s: waiting for its end", error.strerror)
                    self.executor.loading = True  # until the log is loaded
                    self.executor.observers_changed()
            except OSError as error:
                reason = error.strerror or str(error)
                raise CannotLoad(f"no log can be begun in {self.log.folder}: {reason}") from None
            await asyncio.sleep(LOOK_S)

    def tell_what_is_not_loaded(self, path: str) -> None:
        """Warn of a log or of snapshots that somebody may think are the data of this node."""
        settings = self.settings
        log = self.log.manifest_path
        if not settings.appendonly and os.path.exists(log):
            LOG.warning("%s is a log, and is not loaded: --appendonly is off", log)
        if path or settings.appendonly or not settings.dbfilename:
            return
        others: list[str] = []
        with contextlib.suppress(OSError):  # whether one may write there is told elsewhere
            others = sorted(name for name in os.listdir(settings.dir) if name.endswith(SUFFIX))
        if others:
            more = f" and {len(others) - 1} more" if others[1:] else ""
            said = "%s holds %s%s, not loaded: --dbfilename is %s"
            LOG.warning(said, settings.dir, others[-1], more, settings.dbfilename)

    async def at_start(self, stopped: asyncio.Event) -> bool:
        """Load the log, or the newest snapshot, if there is one; CannotLoad if it cannot be read.

        False if the process is to end before that: then it goes on loading, for all that others
        know, so that nobody saves the part that is there.
        """
        executor = self.executor
        path = self.newest() if self.settings.dbfilename else ""
        self.tell_what_is_not_loaded(path)
        if not path and not self.settings.appendonly:
            self.rewriting.by_itself = True
            return True
        self.began_s = time.time()
        executor.loading = True
        executor.observers_changed()
        logged = LogLoading(executor, self.settings, self.log)
        path_of_log = self.settings.appendonly and logged.find()
        if path_of_log:
            whole = await self.load_log(logged, stopped)
        else:
            whole = not path or await self.load_snapshot(path, stopped)
            if whole and self.settings.appendonly:
                whole = await self.begin_log(stopped)
        self.load = None
        if not whole:
            return False
        self.rewriting.by_itself = True
        executor.loading = False
        executor.observers_changed()
        executor.keyspace.dbs[0].effects_of_deadline(0)  # some may be due for long
        LOG.log(
            NOTICE,
            "DB loaded from %s: %d keys, %d were due, in %.1f s",
            "append only file" if path_of_log else "disk",
            self.keys_loaded,
            self.keys_expired,
            time.time() - self.began_s,
        )
        return True

    async def load_snapshot(self, path: str, stopped: asyncio.Event) -> bool:
        executor = self.executor
        LOG.log(NOTICE, "loading %s", path)
        load: FileLoad | None = None
        try:
            # a replica's primary says when a key goes
            now_ms = ALL if self.settings.replicaof else executor.clock.now_ms
            self.load = load = FileLoad(path, executor.keyspace, now_ms)
            # replicas that go on here hold what is due, and wait to be told that it goes
            load.contents.on_history = load.keep_due_keys
            slowing = Slowing()
            while load.run(0 if self.settings.key_load_delay else SLICE_US):
                await asyncio.sleep(slowing.pause_s(load.loader.keys, self.settings.key_load_delay))
                if stopped.is_set():
                    return False
            self.note(load)
            take_functions(executor, load.contents.functions, FLUSH)
        except CommandError as error:
            raise CannotLoad(f"{path} cannot be loaded: {about_functions(error)}") from None
        except DamagedFile as error:
            raise CannotLoad(f"{path} cannot be loaded: {error}") from None
        except OSError as error:
            raise CannotLoad(f"{path} cannot be loaded: {error.strerror or error}") from None
        finally:
            if load is not None:
                load.close()
        return True

    async def load_log(self, logged: LogLoading, stopped: asyncio.Event) -> bool:
        """Load the log, and let it go on."""
        self.load = logged
        for _ in logged.steps():
            await asyncio.sleep(0)
            if stopped.is_set():
                return False
        self.keys_loaded = sum([len(db) for db in self.executor.keyspace.dbs])
        logged.go_on()
        self.rewriting.remove_history()
        return True

    async def begin_log(self, stopped: asyncio.Event) -> bool:
        """There is no log yet: what there is is its first base."""
        self.rewriting.begin()
        while self.rewriting.is_running:
            await asyncio.sleep(PAUSE_S)
            if stopped.is_set():
                return False
        if not self.log.is_whole:
            folder = self.log.folder
            raise CannotLoad(f"no log can be begun in {folder}: {self.rewriting.error}")
        return True

    def note(self, load: FileLoad) -> None:
        self.fields = load.contents.fields
        self.keys_loaded = load.loader.keys
        self.keys_expired = load.loader.expired

    def reload(self, flush: bool, merge: bool) -> str:
        """Load the newest snapshot in the place of, or into, what is there; an error's text.

        With `merge` a key of it may be there already, and is replaced.
        """
        path = self.newest()
        if not path:
            return "there is no snapshot"
        if flush:
            for db in self.executor.keyspace.dbs:
                self.executor.keyspace.flush(db)
        try:
            now_ms = self.executor.clock.now_ms
            load = load_file(path, self.executor.keyspace, now_ms, replacing=merge)
            self.note(load)
            take_functions(self.executor, load.contents.functions, FLUSH if flush else REPLACE)
        except CommandError as error:
            return about_functions(error)
        except DamagedFile as error:
            return str(error)
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def load_log_again(self) -> str:
        """DEBUG LOADAOF: the log in the place of what is there; an error's text."""
        log, executor = self.log, self.executor
        logged = LogLoading(executor, self.settings, log)
        try:
            if log.on:
                log.write_all()  # without one there may be that of BGREWRITEAOF
            if not logged.find():
                return "there is no log"
            for db in executor.keyspace.dbs:
                executor.keyspace.flush(db)
            take_functions(executor, [], FLUSH)
            for _ in logged.steps():
                continue
        except CannotLoad as problem:
            return str(problem)
        except OSError as error:
            return error.strerror or str(error)
        return ""
