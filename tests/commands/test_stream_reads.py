"""XREAD and XREADGROUP, at once and waiting."""

import pytest

from dflite.base.errors import (
    BadSyntax,
    CommandError,
    NegativeTimeout,
    TimeoutNotAnInteger,
    TimeoutOutOfRange,
    WrongType,
)
from dflite.base.stream_errors import (
    GroupOnlyInReadgroup,
    InvalidStreamId,
    MeaninglessId,
    MissingGroup,
    NewMessagesOnlyInReadgroup,
    NoackOnlyInReadgroup,
    NoStreamOrGroup,
    UnbalancedStreams,
)
from tests.support.node import START_MS, WAITING, Node, NodeClient

WHERE = b" in XREADGROUP with GROUP option"
GONE = NoStreamOrGroup(b"s", b"g", WHERE)


def entry(number: int) -> list[object]:
    return [b"%d-0" % number, [b"n", b"%d" % number]]


def fill(client: NodeClient, *numbers: int, key: str = "s") -> None:
    for n in numbers:
        client.run(f"XADD {key} {n} n {n}")


def test_what_is_behind_an_id(client: NodeClient) -> None:
    fill(client, 1, 2, 3)
    fill(client, 7, key="t")
    assert client.run("XREAD COUNT 2 STREAMS s 0") == [[b"s", [entry(1), entry(2)]]]
    assert client.run("XREAD STREAMS s t none 2 0 0") == [[b"s", [entry(3)]], [b"t", [entry(7)]]]
    assert client.run("XREAD STREAMS s $") is None
    assert client.run("XREAD STREAMS s +") == [[b"s", [entry(3)]]]
    assert client.run("XREAD STREAMS none +") is None


def test_a_map_in_resp3(node: Node) -> None:
    client = node.client(resp3=True)
    fill(client, 1)
    client.run("XGROUP CREATE s g 0")
    assert client.run("XREAD STREAMS s 0") == {b"s": [entry(1)]}
    assert client.run("XREADGROUP GROUP g alice STREAMS s >") == {b"s": [entry(1)]}
    assert client.run("XREADGROUP GROUP g alice STREAMS s >") is None


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("XREAD STREAMS s t 0", UnbalancedStreams(b"xread", b"$")),
        ("XREADGROUP GROUP g a STREAMS s t 0", UnbalancedStreams(b"xreadgroup", b">")),
        ("XREAD COUNT 1 s 0", BadSyntax),
        ("XREAD COUNT 1 COUNT", BadSyntax),
        ("XREAD NOACK STREAMS s 0", NoackOnlyInReadgroup),
        ("XREAD GROUP g a STREAMS s 0", GroupOnlyInReadgroup),
        ("XREADGROUP NOACK NOACK NOACK STREAMS s 0", MissingGroup),
        ("XREAD STREAMS s >", NewMessagesOnlyInReadgroup),
        ("XREAD STREAMS s x", InvalidStreamId),
        ("XREAD BLOCK -1 STREAMS s 0", NegativeTimeout),
        ("XREAD BLOCK 1.5 STREAMS s 0", TimeoutNotAnInteger),
        ("XREAD BLOCK 9223372036854775807 STREAMS s 0", TimeoutOutOfRange),
        ("XREADGROUP GROUP g a STREAMS s >", GONE),
        ("XREADGROUP GROUP h a STREAMS t >", NoStreamOrGroup(b"t", b"h", WHERE)),
        ("XREADGROUP GROUP g a STREAMS t $", MeaninglessId(b"$")),
        ("XREADGROUP GROUP g a STREAMS t +", MeaninglessId(b"+")),
        ("XREADGROUP GROUP g a STREAMS t x", InvalidStreamId),
    ],
)
def test_what_is_refused(
    client: NodeClient, request_: str, error: CommandError | type[CommandError]
) -> None:
    client.run("XGROUP CREATE t g 0 MKSTREAM")
    reply = client.run(request_)
    assert reply == (error if isinstance(error, type) else error.wire())


def test_waiting_for_an_entry(node: Node, client: NodeClient) -> None:
    fill(client, 1)
    reader = node.client()
    assert reader.run("XREAD BLOCK 0 STREAMS s t $ 0") is WAITING
    fill(client, 2)
    assert reader.read() == [[b"s", [entry(2)]]]
    assert reader.run("XREAD BLOCK 100 STREAMS s $") is WAITING
    node.advance(100)
    assert reader.read() is None


def test_all_that_came_in_one_step_is_answered(node: Node, client: NodeClient) -> None:
    reader = node.client(resp3=True)
    assert reader.run("XREAD BLOCK 0 STREAMS s t 0 0") is WAITING
    client.run_all("MULTI", "XADD s 1 n 1", "XADD t 1 n 1", "XADD s 2 n 2", "EXEC")
    assert reader.read() == {b"s": [entry(1), entry(2)], b"t": [entry(1)]}


def test_the_last_entry_is_looked_up_when_it_comes(node: Node, client: NodeClient) -> None:
    fill(client, 1)
    client.run("XDEL s 1")
    reader = node.client()
    assert reader.run("XREAD BLOCK 0 STREAMS s +") is WAITING
    client.run_all("MULTI", "XADD s 2-0 n 2", "XADD s 2-1 n 2", "EXEC")
    assert reader.read() == [[b"s", [[b"2-1", [b"n", b"2"]]]]]


