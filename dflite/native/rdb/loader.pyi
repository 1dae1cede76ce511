from typing import Protocol

from dflite.native.keyspace.table import Table
from dflite.native.rdb.reader import Reader

ALL: int

class Visitor(Protocol):
    def field(self, name: bytes, value: bytes) -> None: ...
    def function(self, code: bytes) -> None: ...
    def elements(self, database: int, key: bytes, deadline: int) -> None: ...
    def shard_of(self, key: bytes) -> int: ...

class Loader:
    now_ms: int
    replacing: bool
    keys: int
    expired: int
    place: int
    key: bytes | None
    def __init__(
        self,
        databases: list[list[Table]],
        version: int,
        visitor: Visitor,
        now_ms: int,
        keeping: bool = True,
    ) -> None: ...
    def run(self, reader: Reader, budget_us: int) -> bool: ...
