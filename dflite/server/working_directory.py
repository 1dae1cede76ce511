"""The working directory: who else keeps snapshots there, and how CONFIG SET dir changes it."""

import os
from collections.abc import Callable

from dflite.persistence.log_folder import FolderLock
from dflite.server.logs import LOG
from dflite.settings.settings import Settings
from dflite.settings.values import Refused


class WorkingDirectory:
    """Where snapshots go. `is_needed` says that other files in it are still written."""

    def __init__(self, settings: Settings, is_needed: Callable[[], bool]) -> None:
        self.settings = settings
        self.is_needed = is_needed
        self.lock = FolderLock()
        settings.on_change("dir", self.move)

    def claim(self) -> None:
        """Warn if it is another node's as well: as with Redis, that may be on purpose."""
        if not self.settings.dbfilename:
            return
        try:
            self.lock.take(self.settings.dir)
        except BlockingIOError:
            LOG.warning(
                "another node has %s for its --dir, too: where --dbfilename is the same, the "
                "snapshot of one takes the place of the other's",
                self.settings.dir,
            )
        except OSError as error:
            LOG.info("%s cannot be looked into: %s", self.settings.dir, error.strerror)

    def move(self) -> None:
        """CONFIG SET dir: be there, or refuse. The setting is the whole path from then on."""
        if not self.settings.dir:
            raise Refused("dir can't be empty")
        if self.is_needed():
            raise Refused("the append-only log is written there: switch appendonly off first")
        os.chdir(self.settings.dir)
        self.settings.dir = os.getcwd()
        self.claim()
