COLLECTION_OPERATIONS: dict[str, int]
COLLECTION_WRITES: frozenset[str]
