from dflite.native.rdb_reader import Reader
from dflite.native.table import Table

def load(reader: Reader, table: Table, key: bytes, kind: int, valkey: bool) -> None: ...
