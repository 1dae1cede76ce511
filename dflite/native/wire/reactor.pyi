import ssl
from collections.abc import Callable

from dflite.native.base.clock import Clock
from dflite.native.wire.connection import Connection, Parser
from dflite.native.wire.lane import Lane
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.seal import Seal

class SocketConnection(Connection):
    fd: int
    seal: Seal | None
    def shake(self) -> None: ...
    def mark_dirty(self) -> None: ...
    def abort(self) -> None: ...

class Reactor:
    fd: int
    clock: Clock
    lane: Lane
    limits: Limits
    batch: Batch
    before_flush: Callable[[], None] | None
    after_reading: Callable[[], None] | None
    wanted: Callable[[], None] | None
    on_error: Callable[[Exception], None] | None
    on_tls_hello: Callable[[bytes, int], bytes] | None
    handshakes_a_turn: int
    shake_elsewhere: Callable[[SocketConnection], None] | None
    wakeups: int
    reads: int
    writes: int
    bytes_in: int
    bytes_out: int
    def __init__(self, clock: Clock, lane: Lane, limits: Limits) -> None: ...
    def attach(
        self, fd: int, session: object, parser: Parser, context: ssl.SSLContext | None = None
    ) -> SocketConnection: ...
    def hold_all(self, reason: int) -> None: ...
    def release_all(self, reason: int) -> None: ...
    def poll(self) -> None: ...
    def shaken(self, connection: SocketConnection) -> None: ...
    def poll_others(self) -> None: ...
    def run_pending(self) -> None: ...
