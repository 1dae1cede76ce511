from dflite.native.keyspace.table import Table
from dflite.native.rdb.reader import Reader

def load(reader: Reader, table: Table, key: bytes, kind: int, valkey: bool) -> None: ...
