"""REPLCONF, PSYNC, SYNC and ROLE: what a replica may say, and when it goes on from where it was."""

import pytest

from dflite.base.errors import BadSyntax, NotAnInteger
from dflite.base.replication_errors import NoPrimaryLink
from dflite.engine.replication import CIRCLE_MS, GREETING, ONLINE, REPLICAS, SENT, PrimaryLink
from tests.support.node import Node, NodeClient


def test_a_replica_introduces_itself(node: Node, client: NodeClient) -> None:
    assert client.run("REPLCONF listening-port 6380 ip-address 10.0.0.7") == "OK"
    assert client.run("REPLCONF capa EOF capa psync2 version 9.1.2") == "OK"
    assert client.run("REPLCONF rdb-only 1") == "OK"
    (replica,) = node.executor.replication.replicas.values()
    assert (replica.ip, replica.port, replica.version) == ("10.0.0.7", 6380, 0x090102)
    assert replica.capabilities == {"eof", "psync2"}
    assert replica.only_snapshot
    assert replica.state == GREETING
    assert node.executor.replication.attached() == []


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("REPLCONF a", BadSyntax),
        ("REPLCONF foo bar", "ERR Unrecognized REPLCONF option: foo"),
        ("REPLCONF listening-port x", NotAnInteger),
        ("REPLCONF rdb-only x", NotAnInteger),
        ("REPLCONF version 7", "ERR Unrecognized version format: 7"),
        ("REPLCONF version 7.x.1", "ERR Unrecognized version format: 7.x.1"),
        ("REPLCONF rdb-filter-only x", "ERR Unsupported rdb-filter-only option: x"),
        (
            "REPLCONF ip-address " + "a" * 300,
            "ERR REPLCONF ip-address provided by replica instance is too long: 300 bytes",
        ),
        ("PSYNC ? x", NotAnInteger),
    ],
)
def test_what_makes_no_sense_is_refused(client: NodeClient, line: str, error: object) -> None:
    assert client.run(line) == error


def test_nothing_answers_an_acknowledgement(client: NodeClient) -> None:
    client.send("REPLCONF ACK 100")
    client.send("REPLCONF GETACK *")
    assert client.run("PING") == "PONG"


def test_who_comes_back_goes_on_where_it_was(node: Node) -> None:
    replication = node.executor.replication
    replication.want_stream(REPLICAS, True)
    client = node.client()
    client.run("SET k v")
    offset = replication.offset
    client.run("SET k w")
    replica = node.client()
    replica.run("REPLCONF capa psync2 listening-port 1")
    assert replica.run(f"PSYNC {replication.id} {offset + 1}") == f"CONTINUE {replication.id}"
    assert replication.synced_partially == 1
    (state,) = replication.online()
    assert state.cursor is not None
    assert state.cursor.position == offset
    assert state.conn.source is not None
    assert state.conn.source()
    assert bytes(state.conn.reply.take()).endswith(b"$3\r\nSET\r\n$1\r\nk\r\n$1\r\nw\r\n")
    assert not state.conn.source()
    assert f"id={state.id} " in str(client.run("CLIENT LIST TYPE replica"))
    assert client.run("ROLE") == [
        b"master", replication.offset, [[state.ip.encode(), b"1", b"%d" % offset]],
    ]  # fmt: skip


def test_dragonfly_never_goes_on_where_it_was(node: Node) -> None:
    replication = node.executor.replication
    replication.want_stream(REPLICAS, True)
    node.client().run("SET k v")
    replica = node.client()
    assert replica.run("REPLCONF capa eof capa psync2") == "OK"
    assert replica.run("REPLCONF capa dragonfly") == "OK"
    replica.send(f"PSYNC {replication.id} {replication.offset}")
    (asking,) = node.host.asking_for_sync
    assert asking.id == replica.id
    assert (replication.synced_partially, replication.refused_partially) == (0, 1)
    assert any("not accepted: Dragonfly" in text for _, text in node.host.logged)


