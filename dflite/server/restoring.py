"""Loading what was saved: at the start, in slices, while who asks is told to wait; DEBUG RELOAD.

A file that cannot be read ends the start: an empty store in its place would be a loss that nobody
notices.
"""

import asyncio
import os
import time
from typing import Final

from dflite.base.errors import CommandError
from dflite.engine.executor import Executor
from dflite.persistence.names import files_of
from dflite.persistence.rdb_file import DamagedFile, FileLoad, load_file
from dflite.scripting.scripting import FLUSH, REPLACE, take_functions
from dflite.server.logs import LOG, NOTICE
from dflite.settings.settings import Settings

SLICE_US: Final = 5_000
ALL: Final = -1  # keys are kept that are due


class CannotLoad(Exception):
    """Why the node does not start, in a sentence."""


class Restoring:
    """What was loaded, or is being."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.settings = settings
        self.keys_loaded = 0
        self.keys_expired = 0
        self.began_s = 0.0
        self.load: FileLoad | None = None

    def newest(self) -> str:
        """The file that holds the data, or nothing."""
        files = files_of(self.settings.dir, self.settings.dbfilename)
        return os.path.join(self.settings.dir, files[0]) if files else ""

    async def at_start(self, stopped: asyncio.Event) -> bool:
        """Load the newest snapshot, if there is one; CannotLoad if it cannot be read.

        False if the process is to end before that: then it goes on loading, for all that others
        know, so that nobody saves the part that is there.
        """
        path = self.newest() if self.settings.dbfilename else ""
        if not path:
            return True
        executor = self.executor
        self.began_s = time.time()
        executor.loading = True
        executor.observers_changed()
        LOG.log(NOTICE, "loading %s", path)
        load: FileLoad | None = None
        try:
            self.load = load = FileLoad(path, executor.keyspace, executor.clock.now_ms)
            while load.run(SLICE_US):
                await asyncio.sleep(0)
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
            self.load = None
            if load is not None:
                load.close()
        executor.loading = False
        executor.observers_changed()
        seconds = time.time() - self.began_s
        LOG.log(
            NOTICE,
            "%d keys loaded, %d were due, in %.1f s",
            self.keys_loaded,
            self.keys_expired,
            seconds,
        )
        return True

    def note(self, load: FileLoad) -> None:
        self.keys_loaded = load.loader.keys
        self.keys_expired = load.loader.expired

    def reload(self, flush: bool) -> str:
        """Load the newest snapshot in the place of, or into, what is there; an error's text."""
        path = self.newest()
        if not path:
            return "there is no snapshot"
        if flush:
            for db in self.executor.keyspace.dbs:
                self.executor.keyspace.flush(db)
        try:
            load = load_file(path, self.executor.keyspace, self.executor.clock.now_ms)
            self.note(load)
            take_functions(self.executor, load.contents.functions, FLUSH if flush else REPLACE)
        except CommandError as error:
            return about_functions(error)
        except DamagedFile as error:
            return str(error)
        except OSError as error:
            return error.strerror or str(error)
        return ""


def about_functions(error: CommandError) -> str:
    """Why a library of functions cannot be loaded."""
    return f"its functions: {error.wire().decode('utf-8', 'replace')}"
