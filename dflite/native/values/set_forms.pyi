from dflite.native.keyspace.table import Table

INTEGERS: int
PACKED: int
LARGE: int

def form(table: Table, key: bytes) -> int: ...
def check(table: Table, key: bytes) -> None: ...
