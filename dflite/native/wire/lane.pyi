from dflite.native.base.clock import Clock
from dflite.native.keyspace.eviction import Evictor
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.table import Table
from dflite.native.wire.backlog import Backlog

OPERATIONS: dict[str, int]
WRITES: frozenset[str]

class Lane:
    clock: Clock
    reads: bool
    writes: bool
    wakes: bool
    boundless: bool
    memory: Memory
    evictor: Evictor
    backlog: Backlog
    hits: int
    misses: int
    changes: int
    def __init__(self, clock: Clock, databases: list[list[Table]]) -> None: ...
    def enable(self, name: str) -> int: ...
    def disable(self, name: str) -> None: ...
    def calls_of(self, code: int) -> int: ...
    def nanoseconds_of(self, code: int) -> int: ...
    def times_of(self, code: int) -> list[tuple[int, int]]: ...
    def total_calls(self) -> int: ...
    def reset_calls(self) -> None: ...
