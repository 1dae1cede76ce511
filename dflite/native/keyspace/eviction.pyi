from dflite.native.base.clock import Clock
from dflite.native.keyspace.memory import Memory
from dflite.native.keyspace.uses import Census, Uses

POLICIES: dict[str, int]

class Evictor(Census):
    memory: Memory
    uses: Uses
    policy: int
    samples: int
    slice_us: int
    active: bool
    evicted: int
    expired: int
    over_time: int
    def __init__(self, clock: Clock, memory: Memory) -> None: ...
    def set_policy(self, name: str) -> None: ...
    def reset(self) -> None: ...
    def evict(self, seen: bool) -> tuple[bool, bool, list[tuple[int, bytes, bool]] | None]: ...
    def check(self) -> None: ...
