"""What a request may change is written before it runs; keys that it makes are new."""

from dflite.engine.beforehand import note_absent, save_before
from dflite.native.rdb.snapshot import Snapshot
from tests.support.node import Node, NodeClient


def test_the_keys_of_a_request_are_written_at_once(node: Node, client: NodeClient) -> None:
    client.run("MSET a before b before")
    snapshot = Snapshot(node.keyspace.tables)
    assert snapshot.keys == 0
    save_before(node.db, [b"PING"])
    assert snapshot.keys == 0
    save_before(node.db, [b"APPEND", b"a", b"more"])
    assert snapshot.keys == 2  # both are in one segment
    assert b"before" in snapshot.take()
    snapshot.close()


def test_commands_do_so_while_a_snapshot_is_written(node: Node, client: NodeClient) -> None:
    client.run("SET a before")
    client.run("APPEND a !")
    node.executor.saving = True
    snapshot = Snapshot(node.keyspace.tables)
    client.run("GET a")
    assert snapshot.keys == 0
    client.run("APPEND a more")
    assert snapshot.keys == 1
    data = snapshot.take()
    assert b"before!" in data
    assert b"more" not in data
    snapshot.close()


def test_keys_that_are_not_there_are_remembered_for_writers_only(node: Node) -> None:
    client = node.client()
    client.run("SET a 1")
    notifications = node.executor.notifications
    note_absent(notifications, node.db, [b"GET", b"b"])
    assert not notifications.absent
    note_absent(notifications, node.db, [b"MSET", b"a", b"1", b"b", b"2"])
    assert list(notifications.absent) == [(0, b"b")]
