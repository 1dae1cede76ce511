"""Whom dflite is compared with: the make of a server and its version, as it says itself."""

from collections.abc import Callable
from typing import Final, NamedTuple

from tests.support.servers import Server

DFLITE: Final = "dflite"
VALKEY: Final = "valkey"
REDIS: Final = "redis"


class Reference(NamedTuple):
    make: str
    version: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.make} {'.'.join(map(str, self.version))}"


Where = Callable[[Reference], bool]


def reference_of(server: Server) -> Reference:
    """What INFO says; those that speak of themselves as Redis too name themselves beside it."""
    info = server.call("INFO", "server")
    assert isinstance(info, bytes)
    lines = [line.split(":", 1) for line in info.decode().splitlines() if ":" in line]
    fields = dict(lines)
    make = fields.get("server_name", REDIS)
    version = fields[f"{make}_version"]
    return Reference(make, tuple(int(part) for part in version.split(".") if part.isdigit()))


def valkey(reference: Reference) -> bool:
    return reference.make == VALKEY


def redis(reference: Reference) -> bool:
    return reference.make == REDIS


def redis_before(*version: int) -> Where:
    """A Redis that is older than this version."""

    def older(reference: Reference) -> bool:
        return reference.make == REDIS and reference.version < version

    return older
