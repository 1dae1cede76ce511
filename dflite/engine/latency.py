"""Latency spikes by event: what took at least `latency-monitor-threshold` ms, and when."""

from collections import deque
from typing import Final

HISTORY: Final = 160  # samples an event

# Events, by Redis' names.
COMMAND: Final = "command"
FAST_COMMAND: Final = "fast-command"
EXPIRE_CYCLE: Final = "expire-cycle"
EVICTION_CYCLE: Final = "eviction-cycle"


class LatencySample:
    """The worst of one second: Unix seconds, ms."""

    def __init__(self, time_s: int, ms: int) -> None:
        self.time_s = time_s
        self.ms = ms


class LatencyMonitor:
    """Samples by event name; a threshold of 0 turns it off."""

    def __init__(self) -> None:
        self.threshold_ms = 0
        self.events: dict[str, deque[LatencySample]] = {}
        self.worst: dict[str, int] = {}

    def add(self, event: str, ms: int, time_s: int) -> None:
        """Note that `event` took `ms` milliseconds, if that is a spike."""
        if self.threshold_ms <= 0 or ms < self.threshold_ms:
            return
        samples = self.events.get(event)
        if samples is None:
            self.events[event] = samples = deque(maxlen=HISTORY)
        self.worst[event] = max(ms, self.worst.get(event, 0))
        if samples and samples[-1].time_s == time_s:
            samples[-1].ms = max(samples[-1].ms, ms)
        else:
            samples.append(LatencySample(time_s, ms))

    def reset(self, event: str) -> bool:
        """Forget an event; False if there was none of that name."""
        self.worst.pop(event, None)
        return self.events.pop(event, None) is not None
