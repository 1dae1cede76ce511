BASIC: dict[str, int]
COLLECTIONS: dict[str, int]
OPERATIONS: dict[str, int]
WRITES: frozenset[str]

class Operations:
    def enable(self, name: str) -> int: ...
    def disable(self, name: str) -> None: ...
