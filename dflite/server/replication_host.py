"""What commands ask of the process about replication; a part of the node's host."""

from collections.abc import Callable

from dflite.engine.replication import Replica
from dflite.server.failover import Failover, Takeover
from dflite.server.following import Following
from dflite.server.full_sync import FullSyncs
from dflite.server.ports import Ports


class ReplicationHost:
    """`join_replication` gives it the parts that are made after it."""

    def __init__(self) -> None:
        self.full_syncs: FullSyncs
        self.following: Following
        self.failover: Failover
        self.takeover: Takeover
        self.ports: Ports

    def join_replication(
        self,
        full_syncs: FullSyncs,
        following: Following,
        failover: Failover,
        takeover: Takeover,
        ports: Ports,
    ) -> None:
        """Know the parts."""
        self.full_syncs = full_syncs
        self.following = following
        self.failover = failover
        self.takeover = takeover
        self.ports = ports

    def sync_fully(self, replica: Replica) -> None:
        self.full_syncs.ask(replica)

    def replicate(self, host: str, port: int) -> bool:
        return self.following.follow(host, port)

    def is_itself(self, host: str, port: int) -> bool:
        return self.ports.listen_at(host, port)

    def stop_replicating(self) -> None:
        self.following.stop()

    def begin_failover(self, target: tuple[str, int] | None, force: bool, timeout_ms: int) -> None:
        self.failover.begin(target, force, timeout_ms)

    def abort_failover(self) -> None:
        self.failover.abort()

    def take_over(self, seconds: int, save: bool, done: Callable[[str], None]) -> None:
        self.takeover.begin(seconds, save, done)
