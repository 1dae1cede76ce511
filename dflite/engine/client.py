"""A connected client as the engine and other clients see it: who it is, what modes it is in."""

from typing import Final

from dflite.native.connection import Connection

REPLY_ON: Final = 0
REPLY_OFF: Final = 1
REPLY_SKIP: Final = 2  # the reply of the running command
REPLY_SKIP_NEXT: Final = 3

DEFAULT_USER: Final = "default"


class User:
    """Who may do what. Until there are rules, the default user may do everything."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.unrestricted = True


class WatchedKey:
    """A key under WATCH; `was_due` if its deadline had passed already then."""

    def __init__(self, db: int, key: bytes, was_due: bool) -> None:
        self.db = db
        self.key = key
        self.was_due = was_due


class Client:
    """A connection's identity and modes. Times are Unix ms."""

    def __init__(self, number: int, conn: Connection, user: User, now_ms: int) -> None:
        self.id = number
        self.conn = conn
        self.user = user
        self.authenticated = False
        self.addr = ""
        self.laddr = ""
        self.fd = -1
        self.unix_socket = False
        self.admin = False  # came in by the admin port
        self.created_ms = now_ms
        self.name = b""
        self.lib_name = b""
        self.lib_version = b""
        self.resp = 2
        self.reply_mode = REPLY_ON
        self.no_evict = False
        self.no_touch = False
        self.monitor = False
        self.last_command = "NULL"
        # MULTI
        self.queue: list[list[bytes]] | None = None
        self.queue_bytes = 0
        self.queue_broken = False
        self.watched: list[WatchedKey] = []
        self.watch_broken = False
        # a request that CLIENT PAUSE postponed
        self.postponed: list[bytes] | None = None
        self.killed = False
        self.commands = 0

    def in_multi(self) -> bool:
        """Are its requests queued?"""
        return self.queue is not None

    def update_lane(self) -> None:
        """Let the hot lane answer if nothing about this client needs the engine to see each request."""
        self.conn.trusted = self.authenticated
        self.conn.plain = (
            self.authenticated
            and self.user.unrestricted
            and self.queue is None
            and self.reply_mode == REPLY_ON
            and not self.monitor
            and not self.no_touch
            and not self.killed
        )
