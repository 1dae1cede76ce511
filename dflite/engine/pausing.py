"""CLIENT PAUSE: requests that are postponed, all or those that may write, until a time or UNPAUSE.

A postponed request stays with its client, whose connection is held and so keeps what follows. When
the pause ends each client runs its postponed request first. While it lasts no key expires.
"""

from collections.abc import Callable

from dflite.engine.client import Client
from dflite.engine.timers import Timer, Timers
from dflite.native.connection import HELD_PAUSED
from dflite.store.expiry import Expiry


class Pausing:
    """Whether there is a pause, of what, until when (Unix ms), and who waits for its end."""

    def __init__(
        self,
        expiry: Expiry,
        timers: Timers,
        on_change: Callable[[], None],
    ) -> None:
        self.expiry = expiry
        self.timers = timers
        self.on_change = on_change
        self.active = False
        self.until_ms = 0
        self.writes_only = False
        self.clients: list[Client] = []
        self.timer: Timer | None = None

    def pause(self, until_ms: int, writes_only: bool) -> None:
        """Begin a pause. A second one makes it neither shorter nor weaker."""
        if self.active:
            writes_only = writes_only and self.writes_only
            until_ms = max(until_ms, self.until_ms)
        elif until_ms <= self.timers.clock.now_ms:
            return
        self.active = True
        self.until_ms = until_ms
        self.writes_only = writes_only
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.timers.at(until_ms, self.time_is_up)
        self.switch(False)

    def time_is_up(self) -> None:
        self.timer = None
        self.end()

    def end(self) -> None:
        """Let every postponed request run."""
        if not self.active:
            return
        self.active = False
        self.until_ms = 0
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.switch(True)
        waiting = self.clients
        self.clients = []
        for client in waiting:
            client.conn.release(HELD_PAUSED)

    def switch(self, keys_expire: bool) -> None:
        self.expiry.paused = not keys_expire
        self.expiry.apply()
        self.on_change()

    def postpone(self, client: Client, argv: list[bytes]) -> None:
        """Hold a client and its request until the pause ends."""
        client.postponed = argv
        client.conn.hold(HELD_PAUSED)
        self.clients.append(client)

    def forget(self, client: Client) -> None:
        """The client is gone, its request too."""
        if client.postponed is not None and client in self.clients:
            self.clients.remove(client)
        client.postponed = None