@pytest.mark.parametrize("line", ["PING", "GET k", "XINFO HELP", "NOSUCH"])
def test_no_answer_gets_into_the_stream(node: Node, line: str) -> None:
    replication = node.executor.replication
    replication.want_stream(REPLICAS, True)
    replica = node.client()
    replica.run(f"PSYNC {replication.id} {replication.offset + 1}")
    replica.send("REPLCONF ACK 1")
    (state,) = replication.online()
    replica.send(line)
    assert state.conn.closing or state.conn.closed
    assert state.conn.reply.take() == b""
    assert replication.online() == []
    assert any("Replica generated a reply to command" in text for _, text in node.host.logged)


@pytest.mark.parametrize(
    ("history", "ahead"),
    [("?", 0), ("f" * 40, 0), ("same", 1), ("same", -1_000_000), ("same", -(1 << 63) + 10)],
)
def test_who_cannot_go_on_gets_everything(node: Node, history: str, ahead: int) -> None:
    replication = node.executor.replication
    replication.want_stream(REPLICAS, True)
    node.client().run("SET k v")
    replica = node.client()
    name = replication.id if history == "same" else history
    replica.send(f"PSYNC {name} {replication.offset + 1 + ahead}")
    (asking,) = node.host.asking_for_sync
    assert asking.id == replica.id
    assert replication.synced_fully == 1
    assert replication.refused_partially == (history != "?")
    replica.send("SYNC")  # it is one already
    assert node.host.asking_for_sync == [asking]


def test_a_replica_is_online_when_it_says_that_it_has_its_snapshot(node: Node) -> None:
    replication = node.executor.replication
    client = node.client()
    client.send("PSYNC ? -1")
    (replica,) = node.host.asking_for_sync
    replica.state = SENT
    replica.cursor = node.executor.backlog.cursor(replication.offset)
    client.send("REPLCONF ACK 0")
    assert replica.state == ONLINE
    client.send("REPLCONF ACK 12 FACK 9")
    assert (replica.acked, replica.acked_file) == (12, 9)
    client.disconnect()
    assert replication.replicas == {}
    node.executor.backlog.check()


def test_who_is_followed_does_not_follow_in_turn(node: Node) -> None:
    link = PrimaryLink("db1", 6380, 0)
    link.ip, link.state = "10.0.0.7", "connected"
    node.executor.replication.primary = link
    for ip, is_in_circle in (
        ("10.0.0.7", True),
        ("DB1", False),
        ("db1", True),
        ("10.0.0.8", False),
    ):
        client = node.client()
        client.run(f"REPLCONF listening-port 6380 ip-address {ip}")
        answer = client.run("PSYNC ? -1")
        assert (answer == NoPrimaryLink) is is_in_circle, ip


def test_a_circle_is_told_once_the_other_one_has_remained_a_replica(
    node: Node, client: NodeClient
) -> None:
    link = PrimaryLink("db1", 6380, node.clock.now_ms)
    node.executor.replication.primary = link
    client.run("REPLCONF listening-port 6380 ip-address db1")

    def asked() -> int:
        assert client.run("PSYNC ? -1") == NoPrimaryLink
        return sum("they follow each other" in text for _, text in node.host.logged)

    assert asked() == 0  # it asks before it is handed over to
    link.linkless_since_ms = node.clock.now_ms  # it has no primary, it says
    assert asked() == 0
    node.advance(CIRCLE_MS)
    assert [asked(), asked()] == [1, 1]


def test_nobody_follows_a_replica_that_has_lost_its_primary(node: Node, client: NodeClient) -> None:
    link = PrimaryLink("127.0.0.1", 7, node.clock.now_ms)
    node.executor.replication.primary = link
    assert client.run("PSYNC ? -1") == NoPrimaryLink
    assert client.run("ROLE") == [b"slave", b"127.0.0.1", 7, b"connect", -1]
    link.state = "connected"
    assert client.run("ROLE") == [b"slave", b"127.0.0.1", 7, b"connected", 0]
    client.send("PSYNC ? -1")
    assert len(node.host.asking_for_sync) == 1
