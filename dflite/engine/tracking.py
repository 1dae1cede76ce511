"""Client-side caching: which clients keep copies of which keys, and whom a change is told.

A client that tracks keys is remembered with each key that it reads, until the key changes. A client
that tracks by broadcast is told of all keys with its prefixes, whatever it has read; those are
gathered, and told when the replies of a round leave. As in Redis a name is tracked in whatever
database it was read. The table is bounded: beyond its limit the oldest keys count as changed.
"""

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from sys import getsizeof
from typing import Final

from dflite.engine.client import HEARD, Client, Tracker
from dflite.engine.pushes import Pushes
from dflite.store.effects import BESIDE, EVICTED, EXPIRED, MISS, Change

CHANNEL: Final = b"__redis__:invalidate"  # where clients of RESP2 are told
NULLS: Final = (b"$-1\r\n", b"_\r\n")  # by protocol: every key has changed
TRIMMED: Final = 1000  # keys that are given up at a time

Holders = OrderedDict[bytes, AbstractSet[int]]


class Broadcast:
    """A prefix: who is told of its keys, and those that have changed, with who changed them."""

    def __init__(self) -> None:
        self.clients: dict[int, Client] = {}
        self.keys: dict[bytes, Client | None] = {}


class Tracking:
    """What is tracked by whom. `clients` are all clients by id, whom a tracker may redirect to."""

    def __init__(
        self, clients: dict[int, Client], pushes: Pushes, on_change: Callable[[], None]
    ) -> None:
        self.clients = clients
        self.pushes = pushes
        self.on_change = on_change
        self.limit = 0  # keys that are remembered at most; 0 sets no bound
        self.holders: Holders = OrderedDict()  # ids of clients by key
        self.items = 0  # clients and keys that belong together
        self.held = 0  # bytes of keys and of their sets of ids, those given up included
        self.trackers: dict[int, Client] = {}
        self.broadcasts: dict[bytes, Broadcast] = {}
        self.prefix_memory = 0  # bytes of their prefixes, about
        self.gathered = False  # some broadcast has keys
        # what the running client is to be told, None for every key, and how it tracked
        self.own: list[tuple[Tracker, bytes | None]] = []
        self.remains: list[Holders] = []  # given up, but not freed yet

    @property
    def memory(self) -> int:
        """Bytes of what is remembered, and of what was given up and is not freed yet."""
        tables = getsizeof(self.holders) + sum([getsizeof(holders) for holders in self.remains])
        return tables + self.held

    # -- who tracks --------------------------------------------------------------------------------

    def start(self, client: Client, wanted: Tracker, prefixes: list[bytes]) -> None:
        """Let `client` track as `wanted` says; a broadcast keeps the prefixes that it had."""
        before = client.tracker
        if before is not None:
            wanted.prefixes = before.prefixes
        client.tracker = wanted
        self.trackers[client.id] = client
        if wanted.broadcast:
            for prefix in prefixes or [b""]:
                if prefix not in wanted.prefixes:
                    wanted.prefixes.add(prefix)
                    self.prefix_memory += HEARD + len(prefix)
                self.broadcasts.setdefault(prefix, Broadcast()).clients[client.id] = client
        client.update_lane()
        self.on_change()

    def stop(self, client: Client) -> None:
        """Let `client` track no more. Keys that it has read are forgotten when they change."""
        tracker = client.tracker
        if tracker is None:
            return
        for prefix in tracker.prefixes:
            self.prefix_memory -= HEARD + len(prefix)
            broadcast = self.broadcasts[prefix]
            del broadcast.clients[client.id]
            if not broadcast.clients:
                del self.broadcasts[prefix]
        client.tracker = None
        del self.trackers[client.id]
        if not self.trackers:
            self.give_up()
        client.update_lane()
        self.on_change()

    # -- what is tracked ---------------------------------------------------------------------------

    def remember(self, client: Client, keys: list[bytes]) -> None:
        """The client that runs a command has read these keys."""
        tracker = client.tracker
        if tracker is None or tracker.broadcast:
            return
        if (tracker.optin and not tracker.caching) or (tracker.optout and tracker.caching):
            return
        number = client.id
        holders = self.holders
        for key in keys:
            known = holders.get(key)
            if known is None:
                holders[key] = tracker.alone
                self.held += getsizeof(key)
            elif number in known:
                continue
            elif isinstance(known, set):
                before = getsizeof(known)
                known.add(number)
                self.held += getsizeof(known) - before
            else:
                several = {*known, number}
                holders[key] = several
                self.held += getsizeof(several)
            self.items += 1

    def touch(self, change: Change) -> None:
        """A key changed: those who have it are told, unless they did it and want no word of it."""
        if change.kind & (MISS | BESIDE) or not change.event:
            return
        key = change.key
        running = self.pushes.running
        if self.broadcasts:
            by = None if change.kind & (EXPIRED | EVICTED) else running
            for prefix, broadcast in self.broadcasts.items():
                if key.startswith(prefix):
                    broadcast.keys[key] = by
                    self.gathered = True
        if key in self.holders:
            self.invalidate(key)

    def invalidate(self, key: bytes) -> None:
        """Tell those who have a key, and forget that they do."""
        running = self.pushes.running
        numbers = self.holders.pop(key)
        self.items -= len(numbers)
        self.held -= size_of(key, numbers)
        for number in numbers:
            client = self.trackers.get(number)
            tracker = client.tracker if client is not None else None
            if client is None or tracker is None or tracker.broadcast:
                continue
            if client is not running:
                self.tell(client, tracker, array_of([key]))
            elif not tracker.noloop:
                self.own.append((tracker, key))

    def flushed(self) -> None:
        """A database was emptied: all trackers are told that every key has changed."""
        for number in sorted(self.trackers):
            client = self.trackers.get(number)
            tracker = client.tracker if client is not None else None
            if client is None or tracker is None:
                continue  # cut off just now
            if client is self.pushes.running:
                self.own.append((tracker, None))
            else:
                self.tell(client, tracker, NULLS[client.resp == 3])
        self.give_up()

    def trim(self) -> None:
        """Give up the oldest keys beyond the limit, not too many at a time."""
        holders = self.holders
        for _ in range(TRIMMED):
            if not 0 < self.limit < len(holders):
                return
            self.invalidate(next(iter(holders)))

    def give_up(self) -> None:
        """Forget who has read what; a big table is freed bit by bit."""
        if len(self.holders) > TRIMMED:
            self.remains.append(self.holders)
        else:
            for key, numbers in self.holders.items():
                self.held -= size_of(key, numbers)
        self.holders = OrderedDict()
        self.items = 0

    def free_some(self, keys: int) -> bool:
        """Free about so many keys of what was given up; True while there is more."""
        remains = self.remains
        while remains and keys > 0:
            if remains[-1]:
                key, numbers = remains[-1].popitem()
                self.held -= size_of(key, numbers)
                keys -= 1
            else:
                remains.pop()
        return len(remains) > 0

    # -- messages ----------------------------------------------------------------------------------

    def tell_own(self, client: Client) -> None:
        """What the running request of `client` has changed of what it has itself."""
        own, self.own = self.own, []
        for tracker, key in own:
            keys = NULLS[client.resp == 3] if key is None else array_of([key])
            self.tell(client, client.tracker or tracker, keys)

    def tell_gathered(self) -> None:
        """Replies are about to leave: the broadcasts go before them."""
        self.gathered = False
        for prefix in sorted(self.broadcasts):
            broadcast = self.broadcasts.get(prefix)
            if broadcast is None or not broadcast.keys:
                continue
            changed, broadcast.keys = broadcast.keys, {}
            keys = sorted(changed)
            everything = array_of(keys)
            for client in list(broadcast.clients.values()):
                tracker = client.tracker
                if tracker is None:
                    continue
                if tracker.noloop:
                    others = [key for key in keys if changed[key] is not client]
                    if others:
                        self.tell(client, tracker, array_of(others))
                else:
                    self.tell(client, tracker, everything)

    def tell(self, client: Client, tracker: Tracker, keys: bytes) -> None:
        """Send an array of keys, or null, to who tracks so or to whom it redirects."""
        redirect = tracker.redirect
        if redirect:
            target = self.clients.get(redirect)
            if target is None:
                tracker.redirect_broken = True
                if client.resp == 3:
                    self.pushes.to_one(
                        client, b"2\r\n$21\r\ntracking-redir-broken\r\n:%d\r\n" % redirect
                    )
                return
            client = target
        if client.resp == 3:
            self.pushes.to_one(client, b"2\r\n$10\r\ninvalidate\r\n" + keys)
        elif redirect and client.listening is not None:
            head = b"3\r\n$7\r\nmessage\r\n$%d\r\n%b\r\n" % (len(CHANNEL), CHANNEL)
            self.pushes.to_one(client, head + keys)

    def check(self) -> None:
        """Assert that tables and clients agree; for tests."""
        assert self.items == sum([len(numbers) for numbers in self.holders.values()])
        known = [pair for holders in (self.holders, *self.remains) for pair in holders.items()]
        assert self.held == sum([size_of(key, numbers) for key, numbers in known])
        for number, client in self.trackers.items():
            tracker = client.tracker
            assert number == client.id, "a tracker under another one's id"
            assert tracker is not None, "a tracker that tracks nothing"
            assert tracker.broadcast == (len(tracker.prefixes) > 0), "a broadcast without a prefix"
            for prefix in tracker.prefixes:
                assert client.id in self.broadcasts[prefix].clients, "a prefix without its client"
        for prefix, broadcast in self.broadcasts.items():
            assert broadcast.clients, "a prefix for nobody"
            for number, client in broadcast.clients.items():
                assert self.trackers[number] is client, "a broadcast to somebody who tracks nothing"
                assert client.tracker is not None
                assert prefix in client.tracker.prefixes, "a prefix that its client forgot"
            for key in broadcast.keys:
                assert key.startswith(prefix), "a key under another prefix"


def size_of(key: bytes, numbers: AbstractSet[int]) -> int:
    """Bytes of a key and of the ids that it has for itself: a single one is its client's."""
    return getsizeof(key) + (getsizeof(numbers) if isinstance(numbers, set) else 0)


def array_of(keys: list[bytes]) -> bytes:
    """Keys as an array of RESP."""
    words = [b"$%d\r\n%b\r\n" % (len(key), key) for key in keys]
    return b"*%d\r\n%b" % (len(keys), b"".join(words))