@pytest.mark.parametrize("how", ["RENAME t s", "COPY t s", "SWAPDB 0 1"])
def test_a_stream_that_turns_up_serves_too(node: Node, client: NodeClient, how: str) -> None:
    if how.startswith("SWAPDB"):
        client.run("SELECT 1")
        fill(client, 1)
        client.run("SELECT 0")
    fill(client, 1, key="t")
    reader = node.client()
    assert reader.run("XREAD BLOCK 0 STREAMS s 0") is WAITING
    client.run("SET s x")
    client.run("DEL s")
    assert reader.read() is WAITING
    client.run(how)
    assert reader.read() == [[b"s", [entry(1)]]]


def test_an_entry_that_went_in_the_same_step_serves_nobody(node: Node, client: NodeClient) -> None:
    reader = node.client()
    assert reader.run("XREAD BLOCK 0 STREAMS s 0") is WAITING
    client.run_all("MULTI", "XADD s 1 n 1", "DEL s", "EXEC")
    assert reader.read() is WAITING
    assert reader.run_all() == []
    client.run("SET t x")
    reader = node.client()
    assert reader.run("XREAD BLOCK 0 STREAMS s t 0 0") == WrongType


def test_nobody_waits_within_multi(client: NodeClient) -> None:
    replies = client.run_all("MULTI", "XREAD BLOCK 0 STREAMS s 0", "EXEC")
    assert replies[-1] == [None]


# -- groups ----------------------------------------------------------------------------------------


def test_each_entry_goes_to_one_consumer(node: Node, client: NodeClient) -> None:
    fill(client, 1, 2, 3)
    client.run("XGROUP CREATE s g 0")
    node.take_journal()
    assert client.run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >") == [
        [b"s", [entry(1), entry(2)]]
    ]
    assert node.take_journal() == [
        "XGROUP CREATECONSUMER s g alice",
        f"XCLAIM s g alice 0 1-0 TIME {START_MS} RETRYCOUNT 1 FORCE JUSTID LASTID 2-0",
        f"XCLAIM s g alice 0 2-0 TIME {START_MS} RETRYCOUNT 1 FORCE JUSTID LASTID 2-0",
        "XGROUP SETID s g 2-0 ENTRIESREAD 2",
    ]
    assert client.run("XREADGROUP GROUP g bob STREAMS s >") == [[b"s", [entry(3)]]]
    assert client.run("XREADGROUP GROUP g bob STREAMS s >") is None
    assert client.run("XREADGROUP GROUP g alice STREAMS s 1") == [[b"s", [entry(2)]]]
    client.run("XDEL s 2")
    assert client.run("XREADGROUP GROUP g alice STREAMS s 0") == [
        [b"s", [entry(1), [b"2-0", None]]]
    ]
    assert client.run("XPENDING s g - + 9 alice") == [
        [b"1-0", b"alice", 0, 2],
        [b"2-0", b"alice", 0, 2],
    ]


def test_without_acknowledgement_nothing_is_pending(node: Node, client: NodeClient) -> None:
    fill(client, 1, 2)
    client.run("XGROUP CREATE s g 0")
    node.take_journal()
    client.run("XREADGROUP GROUP g alice NOACK STREAMS s >")
    assert node.take_journal() == [
        "XGROUP CREATECONSUMER s g alice",
        "XGROUP SETID s g 2-0 ENTRIESREAD 2",
    ]
    assert client.run("XPENDING s g") == [0, None, None, None]


def test_a_stream_that_is_named_twice(client: NodeClient) -> None:
    fill(client, 1, 2, 3)
    client.run("XGROUP CREATE s g 0")
    reply = client.run("XREADGROUP GROUP g alice COUNT 2 STREAMS s s s > > >")
    assert reply == [[b"s", [entry(1), entry(2)]], [b"s", [entry(3)]]]


def test_consumers_are_served_in_order_of_arrival(node: Node, client: NodeClient) -> None:
    client.run("XGROUP CREATE s g 0 MKSTREAM")
    alice, bob = node.client(), node.client()
    assert alice.run("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >") is WAITING
    assert bob.run("XREADGROUP GROUP g bob BLOCK 0 STREAMS s >") is WAITING
    fill(client, 1)
    assert alice.read() == [[b"s", [entry(1)]]]
    assert bob.read() is WAITING
    fill(client, 2)
    assert bob.read() == [[b"s", [entry(2)]]]


@pytest.mark.parametrize(
    "how", ["DEL s", "XGROUP DESTROY s g", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "RENAME s t"]
)
def test_when_the_group_goes_its_readers_are_told(node: Node, client: NodeClient, how: str) -> None:
    client.run("XGROUP CREATE s g 0 MKSTREAM")
    reader = node.client()
    assert reader.run("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >") is WAITING
    client.run(how)
    assert reader.read() == GONE.wire()
    node.executor.blocking.check()


def test_when_the_stream_becomes_something_else_they_are_told(
    node: Node, client: NodeClient
) -> None:
    client.run("XGROUP CREATE s g 0 MKSTREAM")
    reader = node.client()
    assert reader.run("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >") is WAITING
    client.run("SET s x")
    assert reader.read() == WrongType


def test_the_lane_writes_on_while_a_group_waits(node: Node, client: NodeClient) -> None:
    client.run("XGROUP CREATE s g 0 MKSTREAM")
    reader = node.client()
    reader.run("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >")
    assert node.executor.blocking.await_strings == 0


def test_a_new_position_wakes_nobody(node: Node, client: NodeClient) -> None:
    fill(client, 1)
    client.run("XGROUP CREATE s g $")
    reader = node.client()
    assert reader.run("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >") is WAITING
    client.run("XGROUP SETID s g 0")
    assert reader.read() is WAITING
    fill(client, 2)
    assert reader.read() == [[b"s", [entry(1), entry(2)]]]
