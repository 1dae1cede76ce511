from dflite.native.table import Table

CLIENTS: int
QUEUES: int
WATCHES: int
CHANNELS: int
TRACKING: int
SCRIPTS: int
FUNCTIONS: int
BACKLOG: int
REPLICAS: int
LOADING: int
POLICY: int

class Memory:
    databases: list[list[Table]]
    limit: int
    def __init__(self, databases: list[list[Table]]) -> None: ...
    def look_again(self) -> None: ...
    def binding_bytes(self) -> int: ...
    def used_bytes(self) -> int: ...
    def buffer_bytes(self) -> int: ...
    def tell(self, kind: int, size: int) -> None: ...
    def told(self, kind: int) -> int: ...
    def tell_all(
        self, clients: int, queues: int, watches: int, channels: int, tracking: int
    ) -> int: ...
