"""A connection whose transport is the test, and what was asked of its session."""

from collections.abc import Callable

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.wire.connection import (
    Connection,
)
from dflite.native.wire.lane import Lane
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.resp import RespParser

BATCH = 32


class Session:
    """Records what a connection asks of it; `on_request` may do more."""

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []
        self.errors: list[bytes] = []
        self.too_long = 0
        self.postponed = 0
        self.on_request: Callable[[list[bytes]], None] = lambda argv: None

    def request(self, argv: list[bytes]) -> None:
        self.requests.append(argv)
        self.on_request(argv)

    def inline(self, argv: list[bytes]) -> None:
        self.request(argv)

    def resume_postponed(self) -> None:
        self.postponed += 1

    def protocol_error(self, text: bytes) -> None:
        self.errors.append(text)

    def input_too_long(self) -> None:
        self.too_long += 1


class Wire(Connection):
    """A connection whose transport is this test."""

    def __init__(self, lane: Lane, limits: Limits, batch: Batch) -> None:
        super().__init__(lane, limits, batch, RespParser())
        self.session = self.log = Session()
        self.trusted = True
        self.scheduled = 0
        self.taken = b""
        self.readable = True
        self.flushes = True

    def flush(self) -> None:
        if self.flushes:
            self.taken += self.reply.take()

    def schedule(self) -> None:
        self.scheduled += 1

    def changed_interest(self) -> None:
        self.readable = not self.held

    def drain(self) -> None:
        """What a transport does when it is scheduled."""
        while self.scheduled:
            self.scheduled = 0
            self.resume()


def connect(limits: Limits | None = None, batch: Batch | None = None) -> Wire:
    clock = Clock(1_000_000)
    lane = Lane(clock, [[Table(clock)]])
    return Wire(lane, limits or Limits(), batch or Batch())


def outcome(wire: Wire) -> tuple[list[list[bytes]], str | None]:
    """What was asked, and the fault that ended it."""
    errors = wire.log.errors
    assert len(errors) <= 1
    return wire.log.requests, errors[0].decode("latin-1") if errors else None


def feed_in_cuts(wire: Wire, data: bytes, cuts: list[int]) -> None:
    at = 0
    for cut in [*sorted(cuts), len(data)]:
        if at < cut <= len(data):
            wire.feed(data[at:cut])
            at = cut
