"""The working directory: CONFIG SET dir takes the process and its next snapshots elsewhere."""

import os
from collections.abc import Callable

from dflite.settings.settings import Settings
from dflite.settings.values import Refused


def follow_directory(settings: Settings, is_needed: Callable[[], bool]) -> None:
    """Go where CONFIG SET dir says, if one can; `is_needed` says that files here are still written.

    The setting is the whole path from then on, whatever a client has called it.
    """

    def move() -> None:
        if not settings.dir:
            raise Refused("dir can't be empty")
        if is_needed():
            raise Refused("the append-only log is written there: switch appendonly off first")
        os.chdir(settings.dir)
        settings.dir = os.getcwd()

    settings.on_change("dir", move)
