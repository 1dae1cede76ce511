"""Replication as commands, INFO and drivers see it: whose data these are, who follows whom.

PSYNC2: a history of data has an id, and a place in it is an offset of the stream. A node that is
promoted goes on under an id of its own and remembers the former one and how far it went, so that
those who followed the same primary can go on from it.
"""

import secrets
from collections.abc import Callable
from typing import Final

from dflite.native.base.clock import Clock
from dflite.native.wire.backlog import Backlog, Cursor
from dflite.native.wire.connection import Connection

NOBODY: Final = "0" * 40
NO_OFFSET: Final = -1
NO_FAILOVER: Final = "no-failover"
CIRCLE_MS: Final = 2_000  # that the other one of two gets to be promoted
PIECE: Final = 64 * 1024  # bytes of the stream that a replica is given at once

# Who wants the stream to be written.
LOG: Final = "log"
REPLICAS: Final = "replicas"
PRIMARY: Final = "primary"  # it is our primary's, for those who follow us

# States of a replica, as INFO names them.
GREETING: Final = "handshake"  # it has said REPLCONF, and nothing more
WAITING: Final = "wait_bgsave"
SENDING: Final = "send_bulk"
SENT: Final = "sent"  # the snapshot is, and the replica has not said yet that it is there
ONLINE: Final = "online"

# What of a snapshot a replica wants.
KEYS: Final = 1
FUNCTIONS: Final = 2


class Replica:
    """A client that follows this node. Times are Unix ms, offsets those of the stream."""

    def __init__(self, number: int, conn: Connection, now_ms: int) -> None:
        self.id = number  # the client's
        self.conn = conn
        self.state = GREETING
        self.ip = ""  # as it says; else its connection's
        self.port = 0
        self.capabilities: set[str] = set()
        self.version = 0  # of its software as one number (0x090102), if it has told
        self.only_snapshot = False  # it wants nothing that comes behind
        self.parts = KEYS | FUNCTIONS
        self.says_offset = True  # PSYNC, which is told where the stream stands
        self.cursor: Cursor | None = None
        self.acked = 0
        self.acked_file = 0  # ... and synced to its disk
        self.ack_ms = now_ms
        self.since_ms = now_ms
        self.read = 0  # bytes that its connection had sent at the last look
        self.snapshot_bytes = 0  # of the snapshot that wait for it
        self.over_limit_s = 0  # seconds that it has lagged more than the soft limit

    def is_counted(self) -> bool:
        """Does it hold data, or is it about to?"""
        return self.state != GREETING

    def lag_s(self, now_ms: int) -> int:
        """Seconds since it last said how far it is."""
        return max(now_ms - self.ack_ms, 0) // 1000

    def unread(self) -> int:
        """Bytes of the stream that are kept for it; a snapshot bounds itself."""
        lag = self.cursor.lag() if self.cursor is not None else 0
        return lag + (self.conn.unsent if self.state == ONLINE else 0)

    def close(self) -> None:
        """It is gone, or has to begin anew."""
        if self.cursor is not None:
            self.cursor.close()
            self.cursor = None


