from collections.abc import Mapping

from dflite.native.connection import Connection

def fan_out(
    audience: Mapping[Connection, object], message: bytes, but: Connection | None = None
) -> list[Connection] | None: ...
def matching(patterns: Mapping[bytes, object], text: bytes) -> list[bytes]: ...
