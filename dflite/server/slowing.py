"""Saving and loading that take longer than they do, as Redis' settings for tests ask for."""

import time
from typing import Final

LONGEST_PAUSE_S: Final = 0.05  # until it is looked again whether it shall still be slow


class Slowing:
    """Of one run: rdb-key-save-delay or key-load-delay, for tests of what comes meanwhile."""

    def __init__(self) -> None:
        self.keys = 0  # that were waited for
        self.until_s = 0.0

    def pause_s(self, keys: int, delay_us: int) -> float:
        """How long to wait, as so many keys are done; asked again then, as it may be less."""
        if not delay_us:
            return 0.0
        now_s = time.monotonic()
        new, self.keys = keys - self.keys, keys
        each_s = delay_us / 1e6 if delay_us > 0 else 1e-6 / -delay_us
        self.until_s = max(self.until_s, now_s) + new * each_s
        return min(max(self.until_s - now_s, 0.0), LONGEST_PAUSE_S)
