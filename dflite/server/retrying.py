"""How long to wait before a primary is called again: long, where full syncs come to nothing."""

from collections.abc import Callable
from typing import Final

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 1.0
FIRST_REST_S: Final = 1.0
LONGEST_REST_S: Final = 30.0
STEADY_S: Final = 10.0  # that a link has been up, where all is well


class Retrying:
    """Is told what became of the attempts. A full sync costs the primary much, a call little."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.now_s = now_s
        self.pause_s = FIRST_PAUSE_S
        self.rest_s = FIRST_REST_S
        self.full_syncs = 0  # since a link has lasted
        self.is_loaded = False  # by this attempt
        self.up_s = -1.0  # since when the link is up, if it is

    def loaded(self) -> None:
        """A full sync has succeeded."""
        self.full_syncs += 1
        self.is_loaded = True

    def up(self) -> None:
        """The stream comes from now on."""
        self.up_s = self.now_s()

    def has_lasted(self) -> bool:
        """Was the link up for long enough to forget what was before?"""
        return self.up_s >= 0 and self.now_s() - self.up_s >= STEADY_S

    def ended(self) -> float:
        """The attempt has ended; seconds to the next one."""
        if self.up_s >= 0:
            self.pause_s = FIRST_PAUSE_S
        if self.has_lasted():
            self.rest_s = FIRST_REST_S
            self.full_syncs = 0
        if self.is_loaded and self.full_syncs > 1:
            seconds = self.rest_s
            self.rest_s = min(seconds * 2, LONGEST_REST_S)
        else:
            seconds = self.pause_s
            self.pause_s = min(seconds * 2, LONGEST_PAUSE_S)
        self.is_loaded = False
        self.up_s = -1.0
        return seconds
