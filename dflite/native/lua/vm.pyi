from dflite.native.wire.lane import Lane
from dflite.native.wire.reply import Reply

class ScriptError(Exception): ...

class LuaVM:
    capture: Reply
    limit: int
    database: int
    texts: int
    wrote: bool
    running: bool
    failed: bool
    loading: bool
    for_functions: bool
    busy_after_us: int
    def __init__(
        self, calls: object, lane: Lane, for_functions: bool, version: bytes, number: int
    ) -> None: ...
    @property
    def used(self) -> int: ...
    def close(self) -> None: ...
    def compile(self, text: bytes, start: int, name: bytes) -> int: ...
    def release(self, reference: int) -> None: ...
    def collect(self) -> None: ...
    def run(
        self,
        reference: int,
        argv: list[bytes],
        keys_at: int,
        keys: int,
        reply: Reply,
        name: bytes,
        errors: list[bytes],
        database: int = 0,
        readonly: bool = False,
        fast: bool = False,
    ) -> bytes | None: ...
    def load(self, reference: int) -> bytes | None: ...
