"""REPLICAOF: what it takes, and what it tells the node."""

from dflite.base.errors import WrongArity
from dflite.base.replication_errors import BadPrimaryHost, BadPrimaryPort, FollowsItself
from tests.support.node import Node, NodeClient


def test_a_node_is_followed(node: Node, client: NodeClient) -> None:
    assert client.run("REPLICAOF example.org 6380") == "OK"
    assert node.host.following == ("example.org", 6380)
    assert client.run("replicaof example.org 6380") == "OK Already connected to specified master"
    assert client.run("SLAVEOF other 1") == "OK"
    assert node.host.following == ("other", 1)


def test_nobody_is_followed(node: Node, client: NodeClient) -> None:
    client.run("REPLICAOF example.org 6380")
    assert client.run("REPLICAOF no oNe") == "OK"
    assert node.host.following is None
    assert client.run("SLAVEOF NO ONE") == "OK"


def test_what_is_no_address_is_refused(node: Node, client: NodeClient) -> None:
    assert client.run("REPLICAOF host port") == BadPrimaryPort
    assert client.run("REPLICAOF host 65536") == BadPrimaryPort
    assert client.run("REPLICAOF host -1") == BadPrimaryPort
    for host in ("", "a b", "h\nmaxclients 7\n#", "a\0", "x" * 300, "a..b", b"\xff"):
        assert client.run("REPLICAOF", host, "6379") == BadPrimaryHost
    assert client.run("REPLICAOF host") == WrongArity(b"replicaof")
    assert client.run("REPLICAOF host 1 2") == WrongArity(b"replicaof")
    assert node.host.following is None


def test_whoever_hands_over_follows_nobody_else(node: Node, client: NodeClient) -> None:
    node.executor.replication.failover = "waiting-for-sync"
    text = "ERR REPLICAOF not allowed while failing over."
    assert client.run("REPLICAOF 127.0.0.1 1") == text
    assert client.run("REPLICAOF NO ONE") == text
    assert node.host.following is None


def test_nobody_follows_himself(node: Node, client: NodeClient) -> None:
    node.host.own_place = ("127.0.0.1", 6379)
    assert client.run("REPLICAOF 127.0.0.1 6379") == FollowsItself
    assert node.host.following is None
