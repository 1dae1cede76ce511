"""XCLAIM and XAUTOCLAIM."""

import pytest

from dflite.base.errors import BadSyntax, CommandError, WrongType
from dflite.base.stream_errors import (
    BadClaimArgument,
    InvalidStreamId,
    NoStreamOrGroup,
    UnknownClaimOption,
)
from dflite.base.string_errors import CountNotPositive
from tests.support.node import START_MS, Node, NodeClient


def entry(number: int) -> list[object]:
    return [b"%d-0" % number, [b"n", b"%d" % number]]


@pytest.fixture
def group(node: Node, client: NodeClient) -> NodeClient:
    """Entries 1 to 5, all pending for alice, for a second by now."""
    for n in range(1, 6):
        client.run(f"XADD s {n} n {n}")
    client.run("XGROUP CREATE s g 0")
    client.run("XREADGROUP GROUP g alice STREAMS s >")
    node.advance(1000)
    node.take_journal()
    return client


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("XCLAIM s h bob 0 1", NoStreamOrGroup(b"s", b"h")),
        ("XCLAIM none g bob 0 1", NoStreamOrGroup(b"none", b"g")),
        ("XCLAIM string g bob 0 1", WrongType),
        ("XCLAIM s g bob x 1", BadClaimArgument(b"min-idle-time argument for XCLAIM")),
        ("XCLAIM s g bob 0 1 IDLE x", BadClaimArgument(b"IDLE option argument for XCLAIM")),
        ("XCLAIM s g bob 0 1 TIME x", BadClaimArgument(b"TIME option argument for XCLAIM")),
        (
            "XCLAIM s g bob 0 1 RETRYCOUNT x",
            BadClaimArgument(b"RETRYCOUNT option argument for XCLAIM"),
        ),
        ("XCLAIM s g bob 0 1 LASTID x", InvalidStreamId),
        ("XCLAIM s g bob 0 1 FOO", UnknownClaimOption(b"FOO")),
        ("XCLAIM s g bob 0 1 time", UnknownClaimOption(b"time")),
        ("XAUTOCLAIM s h bob 0 0", NoStreamOrGroup(b"s", b"h")),
        ("XAUTOCLAIM s g bob x 0", BadClaimArgument(b"min-idle-time argument for XAUTOCLAIM")),
        ("XAUTOCLAIM s g bob 0 x", InvalidStreamId),
        ("XAUTOCLAIM s g bob 0 0 COUNT 0", CountNotPositive),
        ("XAUTOCLAIM s g bob 0 0 COUNT x", CountNotPositive),
        ("XAUTOCLAIM s g bob 0 0 FOO", BadSyntax),
        ("XAUTOCLAIM string g bob 0 0", WrongType),
    ],
)
def test_what_is_refused(
    group: NodeClient, request_: str, error: CommandError | type[CommandError]
) -> None:
    group.run("SET string x")
    assert group.run(request_) == (error.wire() if isinstance(error, CommandError) else error)


def test_taking_over(node: Node, group: NodeClient) -> None:
    assert group.run("XCLAIM s g bob 500 1 2 9") == [entry(1), entry(2)]
    now = START_MS + 1000
    assert node.take_journal() == [
        "XGROUP CREATECONSUMER s g bob",
        f"XCLAIM s g bob 0 1-0 TIME {now} RETRYCOUNT 2 FORCE JUSTID LASTID 5-0",
        f"XCLAIM s g bob 0 2-0 TIME {now} RETRYCOUNT 2 FORCE JUSTID LASTID 5-0",
    ]
    assert group.run("XCLAIM s g carol 500 1 3 JUSTID") == [b"3-0"]
    assert group.run("XPENDING s g - + 9") == [
        [b"1-0", b"bob", 0, 2],
        [b"2-0", b"bob", 0, 2],
        [b"3-0", b"carol", 0, 1],
        [b"4-0", b"alice", 1000, 1],
        [b"5-0", b"alice", 1000, 1],
    ]


