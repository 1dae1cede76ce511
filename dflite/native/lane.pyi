from dflite.native.clock import Clock
from dflite.native.table import Table

OPERATIONS: dict[str, int]
WRITES: frozenset[str]

class Lane:
    clock: Clock
    reads: bool
    writes: bool
    memory_limit: int
    hits: int
    misses: int
    changes: int
    def __init__(self, clock: Clock, databases: list[list[Table]]) -> None: ...
    def enable(self, name: str) -> int: ...
    def disable(self, name: str) -> None: ...
    def calls_of(self, code: int) -> int: ...
    def total_calls(self) -> int: ...
    def reset_calls(self) -> None: ...
