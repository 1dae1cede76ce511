from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets.sortedset import SortedSet
from dflite.native.wire.reply import Reply

def read_bound(text: bytes) -> float | None: ...
def by_score(
    table: Table, key: bytes, low: float, low_open: bool, high: float, high_open: bool
) -> tuple[int, int]: ...
def by_member(
    table: Table,
    key: bytes,
    low: bytes | None,
    low_open: bool,
    high: bytes | None,
    high_open: bool,
    reverse: bool = False,
) -> tuple[int, int]: ...
def reply_ranks(
    table: Table,
    key: bytes,
    reply: Reply,
    first: int,
    count: int,
    reverse: bool,
    shape: int,
) -> None: ...
def pairs(
    table: Table, key: bytes, first: int, count: int, reverse: bool = False
) -> list[tuple[bytes, float]]: ...
def remove_ranks(table: Table, key: bytes, first: int, count: int) -> None: ...
def copy_ranks(
    table: Table, key: bytes, first: int, count: int, reverse: bool = False
) -> SortedSet: ...
def reply_chosen(table: Table, key: bytes, reply: Reply, ranks: list[int], shape: int) -> None: ...
def reply_drawn(table: Table, key: bytes, reply: Reply, count: int, shape: int) -> None: ...
def scan(
    table: Table, key: bytes, cursor: int, count: int, pattern: bytes | None, scores: bool
) -> tuple[int, list[bytes]]: ...
