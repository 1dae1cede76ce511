"""The slow log: the last requests that took longer than `slowlog-log-slower-than` microseconds."""

from collections import deque
from typing import Final

from dflite.engine.client import Client
from dflite.engine.secrets import without_secrets

MAX_ARGUMENTS: Final = 32
MAX_ARGUMENT_BYTES: Final = 128


class SlowEntry:
    """A slow request: when (Unix seconds), how long (µs), what, who."""

    def __init__(
        self, number: int, time_s: int, usec: int, argv: list[bytes], addr: str, name: bytes
    ) -> None:
        self.number = number
        self.time_s = time_s
        self.usec = usec
        self.argv = argv
        self.addr = addr
        self.name = name


class SlowLog:
    """Newest first. A threshold of 0 logs everything, a negative one nothing."""

    def __init__(self) -> None:
        self.entries: deque[SlowEntry] = deque()
        self.threshold_us = 10_000
        self.max_length = 128
        self.next_number = 0

    def add(self, client: Client, argv: list[bytes], usec: int, time_s: int) -> None:
        """Note a request that took `usec`."""
        if self.max_length <= 0:
            return
        shown = shorten(without_secrets(argv))
        self.entries.appendleft(
            SlowEntry(self.next_number, time_s, usec, shown, client.addr, client.name)
        )
        self.next_number += 1
        self.trim()

    def trim(self) -> None:
        """Drop the oldest entries over `max_length`."""
        while len(self.entries) > self.max_length:
            self.entries.pop()


def shorten(argv: list[bytes]) -> list[bytes]:
    """At most 32 arguments of at most 128 bytes, what is cut off counted in words."""
    shown = []
    for i in range(min(len(argv), MAX_ARGUMENTS)):
        if i == MAX_ARGUMENTS - 1 and len(argv) > MAX_ARGUMENTS:
            shown.append(b"... (%d more arguments)" % (len(argv) - MAX_ARGUMENTS + 1))
        elif len(argv[i]) > MAX_ARGUMENT_BYTES:
            shown.append(
                argv[i][:MAX_ARGUMENT_BYTES]
                + b"... (%d more bytes)" % (len(argv[i]) - MAX_ARGUMENT_BYTES)
            )
        else:
            shown.append(argv[i])
    return shown
