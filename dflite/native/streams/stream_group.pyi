from dflite.native.keyspace.value import Value
from dflite.native.streams.stream import Stream
from dflite.native.wire.reply import Reply

class Consumer:
    name: bytes
    seen_ms: int
    active_ms: int
    pending_count: int

class Group(Value):
    last_id: int
    entries_read: int
    consumers: dict[bytes, Consumer]
    pending_count: int
    first_pending: int
    last_pending: int
    memory: int
    def __init__(self, last_id: int = 0, entries_read: int = -1) -> None: ...
    def deliver(
        self,
        stream: Stream,
        reply: Reply,
        consumer: Consumer,
        limit: int,
        acknowledge: bool,
        now_ms: int,
        given: list[int] | None,
    ) -> int: ...
    def reply_history(
        self,
        stream: Stream,
        reply: Reply,
        consumer: Consumer,
        start: int,
        limit: int,
        now_ms: int,
    ) -> int: ...
    def acknowledge(self, number: int) -> bool: ...
    def claim(
        self, number: int, consumer: Consumer, time_ms: int, count: int, create: bool
    ) -> bool: ...
    def delivery(self, number: int) -> tuple[Consumer, int, int] | None: ...
    def pending_from(
        self, start: int, end: int, limit: int, consumer: Consumer | None, latest_ms: int
    ) -> list[tuple[int, Consumer, int, int]]: ...
    def create_consumer(self, name: bytes, now_ms: int) -> Consumer: ...
    def delete_consumer(self, consumer: Consumer) -> int: ...
    def lag(self, stream: Stream) -> int | None: ...
    def copy(self) -> Group: ...
    def check(self) -> None: ...
