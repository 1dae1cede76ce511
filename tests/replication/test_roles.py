"""A node's role: what becoming a replica stops, what becoming a primary starts again."""

import pytest

from dflite.engine.replication import NOBODY, PrimaryLink
from dflite.replication import roles
from tests.support.contents import contents
from tests.support.following import Following
from tests.support.node import Node


@pytest.fixture
def node() -> Node:
    return Node(journal=False)


def follow(node: Node) -> PrimaryLink:
    link = PrimaryLink("127.0.0.1", 1, node.clock.now_ms)
    roles.become_replica(node.executor, link)
    return link


def test_who_waits_is_told_and_sent_away(node: Node) -> None:
    waiting, watching = node.client(), node.client()
    waiting.send("BLPOP l 0")
    watching.send("XREAD BLOCK 0 STREAMS s $")
    follow(node)
    node.pump()
    text = (
        "UNBLOCKED force unblock from blocking operation, instance state changed "
        "(master -> replica?)"
    )
    assert waiting.read() == watching.read() == text
    assert waiting.closed
    assert watching.closed
    assert not node.executor.blocking.waiters


def test_keys_of_a_replica_do_not_go_by_themselves_even_after_a_pause(node: Node) -> None:
    client = node.client()
    client.run("SET a 1 PX 10")
    follow(node)
    client.run("CLIENT PAUSE 100")
    client.run("CLIENT UNPAUSE")
    node.advance(200)
    node.expire_actively()
    assert len(node.db) == 1
    roles.become_primary(node.executor)
    node.expire_actively()
    assert len(node.db) == 0


def test_a_pause_goes_on_over_a_promotion(node: Node) -> None:
    client = node.client()
    client.run("SET a 1 PX 10")
    follow(node)
    client.run("CLIENT PAUSE 1000 WRITE")
    roles.become_primary(node.executor)
    node.advance(200)
    node.expire_actively()
    assert len(node.db) == 1


def test_a_promoted_replica_goes_on_under_an_id_of_its_own() -> None:
    primary = Node()
    following = Following(primary)
    primary.client().run("SET a 1")
    following.catch_up()
    executor = following.node.executor
    before = executor.replication.id
    offset = executor.backlog.offset
    roles.become_primary(executor)
    replication = executor.replication
    assert replication.former_id == before == primary.executor.replication.id
    assert replication.id not in (before, NOBODY)
    assert replication.former_offset == offset + 1
    assert replication.can_go_on(before, offset + 1)
    assert replication.primary is None
    # what it does now is in its stream
    cursor = executor.backlog.cursor(offset)
    executor.read_only = False
    assert following.node.client().run("SET b 1") == "OK"
    assert b"SELECT" in cursor.take(1000)
    assert contents(following.node.keyspace).keys() == {(0, b"a"), (0, b"b")}


def test_deadlines_that_passed_meanwhile_are_told_to_who_follows() -> None:
    primary = Node()
    following = Following(primary)
    primary.client().run("SET a 1 PX 10")
    following.catch_up()
    node = following.node
    node.advance(100)
    node.expire_actively()
    cursor = node.executor.backlog.cursor(node.executor.backlog.offset)
    roles.become_primary(node.executor)
    node.expire_actively()
    assert b"DEL\r\n$1\r\na" in cursor.take(1000)


def test_data_are_taken_over_as_a_whole(node: Node) -> None:
    client, watching, reader = node.client(), node.client(), node.client()
    client.run("SET old 1")
    client.run("SET both 1")
    watching.run("WATCH both")
    watching.run("MULTI")
    follow(node)
    reader.send("XREAD BLOCK 0 STREAMS s 0")
    twin = node.keyspace.twin()
    other = Node()
    writer = other.client()
    for line in ("SET new 1", "SET both 2", "XADD s 1-1 f v"):
        writer.run(line)
    other.keyspace.exchange(twin)
    roles.take_over_data(node.executor, twin)
    node.pump()
    keys = client.run("KEYS *")
    assert isinstance(keys, list)
    assert sorted(keys) == [b"both", b"new", b"s"]
    assert watching.run("EXEC") is None
    assert reader.read() == [[b"s", [[b"1-1", [b"f", b"v"]]]]]
    assert node.keyspace.has_remains()
    while node.keyspace.free_some(10):
        continue
    assert node.keyspace.pending() == 0
