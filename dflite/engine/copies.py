"""Who waits for copies of what it wrote: WAIT and WAITAOF."""

from collections.abc import Callable

from dflite.engine.blocking import Waiter
from dflite.engine.client import Client
from dflite.engine.replication import Replication


class CopyWaiter(Waiter):
    """A client that waits until enough copies exist, which no key tells.

    `replicas` have to hold the stream up to `offset`; with `files_too` their disks do, and with
    `own_file` this node's as well.
    """

    def __init__(
        self,
        client: Client,
        db: int,
        deadline_ms: int,
        offset: int,
        replicas: int,
        answer: Callable[[int], None],
    ) -> None:
        super().__init__(client, db, [], 0, deadline_ms)
        self.offset = offset
        self.replicas = replicas
        self.files_too = False
        self.own_file = False
        self.answer = answer
        self.on_left: Callable[[], None] | None = None

    def is_enough(self, replication: Replication) -> bool:
        """Are there as many copies as it wants?"""
        if not self.files_too:
            return replication.count_acked(self.offset) >= self.replicas
        if self.own_file and replication.file_offset < self.offset:
            return False
        return replication.count_synced(self.offset) >= self.replicas

    def time_out(self) -> None:
        self.answer(self.offset)

    def left(self) -> None:
        if self.on_left is not None:
            self.on_left()


class Copies:
    """All who wait for copies."""

    def __init__(
        self,
        replication: Replication,
        waiters: dict[int, Waiter],
        unblock: Callable[[Waiter, bool], None],
    ) -> None:
        self.replication = replication
        self.waiters = waiters  # of all kinds, by client id
        self.unblock = unblock
        replication.acknowledged = self.look

    def look(self) -> None:
        """There may be more copies now: answer those who have enough."""
        for waiter in list(self.waiters.values()):
            if isinstance(waiter, CopyWaiter) and waiter.is_enough(self.replication):
                self.unblock(waiter, False)
