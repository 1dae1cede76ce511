"""Failed attempts to come in, by address: whoever guesses passwords has to wait longer and longer.

The first few cost nothing, people mistype. From then on each attempt from that address waits before
it is looked at, twice as long after each failure, up to a few seconds: what is held is the one
connection, nothing of the server. Other addresses are not concerned. An address is forgotten a
minute after its last failure.
"""

from typing import Final

from dflite.engine.client import Client
from dflite.engine.timers import Timers
from dflite.native.connection import HELD_OTHER

FREE: Final = 5  # failures without consequence
MOST_MS: Final = 3000
FORGET_MS: Final = 60_000
PLACES: Final = 4096  # addresses that are remembered
NETWORK: Final = 4  # groups of an IPv6 address that one customer has to himself


class Failures:
    """Of one address."""

    def __init__(self) -> None:
        self.count = 0
        self.last_ms = 0


class Release:
    """What a timer does when a connection has waited long enough."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self) -> None:
        if not self.client.conn.closed:
            self.client.conn.release(HELD_OTHER)


class Attempts:
    """`first_ms` is how long the first attempt that waits does so; 0 if none has to."""

    def __init__(self, timers: Timers) -> None:
        self.timers = timers
        self.first_ms = 100
        self.by_address: dict[str, Failures] = {}  # who failed last is last
        self.given_up = False  # the transaction that runs has failed to guess: it may not go on

    def failed(self, client: Client) -> None:
        """A password did not fit."""
        address = address_of(client)
        failures = self.by_address.pop(address, None)
        now_ms = self.timers.clock.now_ms
        if failures is None or now_ms - failures.last_ms > FORGET_MS:
            failures = Failures()
        failures.count += 1
        failures.last_ms = now_ms
        self.by_address[address] = failures
        if len(self.by_address) > PLACES:
            del self.by_address[next(iter(self.by_address))]

    def wait_ms(self, client: Client) -> int:
        """How long an attempt of this client has to wait."""
        failures = self.by_address.get(address_of(client))
        if failures is None or failures.count < FREE or not self.first_ms:
            return 0
        if self.timers.clock.now_ms - failures.last_ms > FORGET_MS:
            return 0
        return min(self.first_ms << min(failures.count - FREE, 16), MOST_MS)

    def hold(self, client: Client, argv: list[bytes]) -> bool:
        """Keep this attempt waiting, once; False if it need not wait."""
        if client.has_waited:
            client.has_waited = False
            return False
        wait_ms = self.wait_ms(client)
        if not wait_ms:
            return False
        client.has_waited = True
        client.postponed = argv
        client.conn.hold(HELD_OTHER)
        self.timers.at(self.timers.clock.now_ms + wait_ms, Release(client).__call__)
        return True


def address_of(client: Client) -> str:
    """Its host; of IPv6 the network, in which a stranger has all addresses to choose from."""
    host = client.addr.rpartition(":")[0]
    if host.startswith("[") and not host.startswith("[::ffff:"):
        return ":".join(host[1:-1].split("::")[0].split(":")[:NETWORK])
    return host


def is_attempt(argv: list[bytes]) -> bool:
    """Does the request bring a password to come in with?"""
    name = argv[0].upper()
    if name == b"AUTH":
        return True
    return name == b"HELLO" and any(word.upper() == b"AUTH" for word in argv[2:])
