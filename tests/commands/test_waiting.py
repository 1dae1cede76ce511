"""WAIT and WAITAOF where nobody has copies."""

import pytest

from dflite.base.conversation_errors import NoAppendOnlyFile, NotBetweenZeroAndOne, Unblocked
from dflite.base.errors import (
    NegativeTimeout,
    NotAnInteger,
    NotPositive,
    TimeoutNotAnInteger,
    TimeoutOutOfRange,
)
from tests.support.node import WAITING, Node, NodeClient


def test_nobody_is_waited_for_at_once(client: NodeClient) -> None:
    assert client.run("WAIT 0 0") == 0
    assert client.run("WAIT -1 0") == 0
    assert client.run("WAITAOF 0 0 0") == [0, 0]


def test_somebody_is_waited_for_until_time_is_up(node: Node, client: NodeClient) -> None:
    assert client.run("WAIT 1 100") is WAITING
    node.advance(99)
    assert client.read() is WAITING
    node.advance(1)
    assert client.read() == 0
    assert client.run("WAITAOF 0 1 5") is WAITING
    node.advance(5)
    assert client.read() == [0, 0]


def test_without_a_timeout_only_unblock_helps(node: Node, client: NodeClient) -> None:
    other = node.client()
    assert client.run("WAIT 1 0") is WAITING
    node.advance(1_000_000)
    assert other.run("CLIENT", "UNBLOCK", str(client.id)) == 1
    assert client.read() == 0
    assert client.run("WAIT 1 0") is WAITING
    assert other.run("CLIENT", "UNBLOCK", str(client.id), "ERROR") == 1
    assert client.read() == Unblocked


def test_a_transaction_waits_for_nobody(client: NodeClient) -> None:
    assert client.run_all("MULTI", "WAIT 1 0", "WAITAOF 0 1 0", "EXEC")[-1] == [0, [0, 0]]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("WAIT x 0", NotAnInteger),
        ("WAIT 1 x", TimeoutNotAnInteger),
        ("WAIT 1 -1", NegativeTimeout),
        ("WAIT 1 9223372036854775807", TimeoutOutOfRange),
        ("WAITAOF x 0 0", NotAnInteger),
        ("WAITAOF 2 0 0", NotBetweenZeroAndOne),
        ("WAITAOF 0 -1 0", NotPositive),
        ("WAITAOF 0 x 0", NotPositive),
        ("WAITAOF 1 0 0", NoAppendOnlyFile),
    ],
)
def test_arguments_are_checked(client: NodeClient, line: str, error: type) -> None:
    assert client.run(line) == error
