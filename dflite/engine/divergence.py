"""What a node does when its data and those of its primary, or of its log, begin to differ."""

from typing import Final

IGNORE: Final = "ignore"
PANIC: Final = "panic"


class Divergence:
    """How often that has happened, and what ends the process, as settings say."""

    def __init__(self) -> None:
        self.errors = 0  # of requests that the primary, or the log, has done before
        self.ends_replica = False  # such an error does so on a replica that is only read
        self.ends_loading = False  # ... and in a log
        self.disk_ends_replica = False  # a disk that takes no more does so

    def behave(self, behavior: str, ignoring_disk: bool) -> None:
        """propagation-error-behavior, and replica-ignore-disk-write-errors."""
        self.ends_replica = behavior != IGNORE
        self.ends_loading = behavior == PANIC
        self.disk_ends_replica = not ignoring_disk
