from collections.abc import Mapping
from typing import TypeVar

from dflite.native.wire.connection import Connection

Kind = TypeVar("Kind", bound=Connection)

def fan_out(
    audience: Mapping[Kind, object], message: bytes, but: Connection | None = None
) -> list[Kind] | None: ...
def matching(patterns: Mapping[bytes, object], text: bytes) -> list[bytes]: ...
