"""FAILOVER and REPLTAKEOVER: what they take, what they refuse, whom they ask."""

import pytest

from dflite.base.errors import BadSyntax, NotAnInteger, NotPositive
from dflite.base.replication_errors import FailoverOnReplica, GivenUp, TimeoutNotPositive
from dflite.engine.replication import PrimaryLink
from tests.support.node import WAITING, Node, NodeClient


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("FAILOVER", (None, False, 0)),
        ("FAILOVER TIMEOUT 500", (None, False, 500)),
        ("FAILOVER TO 10.0.0.1 6380", (("10.0.0.1", 6380), False, 0)),
        ("failover to h 1 force timeout 9", (("h", 1), True, 9)),
        ("FAILOVER ABORT", (None, False, -1)),
    ],
)
def test_forms(node: Node, client: NodeClient, line: str, asked: object) -> None:
    assert client.run(line) == "OK"
    assert node.host.failovers == [asked]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("FAILOVER TIMEOUT 0", TimeoutNotPositive),
        ("FAILOVER TIMEOUT x", NotAnInteger),
        ("FAILOVER TIMEOUT", BadSyntax),
        ("FAILOVER TO h", BadSyntax),
        ("FAILOVER TO h p", NotAnInteger),
        ("FAILOVER FORCE FORCE", BadSyntax),
        ("FAILOVER ABORT now", BadSyntax),
        ("REPLTAKEOVER 0", NotPositive),
        ("REPLTAKEOVER x", NotAnInteger),
        ("REPLTAKEOVER 1 NOW", BadSyntax),
        ("REPLTAKEOVER 1 SAVE NOW", BadSyntax),
    ],
)
def test_bad_forms(node: Node, client: NodeClient, line: str, error: type) -> None:
    assert client.run(line) == error
    assert node.host.failovers == []


def test_a_replica_hands_nothing_over_but_may_take_over(node: Node, client: NodeClient) -> None:
    assert client.run("REPLTAKEOVER 5") == "OK"  # as Dragonfly says; the log says why
    assert node.host.logged[-1] == ("notice", "REPLTAKEOVER: this node is the primary already")
    node.executor.replication.primary = PrimaryLink("h", 1, 0)
    assert client.run("FAILOVER") == FailoverOnReplica
    assert client.run("REPLTAKEOVER 5 SAVE") is WAITING
    seconds, save, done = node.host.takeovers[0]
    assert (seconds, save) == (5, True)
    done("no link")
    node.pump()
    assert client.read() == "ERR Couldn't execute takeover: no link"
    client.send("REPLTAKEOVER 5")
    node.host.takeovers[1][2]("")
    node.pump()
    assert client.read() == "OK"


def test_a_primary_hands_over_only_to_who_follows_its_history(
    node: Node, client: NodeClient
) -> None:
    replication = node.executor.replication
    text = f"PSYNC {replication.id} 1 FAILOVER"
    assert client.run(text) == "ERR PSYNC FAILOVER can't be sent to a master."
    replication.primary = PrimaryLink("h", 1, 0)
    node.host.following = ("h", 1)
    other = "f" * 40
    assert client.run(f"PSYNC {other} 1 FAILOVER") == (
        "ERR PSYNC FAILOVER replid must match my replid."
    )
    assert node.host.following == ("h", 1)


def test_a_takeover_that_was_given_up_does_not_come_about_later(
    node: Node, client: NodeClient
) -> None:
    replication = node.executor.replication
    replication.primary = PrimaryLink("h", 1, 0)
    node.host.following = ("h", 1)
    replication.takeover_given_up = True
    text = f"PSYNC {replication.id} 1 FAILOVER"
    assert client.run(text) == GivenUp
    assert node.host.following == ("h", 1)
    assert not replication.takeover_given_up  # the next one is another's
