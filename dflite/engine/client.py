"""A connected client as the engine and other clients see it: who it is, what modes it is in."""

from typing import Final

from dflite.engine.acl_users import User, Users
from dflite.native.wire.connection import HELD_BLOCKED, HELD_PAUSED, Connection, input_memory
from dflite.native.wire.reply import buffer_memory
from dflite.native.wire.requests import Limits

REPLY_ON: Final = 0
REPLY_OFF: Final = 1
REPLY_SKIP: Final = 2  # the reply of the running request
REPLY_SKIP_NEXT: Final = 3

MEMCACHED: Final = "memcached"  # the protocol in which nobody can say a password
NO_COMMAND: Final = "NULL"  # of a client that has not sent any
OBJECTS: Final = 1200  # bytes of a client's own objects, about
WATCHED: Final = 400  # bytes for a key that a client watches, beside its name
HEARD: Final = 300  # bytes for a name that a client listens to, beside the name
WORD: Final = 49  # bytes of a kept word before its content: a bytes object and its place in a list


class WatchedKey:
    """A key that a client watches; `was_due` if its deadline had passed already then."""

    def __init__(self, client: "Client", db: int, key: bytes, was_due: bool) -> None:
        self.client = client
        self.db = db
        self.key = key
        self.was_due = was_due


class Listening:
    """What a subscriber listens to, each kind in the order of its subscriptions."""

    def __init__(self, usual: Limits) -> None:
        self.names: list[dict[bytes, None]] = [{}, {}, {}]  # channels, patterns, shard channels
        self.usual = usual  # its connection's limits when it is no subscriber


class Tracker:
    """How a client tracks keys. `redirect` is the id of who is told in its place, or 0."""

    def __init__(self, client_id: int) -> None:
        self.alone = frozenset((client_id,))
        self.redirect = 0
        self.redirect_broken = False
        self.broadcast = False
        self.optin = False
        self.optout = False
        self.noloop = False
        self.caching = False  # CLIENT CACHING was said, for the next request
        self.prefixes: set[bytes] = set()  # of a broadcast


class Client:
    """A connection's identity and modes. Times are Unix ms."""

    def __init__(self, number: int, conn: Connection, user: User, now_ms: int) -> None:
        self.id = number
        self.conn = conn
        self.user = user
        self.authenticated = False
        self.has_waited = False  # for having failed to authenticate, before its postponed attempt
        self.addr = ""
        self.laddr = ""
        self.fd = -1
        self.unix_socket = False
        self.tls = ""  # the version of TLS it speaks, if it does
        self.admin = False  # came in by the admin port
        self.primary = False  # that this node follows: its requests are done, whatever they are
        self.protocol = "resp"
        self.needs_no_password = False  # of memcached's, where the port was asked for
        self.created_ms = now_ms
        self.name = b""
        self.lib_name = b""
        self.lib_version = b""
        self.resp = 2
        self.reply_mode = REPLY_ON
        self.no_evict = False
        self.no_touch = False
        self.monitor = False
        self.replica = False  # it follows this node
        self.last_command = NO_COMMAND
        # MULTI
        self.queue: list[list[bytes]] | None = None
        self.queue_bytes = 0
        self.queue_flags = 0  # of all queued commands together
        self.queue_broken = False
        self.watched: list[WatchedKey] = []
        self.watch_broken = False
        self.listening: Listening | None = None
        self.tracker: Tracker | None = None
        # a request that CLIENT PAUSE postponed
        self.postponed: list[bytes] | None = None
        self.killed = False

    def greet(self, users: Users, trusted: bool) -> None:
        """Be nobody in particular: the default user, or, if `trusted`, one who may do all."""
        self.user = users.operator if trusted else users.default
        self.authenticated = trusted or users.is_open()
        self.update_lane()

    def is_local(self) -> bool:
        """Does it speak from this machine?"""
        return self.unix_socket or self.addr.startswith(("127.", "[::1]", "[::ffff:127."))

    def is_only_listening(self) -> bool:
        """Is it a subscriber, and of RESP2, which cannot tell messages from replies?"""
        return self.listening is not None and self.resp == 2

    def start_queue(self) -> None:
        """MULTI: requests are queued from now on."""
        self.queue = []
        self.update_lane()

    def enqueue(self, argv: list[bytes], flags: int) -> int:
        """Keep a request, of a command with these flags, for EXEC; the bytes that it takes.

        None of it is kept if EXEC will not run it.
        """
        assert self.queue is not None
        if self.queue_broken or self.watch_broken:
            return 0
        size = sum([len(word) for word in argv]) + WORD * (len(argv) + 2)
        self.queue.append(argv)
        self.queue_flags |= flags
        self.queue_bytes += size
        return size

    def break_queue(self) -> None:
        """A request could not be queued: EXEC will refuse, and needs nothing of the others."""
        self.queue = []
        self.queue_bytes = 0
        self.queue_broken = True

    def drop_queue(self) -> None:
        """The transaction is over."""
        self.queue = None
        self.queue_bytes = 0
        self.queue_flags = 0
        self.queue_broken = False
        self.update_lane()

    def is_held(self) -> bool:
        """Does its request still wait, for a key or for the end of a pause?"""
        return (self.conn.held & (HELD_BLOCKED | HELD_PAUSED)) != 0

    def silence(self, mark: int) -> None:
        """Its request is answered, from `mark` on: CLIENT REPLY OFF and SKIP take that back."""
        self.conn.reply.rollback(mark)
        if self.reply_mode == REPLY_SKIP_NEXT:
            self.reply_mode = REPLY_SKIP
        elif self.reply_mode == REPLY_SKIP:
            self.reply_mode = REPLY_ON
            self.update_lane()

    def memory(self) -> int:
        """Bytes that this client takes: buffers, queued requests, objects, what it registered."""
        conn = self.conn
        size = OBJECTS + conn.input_capacity + conn.reply.memory + self.queue_bytes
        for watched in self.watched:
            size += WATCHED + len(watched.key)
        if self.listening is not None:
            for names in self.listening.names:
                size += sum([HEARD + len(name) for name in names])
        if self.tracker is not None and self.tracker.prefixes:
            size += sum([HEARD + len(prefix) for prefix in self.tracker.prefixes])
        return size

    def update_lane(self) -> None:
        """Let the hot lane answer if the engine does not have to see each of its requests."""
        if self.protocol == MEMCACHED:
            user = self.user
            self.authenticated = user.enabled and (user.nopass or self.needs_no_password)
        self.conn.trusted = self.authenticated
        quick = (
            self.authenticated
            and self.queue is None
            and self.reply_mode == REPLY_ON
            and not self.monitor
            and not self.no_touch
            and not self.killed
            and not self.is_only_listening()
            and (self.tracker is None or self.tracker.broadcast)
        )
        self.conn.plain = quick and self.user.unrestricted
        self.conn.gate = self.user.gate if quick and not self.user.unrestricted else None


def buffers_memory() -> int:
    """Bytes in the input and output buffers of all clients."""
    return input_memory() + buffer_memory()
