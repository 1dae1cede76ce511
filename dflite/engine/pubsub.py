"""Pub/Sub: who listens to what, and how a message gets to them.

Each name has its audience, the connections of those who listen to it; a message is written once and
laid behind the replies of all of them natively.
"""

from collections.abc import Callable
from typing import Final

from dflite.engine.client import HEARD, Client, Listening
from dflite.engine.pushes import Audience, Pushes
from dflite.native.base.bytesops import glob_match
from dflite.native.wire.audience import matching
from dflite.native.wire.requests import Limits

# Kinds of subscription.
CHANNEL: Final = 0
PATTERN: Final = 1
SHARD: Final = 2


class Channels:
    """The audiences by kind and name. `on_change` is called when it matters whether there are any.

    Subscribers have `limits` of their own, since nothing that they do slows down what comes.
    """

    def __init__(self, pushes: Pushes, on_change: Callable[[], None]) -> None:
        self.pushes = pushes
        self.on_change = on_change
        self.limits = Limits()
        self.audiences: list[dict[bytes, Audience]] = [{}, {}, {}]
        self.clients = 0  # subscribers
        self.memory = 0  # bytes of subscriptions, about

    def has_listeners(self) -> bool:
        """May a message reach anybody?"""
        return len(self.audiences[CHANNEL]) > 0 or len(self.audiences[PATTERN]) > 0

    # -- who listens -------------------------------------------------------------------------------

    def subscribe(self, client: Client, kind: int, name: bytes) -> None:
        """Let `client` hear what is published under `name`."""
        listening = client.listening
        if listening is None:
            client.listening = listening = Listening(client.conn.limits)
            client.conn.limits = self.limits
            client.update_lane()
            self.clients += 1
        if name in listening.names[kind]:
            return
        listening.names[kind][name] = None
        self.memory += HEARD + len(name)
        audiences = self.audiences[kind]
        audience = audiences.get(name)
        if audience is None:
            audiences[name] = audience = {}
        audience[client.conn] = client
        if len(audiences) == 1:
            self.on_change()

    def unsubscribe(self, client: Client, kind: int, name: bytes) -> None:
        """Let `client` hear no more of `name`, if it does."""
        listening = client.listening
        if listening is None or name not in listening.names[kind]:
            return
        del listening.names[kind][name]
        self.memory -= HEARD + len(name)
        audiences = self.audiences[kind]
        audience = audiences[name]
        del audience[client.conn]
        if not audience:
            del audiences[name]
            if not audiences:
                self.on_change()
        if not any(listening.names):
            client.listening = None
            client.conn.limits = listening.usual
            client.update_lane()
            self.clients -= 1

    def forget(self, client: Client) -> None:
        """End all subscriptions of a client."""
        for kind in (CHANNEL, PATTERN, SHARD):
            for name in names_of(client, kind):
                self.unsubscribe(client, kind, name)

    # -- messages ----------------------------------------------------------------------------------

    def publish(self, channel: bytes, message: bytes) -> int:
        """Send a message to those who listen to the channel, then to those with patterns.

        The number of times that it was sent.
        """
        sent = 0
        pushes = self.pushes
        audience = self.audiences[CHANNEL].get(channel)
        if audience is not None:
            sent = len(audience)
            pushes.to_all(
                audience,
                b"3\r\n$7\r\nmessage\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n"
                % (len(channel), channel, len(message), message),
            )
        patterns = self.audiences[PATTERN]
        if patterns:
            tail = b"$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(channel), channel, len(message), message)
            for pattern in matching(patterns, channel):
                audience = patterns.get(pattern)
                if audience is not None:  # its last client may have been cut off just now
                    sent += len(audience)
                    head = b"4\r\n$8\r\npmessage\r\n$%d\r\n%b\r\n" % (len(pattern), pattern)
                    pushes.to_all(audience, head + tail)
        return sent

    def publish_to_shard(self, channel: bytes, message: bytes) -> int:
        """Send a message to those who listen to the shard channel; to how many."""
        audience = self.audiences[SHARD].get(channel)
        if audience is None:
            return 0
        sent = len(audience)
        self.pushes.to_all(
            audience,
            b"3\r\n$8\r\nsmessage\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n"
            % (len(channel), channel, len(message), message),
        )
        return sent

    # -- asked for ---------------------------------------------------------------------------------

    def names(self, kind: int, pattern: bytes | None) -> list[bytes]:
        """The names that somebody listens to, those that match if there is a pattern."""
        names = list(self.audiences[kind])
        if pattern is None:
            return names
        return [name for name in names if glob_match(pattern, name)]

    def listeners(self, kind: int, name: bytes) -> int:
        audience = self.audiences[kind].get(name)
        return len(audience) if audience is not None else 0

    def check(self) -> None:
        """Assert that audiences and clients agree; for tests."""
        found: set[int] = set()
        for kind, audiences in enumerate(self.audiences):
            for name, audience in audiences.items():
                assert audience, "a name without an audience"
                for conn, client in audience.items():
                    assert client.conn is conn, "a client under another one's connection"
                    assert client.listening is not None, "a listener that listens to nothing"
                    assert name in client.listening.names[kind], "a name that its client forgot"
                    assert conn.limits is self.limits, "a subscriber with other limits"
                    found.add(client.id)
        assert len(found) == self.clients, "a wrong number of subscribers"


def names_of(client: Client, kind: int) -> list[bytes]:
    """What a client listens to, of one kind."""
    return list(client.listening.names[kind]) if client.listening is not None else []


def count_of(client: Client, kind: int) -> int:
    return len(client.listening.names[kind]) if client.listening is not None else 0
