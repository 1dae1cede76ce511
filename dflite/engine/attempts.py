"""Failed attempts to come in, by address: whoever guesses passwords has to wait longer and longer.

The first few cost nothing, people mistype. From then on each attempt from that address waits before
it is looked at, twice as long after each failure, up to a few seconds, and one behind the other:
many connections are not more guesses. What is held is the connections, nothing of the server; where
the queue is too long, attempts are refused unseen. Other addresses are not concerned. A right
password halves what counts against an address, and it is forgotten a minute after its last failure.
"""

from ipaddress import IPv6Address
from typing import Final

from dflite.base.conversation_errors import TooManyAttempts
from dflite.engine.client import Client
from dflite.engine.timers import Timers
from dflite.native.wire.connection import HELD_OTHER

FREE: Final = 5  # failures without consequence
MOST_MS: Final = 3000
QUEUE_MS: Final = 20_000  # that an attempt may have to wait, with those before it
FORGET_MS: Final = 60_000
PLACES: Final = 4096  # addresses that are remembered
NETWORK: Final = 8  # bytes of an IPv6 address that one customer has to himself


class Failures:
    """Of one address."""

    def __init__(self) -> None:
        self.count = 0
        self.last_ms = 0
        self.free_ms = 0  # when all that wait will have been looked at


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

    def succeeded(self, client: Client) -> None:
        """A password did fit."""
        failures = self.by_address.get(address_of(client)) if self.by_address else None
        if failures is not None:
            failures.count >>= 1

    def wait_ms(self, client: Client) -> int:
        """How long an attempt of this client has to wait."""
        failures = self.by_address.get(address_of(client))
        if failures is None or failures.count < FREE or not self.first_ms:
            return 0
        if self.timers.clock.now_ms - failures.last_ms > FORGET_MS:
            return 0
        return min(self.first_ms << min(failures.count - FREE, 16), MOST_MS)

    def hold(self, client: Client, argv: list[bytes]) -> bool:
        """Keep this attempt waiting, once; False if it need not wait.

        TooManyAttempts if too many wait already.
        """
        if client.has_waited:
            client.has_waited = False
            return False
        wait_ms = self.wait_ms(client)
        if not wait_ms:
            return False
        now_ms = self.timers.clock.now_ms
        failures = self.by_address[address_of(client)]
        due_ms = max(now_ms, failures.free_ms) + wait_ms
        if due_ms > now_ms + QUEUE_MS:
            raise TooManyAttempts
        failures.free_ms = due_ms
        client.has_waited = True
        client.postponed = argv
        client.conn.hold(HELD_OTHER)
        self.timers.at(due_ms, Release(client).__call__)
        return True


def address_of(client: Client) -> str:
    """Its host; of IPv6 the network, in which a stranger has all addresses to choose from."""
    host = client.addr.rpartition(":")[0]
    if not host.startswith("["):
        return host
    try:
        address = IPv6Address(host[1:-1])
    except ValueError:
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = address.packed[:NETWORK]
    return str(IPv6Address(network + bytes(16 - NETWORK)))


def is_attempt(argv: list[bytes]) -> bool:
    """Does the request bring a password to come in with?"""
    name = argv[0].upper()
    if name == b"AUTH":
        return True
    return name == b"HELLO" and any(word.upper() == b"AUTH" for word in argv[2:])
