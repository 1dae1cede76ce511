"""Requests that are postponed: by CLIENT PAUSE until a time or UNPAUSE, writes also by the node.

A postponed request stays with its client, whose connection is held and so keeps what follows. When
the pause ends each client runs its postponed request first. While it lasts no key expires.
"""

from collections.abc import Callable

from dflite.engine.client import Client
from dflite.engine.timers import Timer, Timers
from dflite.native.wire.connection import HELD_PAUSED
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
        self.asked_for = False  # by CLIENT PAUSE
        self.reasons: set[str] = set()  # of the node itself: writes wait as long as there is one
        self.until_ms = 0
        self.writes_only = False
        self.clients: list[Client] = []
        self.timer: Timer | None = None

    def pause(self, until_ms: int, writes_only: bool) -> None:
        """CLIENT PAUSE. A second one makes it neither shorter nor weaker."""
        if self.asked_for:
            writes_only = writes_only and self.writes_only
            until_ms = max(until_ms, self.until_ms)
        elif until_ms <= self.timers.clock.now_ms:
            return
        self.asked_for = True
        self.until_ms = until_ms
        self.writes_only = writes_only
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.timers.at(until_ms, self.time_is_up)
        self.begin_or_end()

    def time_is_up(self) -> None:
        self.timer = None
        self.end()

    def end(self) -> None:
        """CLIENT UNPAUSE, or its time is up."""
        if not self.asked_for:
            return
        self.asked_for = False
        self.until_ms = 0
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        self.go_on()

    def hold_writes(self, reason: str) -> None:
        """Nothing is written until `let_writes` is called for that reason; UNPAUSE is no help."""
        self.reasons.add(reason)
        self.begin_or_end()

    def let_writes(self, reason: str) -> None:
        """That reason is gone."""
        self.reasons.discard(reason)
        self.go_on()

    def concerns(self, writes: bool, admin: bool) -> bool:
        """Does a request have to wait? CLIENT PAUSE is not for who came in by the admin port."""
        if self.reasons and writes:
            return True
        return self.asked_for and (writes or not self.writes_only) and not admin

    def begin_or_end(self) -> None:
        """There is a reason to wait now, or none any more."""
        active = self.asked_for or bool(self.reasons)
        if active != self.active:
            self.active = active
            self.expiry.paused = active
            self.expiry.apply()
        self.on_change()

    def go_on(self) -> None:
        """Let every postponed request run: those that still have to wait come back."""
        self.begin_or_end()
        waiting = self.clients
        self.clients = []
        for client in waiting:
            client.conn.release(HELD_PAUSED)

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