def test_times_and_counts_may_be_given(group: NodeClient) -> None:
    group.run("XCLAIM s g bob 0 1 IDLE 300 RETRYCOUNT 7")
    group.run(f"XCLAIM s g bob 0 2 TIME {START_MS + 400} RETRYCOUNT -1")
    group.run("XCLAIM s g bob 0 3 TIME 99999999999999")
    assert group.run("XPENDING s g - + 3") == [
        [b"1-0", b"bob", 300, 7],
        [b"2-0", b"bob", 600, 2],
        [b"3-0", b"bob", 0, 2],
    ]


def test_force_takes_what_is_not_pending(node: Node, group: NodeClient) -> None:
    group.run("XACK s g 1 2")
    assert group.run("XCLAIM s g bob 0 1") == []
    assert group.run("XCLAIM s g bob 99999 1 9 FORCE") == [entry(1)]
    assert group.run("XPENDING s g - + 1") == [[b"1-0", b"bob", 0, 2]]


def test_what_was_deleted_is_pending_no_longer(node: Node, group: NodeClient) -> None:
    group.run("XDEL s 1 3")
    node.take_journal()
    assert group.run("XCLAIM s g alice 0 1 2") == [entry(2)]
    assert group.run("XAUTOCLAIM s g bob 0 - COUNT 2") == [b"4-0", [entry(2)], [b"3-0"]]
    assert group.run("XPENDING s g") == [3, b"2-0", b"5-0", [[b"alice", b"2"], [b"bob", b"1"]]]
    old, now = START_MS, START_MS + 1000
    assert node.take_journal() == [
        f"XCLAIM s g alice 0 1-0 TIME {old} RETRYCOUNT 1 FORCE JUSTID LASTID 5-0",
        f"XCLAIM s g alice 0 2-0 TIME {now} RETRYCOUNT 2 FORCE JUSTID LASTID 5-0",
        "XGROUP CREATECONSUMER s g bob",
        f"XCLAIM s g bob 0 2-0 TIME {now} RETRYCOUNT 3 FORCE JUSTID LASTID 5-0",
        f"XCLAIM s g alice 0 3-0 TIME {old} RETRYCOUNT 1 FORCE JUSTID LASTID 5-0",
    ]


def test_a_later_last_id_is_taken_and_journaled(node: Node, group: NodeClient) -> None:
    assert group.run("XCLAIM s g alice 0 9 LASTID 8-0") == []
    assert node.take_journal() == ["XGROUP SETID s g 8-0 ENTRIESREAD 5"]
    assert group.run("XCLAIM s g alice 0 9 LASTID 7-0") == []
    assert node.take_journal() == []


def test_going_through_all_that_is_pending(node: Node, group: NodeClient) -> None:
    assert group.run("XAUTOCLAIM s g bob 500 0 COUNT 3 JUSTID") == [
        b"4-0",
        [b"1-0", b"2-0", b"3-0"],
        [],
    ]
    assert group.run("XAUTOCLAIM s g bob 500 (4-0") == [b"0-0", [entry(5)], []]
    assert group.run("XAUTOCLAIM s g bob 5000 0") == [b"0-0", [], []]
    group.run("XCLAIM s g bob 0 1 2 3 4 5")
    assert group.run("XAUTOCLAIM s g carol 0 0 COUNT 100") == [
        b"0-0",
        [entry(n) for n in range(1, 6)],
        [],
    ]


def test_only_so_many_are_looked_at(client: NodeClient) -> None:
    for n in range(1, 31):
        client.run(f"XADD s {n} n {n}")
    client.run("XGROUP CREATE s g 0")
    client.run("XREADGROUP GROUP g alice STREAMS s >")
    assert client.run("XAUTOCLAIM s g bob 1000 0 COUNT 1") == [b"11-0", [], []]
