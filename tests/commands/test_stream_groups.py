"""XGROUP, XACK and XPENDING."""

import pytest

from dflite.base.errors import BadSyntax, CommandError, NotAnInteger, WrongType
from dflite.base.stream_errors import (
    BadEntriesRead,
    GroupExists,
    InvalidStreamId,
    NoStreamOrGroup,
    NoSuchGroup,
    XgroupNeedsKey,
)
from tests.support.node import Node, NodeClient


@pytest.fixture
def group(client: NodeClient) -> NodeClient:
    """Entries 1 to 5, of which alice has got three and bob one."""
    for n in range(1, 6):
        client.run(f"XADD s {n} n {n}")
    client.run("XGROUP CREATE s g 0")
    client.run("XREADGROUP GROUP g alice COUNT 3 STREAMS s >")
    client.run("XREADGROUP GROUP g bob COUNT 1 STREAMS s >")
    return client


def unknown(words: str) -> str:
    return f"ERR unknown subcommand or wrong number of arguments for '{words}'. Try XGROUP HELP."


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("XGROUP CREATE none g 0", XgroupNeedsKey),
        ("XGROUP CREATE s g 0", GroupExists),
        ("XGROUP CREATE s h x", InvalidStreamId),
        ("XGROUP CREATE s h 0 ENTRIESREAD -2", BadEntriesRead),
        ("XGROUP CREATE s h 0 ENTRIESREAD x", NotAnInteger),
        ("XGROUP CREATE s h 0 FOO", unknown("CREATE")),
        ("XGROUP CREATE s h 0 ENTRIESREAD", unknown("CREATE")),
        ("XGROUP create s h 0 MKSTREAM MKSTREAM ENTRIESREAD 1", unknown("create")),
        ("XGROUP SETID s h 0", NoSuchGroup(b"s", b"h")),
        ("XGROUP SETID none h 0", XgroupNeedsKey),
        ("XGROUP SETID s g 0 MKSTREAM", unknown("SETID")),
        ("XGROUP DESTROY none g", XgroupNeedsKey),
        ("XGROUP CREATECONSUMER s h carol", NoSuchGroup(b"s", b"h")),
        ("XGROUP DELCONSUMER s h carol", NoSuchGroup(b"s", b"h")),
        ("XGROUP CREATE string g 0", WrongType),
        ("XACK string g 1", WrongType),
        ("XACK s g x", InvalidStreamId),
        ("XPENDING s h", NoStreamOrGroup(b"s", b"h")),
        ("XPENDING none g", NoStreamOrGroup(b"none", b"g")),
        ("XPENDING s g -", BadSyntax),
        ("XPENDING s g - +", BadSyntax),
        ("XPENDING s g IDLE 5 - +", BadSyntax),
        ("XPENDING s g - + x", NotAnInteger),
        ("XPENDING s g x + 5", InvalidStreamId),
        ("XPENDING s g - + 1 a b c d", BadSyntax),
    ],
)
def test_what_is_refused(
    group: NodeClient, request_: str, error: str | CommandError | type[CommandError]
) -> None:
    group.run("SET string x")
    assert group.run(request_) == (error.wire() if isinstance(error, CommandError) else error)


def test_groups_come_and_go(node: Node, client: NodeClient) -> None:
    assert client.run("XGROUP CREATE s g $ MKSTREAM") == "OK"
    assert client.run("XGROUP CREATE s h 5 ENTRIESREAD 3") == "OK"
    assert client.run("XGROUP SETID s g 7-1") == "OK"
    assert client.run("XGROUP CREATECONSUMER s g alice") == 1
    assert client.run("XGROUP CREATECONSUMER s g alice") == 0
    assert client.run("XGROUP DESTROY s h") == 1
    assert client.run("XGROUP DESTROY s h") == 0
    assert node.take_journal() == [
        "XGROUP CREATE s g $ MKSTREAM",
        "XGROUP CREATE s h 5 ENTRIESREAD 3",
        "XGROUP SETID s g 7-1",
        "XGROUP CREATECONSUMER s g alice",
        "XGROUP DESTROY s h",
    ]
    assert client.run("XLEN s") == 0


def test_a_deleted_consumer_leaves_nothing_pending(group: NodeClient) -> None:
    assert group.run("XGROUP DELCONSUMER s g alice") == 3
    assert group.run("XGROUP DELCONSUMER s g alice") == 0
    assert group.run("XPENDING s g") == [1, b"4-0", b"4-0", [[b"bob", b"1"]]]


def test_acknowledging(node: Node, group: NodeClient) -> None:
    node.take_journal()
    assert group.run("XACK s g 1 2 9 1") == 2
    assert node.take_journal() == ["XACK s g 1 2 9 1"]
    assert group.run("XACK s g 1") == 0
    assert node.take_journal() == []
    assert group.run("XACK s h 1") == 0
    assert group.run("XACK none g 1") == 0
    assert group.run("XPENDING s g") == [2, b"3-0", b"4-0", [[b"alice", b"1"], [b"bob", b"1"]]]


def test_what_is_pending(node: Node, group: NodeClient) -> None:
    node.advance(50)
    group.run("XREADGROUP GROUP g bob STREAMS s >")
    assert group.run("XPENDING s g (1 + 2") == [
        [b"2-0", b"alice", 50, 1],
        [b"3-0", b"alice", 50, 1],
    ]
    assert group.run("XPENDING s g IDLE 0 - + 10 bob") == [
        [b"4-0", b"bob", 50, 1],
        [b"5-0", b"bob", 0, 1],
    ]
    assert group.run("XPENDING s g IDLE 50 4 + 10") == [[b"4-0", b"bob", 50, 1]]
    assert group.run("XPENDING s g - + 10 carol") == []
    assert group.run("XPENDING s g - + -5") == []


def test_changes_of_groups_break_no_watch(node: Node, group: NodeClient) -> None:
    other = node.client()
    group.run("WATCH s")
    for request in ("XGROUP CREATE s h 0", "XGROUP SETID s h 1", "XGROUP DESTROY s h"):
        other.run(request)
    other.run("XACK s g 1")
    other.run("XREADGROUP GROUP g carol STREAMS s >")
    assert group.run_all("MULTI", "PING", "EXEC")[-1] == ["PONG"]
    group.run("WATCH t")
    other.run("XGROUP CREATE t g 0 MKSTREAM")
    assert group.run_all("MULTI", "PING", "EXEC")[-1] is None


def test_help(client: NodeClient) -> None:
    lines = client.run("XGROUP HELP")
    assert isinstance(lines, list)
    assert any(str(line).startswith("CREATECONSUMER") for line in lines)
