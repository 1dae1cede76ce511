from dflite.native.keyspace.remains import Remains
from dflite.native.keyspace.table import Table

KEY_FIELD: bytes
READ_BY_DFLITE: int
READ_BY_VALKEY_9: int
READ_BY_REDIS_7_2: int
READ_BY_REDIS_7_0: int

class Snapshot:
    version: int
    keys: int
    remains: list[Remains]
    size: int
    memory: int
    def __init__(
        self, databases: list[list[Table]], packing: bool = True, idle: bool = False, forms: int = 0
    ) -> None: ...
    def run(self, budget_us: int) -> bool: ...
    def take(self) -> bytes: ...
    def close(self) -> None: ...
