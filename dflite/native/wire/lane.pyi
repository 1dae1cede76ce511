from dflite.native.base.clock import Clock
from dflite.native.keyspace.eviction import Evictor
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.table import Table
from dflite.native.wire.backlog import Backlog
from dflite.native.wire.calls import Calls
from dflite.native.wire.operations import Operations

class Lane:
    clock: Clock
    reads: bool
    writes: bool
    wakes: bool
    boundless: bool
    operations: Operations
    calls: Calls
    memory: Memory
    evictor: Evictor
    backlog: Backlog
    hits: int
    misses: int
    changes: int
    def __init__(self, clock: Clock, databases: list[list[Table]]) -> None: ...
    def reset_figures(self) -> None: ...
