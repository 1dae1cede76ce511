"""What a primary does for its replicas all the time: the stream, pings, limits, and who is lost."""

from typing import Final

from dflite.engine.executor import Executor
from dflite.engine.journal import ANY_DATABASE, GETACK
from dflite.engine.replication import (
    GREETING,
    NO_FAILOVER,
    ONLINE,
    SENDING,
    SENT,
    WAITING,
    Replica,
)
from dflite.server.logs import LOG
from dflite.settings.lists import REPLICA
from dflite.settings.settings import Settings

PING: Final = [b"PING"]


class Feeding:
    """Of one node; `before_replies` and `every_second` are called by others."""

    def __init__(self, executor: Executor, settings: Settings) -> None:
        self.executor = executor
        self.replication = executor.replication
        self.settings = settings
        self.fed = -1  # up to which offset replicas have been told that there is more
        self.seconds = 0
        for name in (
            "repl_backlog_size",
            "min_replicas_to_write",
            "min_replicas_max_lag",
        ):
            settings.on_change(name, self.apply_settings)
        self.apply_settings()
        executor.before_replies_chores.append(self.before_replies)

    def apply_settings(self) -> None:
        replication = self.replication
        replication.keep_history(self.settings.repl_backlog_size)
        replication.least_replicas = self.settings.min_replicas_to_write
        replication.longest_lag_s = self.settings.min_replicas_max_lag
        replication.look_at_replicas()

    # -- each turn ---------------------------------------------------------------------------------

    def before_replies(self) -> None:
        """Replies are about to leave: so does the stream."""
        replication = self.replication
        backlog = replication.backlog
        if replication.asked:
            replication.asked = False
            if replication.primary is None and replication.replicas:
                backlog.request(ANY_DATABASE, GETACK)
        if backlog.offset == self.fed:
            return
        self.fed = backlog.offset
        if replication.replicas:
            hard = self.settings.client_output_buffer_limit[REPLICA][0]
            if hard:
                # who may go on after a cut from so far behind is not cut off for being there
                hard = max(hard, self.settings.repl_backlog_size)
            for replica in list(replication.replicas.values()):
                if replica.state == ONLINE:
                    replica.conn.mark_dirty()
                if 0 < hard < replica.unread():
                    self.cut_off(replica, "hard")

    # -- each second -------------------------------------------------------------------------------

    def every_second(self) -> None:
        replication = self.replication
        self.seconds += 1
        if replication.replicas:
            self.look_for_lost()
            period = self.settings.repl_ping_replica_period
            quiet = replication.primary is not None or replication.failover != NO_FAILOVER
            if not quiet and self.seconds % period == 0:
                replication.backlog.request(ANY_DATABASE, PING)
        replication.look_at_replicas()

    def look_for_lost(self) -> None:
        """Cut off who is not heard of, and who reads too little for too long."""
        now_ms = self.replication.clock.now_ms
        timeout_ms = self.settings.repl_timeout * 1000
        _, soft, seconds = self.settings.client_output_buffer_limit[REPLICA]
        for replica in list(self.replication.replicas.values()):
            if replica.state in (GREETING, WAITING):
                continue
            if self.silent_ms(replica, now_ms) > timeout_ms:
                LOG.warning(
                    "Disconnecting timedout replica %s:%d: it is not heard of",
                    replica.ip,
                    replica.port,
                )
                replica.conn.abort()
                continue
            if 0 < soft < replica.unread():
                replica.over_limit_s += 1
                if replica.over_limit_s > seconds:
                    self.cut_off(replica, "soft")
            else:
                replica.over_limit_s = 0

    def silent_ms(self, replica: Replica, now_ms: int) -> int:
        """Since when it has said nothing, or, while it gets its snapshot, has not read on."""
        if replica.state in (SENDING, SENT):
            read = replica.conn.bytes_out
            waits = not replica.conn.unsent and not replica.snapshot_bytes
            idle = replica.state == SENDING and waits  # for what is not made yet
            if read != replica.read or idle:
                replica.read = read
                replica.ack_ms = now_ms
        return now_ms - replica.ack_ms

    def cut_off(self, replica: Replica, which: str) -> None:
        """It lags so far that keeping all for it would take the node down."""
        self.executor.closed_for_output += 1
        LOG.warning(
            "replica %s:%d has %d bytes unread, over the %s output buffer limit: cut off",
            replica.ip,
            replica.port,
            replica.unread(),
            which,
        )
        replica.conn.abort()
