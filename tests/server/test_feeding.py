"""What a primary does for its replicas each turn and each second."""

import pytest

from dflite.engine.replication import ONLINE, REPLICAS, SENDING, SENT, Feed, Replica
from dflite.server.feeding import Feeding
from tests.engine.test_replication import add_replica
from tests.support.node import Node


class Fed:
    """A node with a replica that reads nothing by itself."""

    def __init__(self) -> None:
        self.node = Node(journal=False)
        executor = self.node.executor
        self.replication = executor.replication
        self.replication.want_stream(REPLICAS, True)
        self.feeding = Feeding(executor, self.node.host.settings)
        self.replica: Replica = add_replica(self.node)
        self.replica.cursor = executor.backlog.cursor(executor.backlog.offset)
        self.replica.conn.source = Feed(self.replica).__call__

    def change(self, name: str, value: str) -> None:
        self.node.host.change_settings([(name, value)], True)

    def is_cut_off(self) -> bool:
        return self.replica.conn.closing


@pytest.fixture
def fed() -> Fed:
    return Fed()


def test_who_reads_too_little_is_cut_off_at_the_hard_limit(fed: Fed) -> None:
    fed.change("client-output-buffer-limit", "replica 100000 0 0")
    fed.change("repl-backlog-size", "20000")
    client = fed.node.client()
    client.run("SET", "k", "x" * 60_000)
    fed.feeding.before_replies()
    assert not fed.is_cut_off()
    client.run("SET", "k", "x" * 60_000)
    fed.feeding.before_replies()
    assert fed.is_cut_off()
    assert fed.node.executor.closed_for_output == 1


def test_what_is_kept_for_those_who_come_back_is_no_reason_to_cut_off(fed: Fed) -> None:
    fed.change("client-output-buffer-limit", "replica 1000 0 0")
    fed.change("repl-backlog-size", "100000")
    fed.node.client().run("SET", "k", "x" * 60_000)
    fed.feeding.before_replies()
    assert not fed.is_cut_off(), "it would come back, and be as far behind"
    fed.node.client().run("SET", "k", "x" * 60_000)
    fed.feeding.before_replies()
    assert fed.is_cut_off()


def test_the_soft_limit_has_to_be_exceeded_for_its_time(fed: Fed) -> None:
    fed.change("client-output-buffer-limit", "replica 0 1000 3")
    fed.node.client().run("SET", "k", "x" * 2000)
    for _ in range(3):
        fed.feeding.every_second()
    assert not fed.is_cut_off()
    assert fed.replica.conn.source is not None
    fed.replica.conn.source()
    fed.replica.conn.reply.take()
    fed.feeding.every_second()
    assert fed.replica.over_limit_s == 0
    fed.node.client().run("SET", "k", "x" * 2000)
    for _ in range(4):
        fed.feeding.every_second()
    assert fed.is_cut_off()


def test_who_is_not_heard_of_is_cut_off(fed: Fed) -> None:
    fed.change("repl-timeout", "5")
    fed.node.advance(5000)
    fed.feeding.every_second()
    assert not fed.is_cut_off()
    fed.node.advance(1000)
    fed.feeding.every_second()
    assert fed.is_cut_off()


def test_replicas_are_pinged_now_and_then(fed: Fed) -> None:
    fed.change("repl-ping-replica-period", "3")
    offset = fed.replication.offset
    for _ in range(6):
        fed.feeding.every_second()
    cursor = fed.node.executor.backlog.cursor(offset)
    assert cursor.take(1000) == b"*1\r\n$4\r\nPING\r\n" * 2


def test_settings_reach_replication(fed: Fed) -> None:
    fed.change("repl-backlog-size", "2mb")
    assert fed.node.executor.backlog.keep == 2 << 20
    fed.change("min-replicas-to-write", "2")
    assert fed.replication.too_few
    assert fed.replica.state == ONLINE
    fed.change("min-replicas-to-write", "1")
    assert not fed.replication.too_few
    fed.change("min-replicas-max-lag", "0")
    fed.change("min-replicas-to-write", "5")
    assert not fed.replication.too_few  # without a lag to keep, it is off


@pytest.mark.parametrize("state", [SENDING, SENT])
def test_who_does_not_read_its_snapshot_is_cut_off(fed: Fed, state: str) -> None:
    fed.change("repl-timeout", "5")
    fed.replica.state = state
    fed.replica.snapshot_bytes = 1000
    fed.feeding.every_second()
    fed.node.advance(5000)
    fed.replica.conn.bytes_out += 1
    fed.feeding.every_second()
    fed.node.advance(5000)
    fed.feeding.every_second()
    assert not fed.is_cut_off()
    fed.node.advance(1000)
    fed.feeding.every_second()
    assert fed.is_cut_off()


def test_who_waits_for_a_snapshot_that_is_being_made_is_not(fed: Fed) -> None:
    fed.change("repl-timeout", "5")
    fed.replica.state = SENDING
    for _ in range(3):
        fed.node.advance(5000)
        fed.feeding.every_second()
    assert not fed.is_cut_off()


def test_a_snapshot_is_not_what_a_replica_lags_behind(fed: Fed) -> None:
    fed.change("client-output-buffer-limit", "replica 100000 1000 1")
    fed.replica.state = SENDING
    fed.replica.snapshot_bytes = 1 << 20  # bounded by itself, else no small limit would let it pass
    fed.node.client().run("SET k v")
    fed.feeding.before_replies()
    for _ in range(3):
        fed.feeding.every_second()
    assert not fed.is_cut_off()
