"""Connections of a program to the two servers, and the first difference between what both said."""

from typing import Final, NamedTuple

from tests.against.programs import spell
from tests.support.connection import Closed
from tests.support.resp import ERROR, Reply
from tests.support.servers import Server

PATIENCE: Final = 20.0
GONE: Final = Reply(ERROR, b"(the connection was closed instead)")
SILENT: Final = Reply(ERROR, b"(no reply came)")


class Mismatch(NamedTuple):
    """The first difference: at which step, to which request, and what both said."""

    step: int
    argv: tuple[bytes, ...]
    theirs: Reply
    ours: Reply

    def __str__(self) -> str:
        both = [shorten(repr(reply)) for reply in (self.theirs, self.ours)]
        return f"{spell(self.argv)}\n    reference: {both[0]}\n    dflite:    {both[1]}"


def shorten(text: str, most: int = 1500) -> str:
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


class Seat:
    """One connection of a program to one server, with what is needed to read its replies."""

    def __init__(self, server: Server, resp: int) -> None:
        self.server = server
        self.resp = resp
        self.queued: list[tuple[bytes, ...]] = []
        self.open()

    def open(self) -> None:
        self.queued = []
        self.connection = self.server.connect(PATIENCE)
        if self.resp == 3:
            self.connection.call("HELLO", "3")

    def close(self) -> None:
        self.connection.close()

    def read(self, count: int) -> list[Reply]:
        """So many replies; where they stop, what happened instead."""
        try:
            return self.connection.read_many(count)
        except Closed:
            return [GONE]
        except TimeoutError:
            return [SILENT]
