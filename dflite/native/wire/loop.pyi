from collections.abc import Callable

from dflite.native.base.clock import Clock
from dflite.native.wire.lane import Lane
from dflite.native.wire.requests import Batch, Limits

class Loop:
    fd: int
    clock: Clock
    lane: Lane
    limits: Limits
    batch: Batch
    before_flush: Callable[[], None] | None
    wanted: Callable[[], None] | None
    on_error: Callable[[Exception], None] | None
    on_tls_hello: Callable[[bytes, int], bytes] | None
    reads: int
    writes: int
    bytes_in: int
    bytes_out: int
    def __init__(self, clock: Clock, lane: Lane, limits: Limits) -> None: ...
