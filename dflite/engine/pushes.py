"""Out-of-band messages: to whom they go at once, and to whom behind the running reply.

A message is bytes without its first one: see native/wire/audience.pyx. What a request causes for
the client that sent it comes after its reply, EXEC's whole reply included.
"""

from collections.abc import Callable

from dflite.engine.client import Client
from dflite.native.wire.audience import fan_out
from dflite.native.wire.connection import Connection

Audience = dict[Connection, Client]


class Pushes:
    """The messages to the client whose request runs wait in `kept`."""

    def __init__(self, on_flood: Callable[[Client], None]) -> None:
        self.on_flood = on_flood  # what to do with who leaves too much unread
        self.running: Client | None = None  # whose request it is that runs
        self.said: list[bytes] = []  # by the running request, in spite of CLIENT REPLY OFF
        self.kept: list[bytes] = []

    def to_all(self, audience: Audience, message: bytes) -> None:
        """Send a message to everybody in `audience`."""
        running = self.running
        if running is not None and running.conn in audience:
            self.kept.append((b">" if running.resp == 3 else b"*") + message)
            flooded = fan_out(audience, message, running.conn)
        else:
            flooded = fan_out(audience, message)
        if flooded is not None:
            for client in [audience[conn] for conn in flooded]:
                self.on_flood(client)

    def to_one(self, client: Client, message: bytes) -> None:
        """Send a message to a client."""
        self.to_all({client.conn: client}, message)

    def release(self, client: Client) -> None:
        """The reply to `client`, whose request ran, is complete: its messages follow."""
        if not self.kept and not self.said:
            return
        kept = b"".join(self.said + self.kept)
        self.said.clear()
        self.kept.clear()
        conn = client.conn
        if not conn.closing:
            conn.reply.raw(kept)
            conn.mark_dirty()
            if 0 < conn.limits.output_buffer < conn.unsent:
                self.on_flood(client)
