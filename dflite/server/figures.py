"""The figures of the node, gathered from the parts that count them; INFO and /metrics are made of these."""

import time

from dflite.engine.executor import Executor
from dflite.native.reactor import Reactor
from dflite.server.doorman import Doorman
from dflite.settings.settings import Settings


class Figures:
    """What INFO and the metrics read."""

    def __init__(
        self, executor: Executor, reactor: Reactor, doorman: Doorman, settings: Settings
    ) -> None:
        self.executor = executor
        self.reactor = reactor
        self.doorman = doorman
        self.settings = settings
        self.started = time.time()

    def sample(self, now_ms: int) -> None:
        """Take what rates are computed from."""

    def reset(self) -> None:
        """Begin to count anew (CONFIG RESETSTAT)."""
