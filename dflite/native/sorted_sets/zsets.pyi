from dflite.native.keyspace.table import Table
from dflite.native.wire.reply import Reply

IF_ABSENT: int
IF_PRESENT: int
IF_GREATER: int
IF_LESS: int
INCREMENT: int
DONE_ADDED: int
DONE_UPDATED: int
DONE_REFUSED: int
DONE_NO_NUMBER: int
SHAPE_MEMBERS: int
SHAPE_SCORES: int
SHAPE_FLAT: int
SHAPE_PAIRS: int
SHAPE_BARE: int

def size(table: Table, key: bytes) -> int: ...
def score(table: Table, key: bytes, member: bytes) -> float | None: ...
def reply_scores(table: Table, key: bytes, members: list[bytes], reply: Reply) -> None: ...
def rank(table: Table, key: bytes, member: bytes, reverse: bool = False) -> tuple[int, float]: ...
def read_scores(argv: list[bytes], at: int) -> list[float] | None: ...
def add(
    table: Table, key: bytes, scores: list[float], members: list[bytes], how: int = 0
) -> tuple[int, int, int, float]: ...
def remove(table: Table, key: bytes, members: list[bytes]) -> int: ...
def pop(table: Table, key: bytes, count: int, highest: bool, reply: Reply, shape: int) -> int: ...