class Feed:
    """Gives a replica the stream, whenever it has read what it was given; a connection's source."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica

    def __call__(self) -> bool:
        replica = self.replica
        return replica.cursor is not None and replica.cursor.fill(replica.conn.reply, PIECE) > 0


class PrimaryLink:
    """The primary that this node follows, and how it stands with it. Times are Unix ms."""

    def __init__(self, host: str, port: int, now_ms: int) -> None:
        self.host = host
        self.port = port
        self.ip = ""  # of the host, once there was a connection
        self.state = "connect"  # connect, connecting, handshake, sync, connected: as ROLE names it
        self.last_io_ms = 0  # when it was last heard of
        self.down_since_ms = now_ms
        self.offset = NO_OFFSET  # read from it
        self.sync_total = -1  # bytes of the snapshot that is being read, if it has told
        self.sync_read = 0
        self.sync_io_ms = 0
        self.sync_began_s = 0.0
        self.sync_fields: dict[str, str] = {}  # that stand in its head
        self.linkless_since_ms = 0  # since when it says that it has no primary itself
        self.circle_told = False  # that it is to follow this node in turn
        self.client_id = -1  # whose commands its stream's are

    @property
    def is_up(self) -> bool:
        return self.state == "connected"

    def is_from(self, replica: Replica) -> bool:
        """Is the primary itself about to follow?"""
        return replica.port == self.port and replica.ip in (self.ip, self.host)

    def is_circle(self, now_ms: int) -> bool:
        """Does who asks to follow remain a replica itself? One that is promoted does not."""
        return 0 < self.linkless_since_ms <= now_ms - CIRCLE_MS


class Replication:
    """One node's. `on_change` is called when something else has to heed writes."""

    def __init__(self, backlog: Backlog, clock: Clock, on_change: Callable[[], None]) -> None:
        self.backlog = backlog
        self.clock = clock
        self.on_change = on_change
        self.id = secrets.token_hex(20)
        self.former_id = NOBODY
        self.former_offset = NO_OFFSET
        self.replicas: dict[int, Replica] = {}
        self.primary: PrimaryLink | None = None  # None: this node is a primary
        self.wanted_by: set[str] = set()
        self.history = 1 << 20  # bytes that are kept for replicas which come back
        self.least_replicas = 0  # without which nothing is written
        self.longest_lag_s = 10  # of a replica that counts
        self.too_few = False  # replicas, for writes
        self.file_offset = NO_OFFSET  # what the log has on its disk, once it holds all data
        self.synced_fully = 0
        self.synced_partially = 0
        self.refused_partially = 0
        self.acknowledged: Callable[[], None] | None = None  # a replica or the log is further
        self.before_following: list[Callable[[], None]] = []  # what a replica does not do itself
        self.asked = False  # replicas shall say how far they are
        self.alone_since_ms = 0  # since there was no replica, 0 while there is one
        self.failover = NO_FAILOVER  # or what a hand-over waits for, as INFO names it
        self.takeover_given_up = False  # its answer was an error: it must not come about later

    @property
    def offset(self) -> int:
        """Where the stream stands."""
        return self.backlog.offset

    # -- the stream --------------------------------------------------------------------------------

    def want_stream(self, who: str, wanted: bool) -> None:
        """Somebody wants the stream to be written from now on, or does no more."""
        if wanted:
            self.wanted_by.add(who)
        else:
            self.wanted_by.discard(who)
        backlog = self.backlog
        if bool(self.wanted_by) != backlog.active:
            if self.primary is None and self.wanted_by:
                # what was done before is not in it: nobody can go on from then
                self.begin_history()
            backlog.activate(bool(self.wanted_by))
        self.keep_history(self.history)
        self.on_change()

    def keep_history(self, size: int) -> None:
        """Keep so much of the stream for replicas that come back."""
        self.history = size
        is_for_replicas = REPLICAS in self.wanted_by or PRIMARY in self.wanted_by
        self.backlog.keep = size if is_for_replicas else 0

    def begin_history(self) -> None:
        """From now on the data are nobody else's: no one can go on from before."""
        self.id = secrets.token_hex(20)
        self.former_id = NOBODY
        self.former_offset = NO_OFFSET

    def follow_history(self, history: str, offset: int) -> None:
        """The data are those of that history and place: a full sync from a primary is done."""
        self.id = history
        self.former_id = NOBODY
        self.former_offset = NO_OFFSET
        self.backlog.restart(offset)

    def take_up_history(self, history: str, offset: int) -> None:
        """A primary is started again with data of that place: who stood there then may go on."""
        self.want_stream(REPLICAS, True)
        self.former_id = history
        self.former_offset = offset + 1
        self.backlog.restart(offset)
        self.alone_since_ms = self.clock.now_ms

    def saved_fields(self) -> list[tuple[str, str]]:
        """What a snapshot says of whose data it holds: who loads it can go on from there.

        Nothing, if only the log reads the stream: nobody can have followed.
        """
        if not self.wanted_by & {REPLICAS, PRIMARY}:
            return []
        return [
            ("repl-stream-db", str(max(self.backlog.selected, 0))),
            ("repl-id", self.id),
            ("repl-offset", str(self.offset)),
        ]

    def branch_off(self, history: str = "") -> None:
        """Go on under another id (one's own, unless it is told): who followed may still go on."""
        self.former_id = self.id
        self.former_offset = self.backlog.offset + 1
        self.id = history or secrets.token_hex(20)

    def can_go_on(self, history: str, first: int) -> bool:
        """Can a replica go on with the byte number `first` (from 1) of that history?"""
        same = history == self.id
        former = history == self.former_id and first <= self.former_offset
        return (same or former) and first > 0 and self.backlog.holds(first - 1)

    # -- replicas ----------------------------------------------------------------------------------

    def online(self) -> list[Replica]:
        """Those that have all data, and get the stream."""
        return [replica for replica in self.replicas.values() if replica.state == ONLINE]

    def reached(self) -> list[Replica]:
        """Those that all data were sent to, even if they have not said yet that they have them."""
        return [replica for replica in self.replicas.values() if replica.state in (SENT, ONLINE)]

    def attached(self) -> list[Replica]:
        """Those that follow, or are about to."""
        return [replica for replica in self.replicas.values() if replica.is_counted()]

    def good(self) -> int:
        """Replicas that are online and not behind in time."""
        now_ms = self.clock.now_ms
        lags = [replica.lag_s(now_ms) for replica in self.online()]
        return sum([lag <= self.longest_lag_s for lag in lags])

    def look_at_replicas(self) -> None:
        """Are there enough of them to write?"""
        least = self.least_replicas if self.longest_lag_s else 0
        too_few = self.primary is None and least > 0 and self.good() < least
        if too_few != self.too_few:
            self.too_few = too_few
            self.on_change()

    def count_acked(self, offset: int) -> int:
        """Replicas that have said that they hold all up to there."""
        return sum([replica.acked >= offset for replica in self.online()])

    def count_synced(self, offset: int) -> int:
        """Replicas that have said that it is on their disks."""
        return sum([replica.acked_file >= offset for replica in self.online()])

    def has_acked(self, replica: Replica, offset: int, file_offset: int) -> None:
        """A replica has said how far it is."""
        replica.acked = max(replica.acked, offset)
        replica.acked_file = max(replica.acked_file, file_offset)
        replica.ack_ms = self.clock.now_ms
        if self.acknowledged is not None:
            self.acknowledged()

    def forget(self, number: int) -> Replica | None:
        """A client is gone: it may have been a replica."""
        replica = self.replicas.pop(number, None)
        if replica is not None:
            replica.close()
            self.alone_since_ms = self.clock.now_ms
            self.look_at_replicas()
            if self.acknowledged is not None:
                self.acknowledged()
        return replica
