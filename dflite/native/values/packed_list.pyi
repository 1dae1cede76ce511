from dflite.native.keyspace.value import Value

class PackedList(Value):
    encoding: bytes
    size: int
    nodes: int
    memory: int
    def __len__(self) -> int: ...
    def copy(self) -> PackedList: ...
    def check(self) -> None: ...
