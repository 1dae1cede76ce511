"""A replica in this process: a node that applies another node's stream, byte for byte."""

from dflite.engine.replication import PrimaryLink
from dflite.native.wire.backlog import Cursor
from dflite.replication import roles
from dflite.replication.stream import PrimaryStream
from tests.support.node import Node


class Following:
    """`node` follows `primary`; `catch_up` moves bytes."""

    def __init__(self, primary: Node, shards: int = 1, lane: bool = True) -> None:
        self.primary = primary
        if not primary.executor.backlog.active:
            primary.executor.replication.want_stream("test", True)
        backlog = primary.executor.backlog
        self.cursor: Cursor = backlog.cursor(backlog.offset)
        self.node = Node(shards=shards, journal=False, lane=lane)
        executor = self.node.executor
        self.link = PrimaryLink("127.0.0.1", 1, self.node.clock.now_ms)
        roles.become_replica(executor, self.link)
        executor.replication.follow_history(primary.executor.replication.id, backlog.offset)
        executor.read_only = True
        executor.lane.boundless = True
        self.stream = PrimaryStream(executor, self.node.host, "127.0.0.1:1", 0)
        executor.observers_changed()

    def catch_up(self, most: int = 1 << 30) -> None:
        """Apply at most so many bytes of what the primary has done."""
        self.node.clock.set(self.primary.clock.now_ms)
        self.stream.feed(self.cursor.take(most))

    def reconnect(self) -> None:
        """The link is cut, and goes on where the replica says."""
        database = self.stream.ctx.db.index
        self.stream.close()
        self.cursor.close()
        executor = self.node.executor
        self.cursor = self.primary.executor.backlog.cursor(executor.backlog.offset)
        self.stream = PrimaryStream(executor, self.node.host, "127.0.0.1:1", database)
