"""Elements that move from list to list, and clients that wait for them."""

import pytest

from dflite.base.collection_errors import NoNumberOfKeys, PopCountNotPositive
from dflite.base.errors import (
    BadSyntax,
    NegativeTimeout,
    TimeoutNotAFloat,
    TimeoutOutOfRange,
    WrongType,
)
from tests.support.node import WAITING, Node, NodeClient
from tests.support.resp import NULL, NULL_ARRAY, NULL_BULK


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def node(request: pytest.FixtureRequest) -> Node:
    return Node(shards=request.param)


def waiting(node: Node, *requests: str) -> list[NodeClient]:
    """A client for each request, which waits."""
    clients = []
    for request in requests:
        client = node.client()
        assert client.run(request) is WAITING
        clients.append(client)
    return clients


# -- moving ----------------------------------------------------------------------------------------


def test_an_element_moves_from_end_to_end(client: NodeClient) -> None:
    client.run_all("RPUSH a 1 2 3 4", "RPUSH b x")
    assert client.run("LMOVE a b LEFT RIGHT") == b"1"
    assert client.run("LMOVE a b right left") == b"4"
    assert client.run("RPOPLPUSH a b") == b"3"
    assert client.run("LRANGE b 0 -1") == [b"3", b"4", b"x", b"1"]
    assert client.run("LMOVE a new LEFT LEFT") == b"2"
    assert client.run("EXISTS a") == 0
    assert client.run("LRANGE new 0 -1") == [b"2"]


def test_a_list_is_turned(client: NodeClient) -> None:
    client.run_all("RPUSH a 1 2 3", "EXPIRE a 100")
    assert client.run("RPOPLPUSH a a") == b"3"
    assert client.run("LMOVE a a LEFT LEFT") == b"3"
    assert client.run("LRANGE a 0 -1") == [b"3", b"1", b"2"]
    client.run("LTRIM a 0 0")
    assert client.run("LMOVE a a LEFT RIGHT") == b"3"
    assert client.run("TTL a") == 100


def test_nothing_moves_from_nothing_or_to_another_type(node: Node, client: NodeClient) -> None:
    client.run_all("RPUSH a 1", "SET s x")
    assert client.run("LMOVE none s LEFT LEFT") is None
    assert client.run("LMOVE a s LEFT LEFT") == WrongType
    assert client.run("LRANGE a 0 -1") == [b"1"]
    assert client.run("LMOVE a b UP LEFT") == BadSyntax
    assert client.run_exactly("RPOPLPUSH none a").kind == NULL_BULK


# -- the first of several --------------------------------------------------------------------------


def test_the_first_list_there_is_gives(client: NodeClient) -> None:
    client.run("RPUSH b 1 2 3 4 5")
    assert client.run("LMPOP 2 a b LEFT") == [b"b", [b"1"]]
    assert client.run("LMPOP 2 a b right COUNT 3") == [b"b", [b"5", b"4", b"3"]]
    assert client.run("BLMPOP 0 2 a b LEFT COUNT 9") == [b"b", [b"2"]]
    assert client.run("LMPOP 2 a b LEFT") is None
    client.run("RPUSH b 1 2")
    assert client.run("BLPOP a b 0") == [b"b", b"1"]
    assert client.run("BRPOP a b 0") == [b"b", b"2"]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("LMPOP 0 l LEFT", NoNumberOfKeys),
        ("LMPOP x l LEFT", NoNumberOfKeys),
        ("LMPOP 2 l LEFT", BadSyntax),
        ("LMPOP 9223372036854775807 l LEFT", BadSyntax),
        ("LMPOP 1 l MIDDLE", BadSyntax),
        ("LMPOP 1 l LEFT COUNT", BadSyntax),
        ("LMPOP 1 l LEFT COUNT 0", PopCountNotPositive),
        ("LMPOP 1 l LEFT COUNT 1 COUNT 1", BadSyntax),
        ("LMPOP 1 l LEFT MOST 1", BadSyntax),
        ("BLMPOP x 0 l LEFT", NoNumberOfKeys),
        ("BLMPOP x 1 l MIDDLE", BadSyntax),
        ("BLMPOP x 1 l LEFT", TimeoutNotAFloat),
        ("BLPOP l -1", NegativeTimeout),
        ("BRPOP l x", TimeoutNotAFloat),
        ("BLPOP l 1e300", TimeoutOutOfRange),
        ("BLPOP l 9223372036854775", TimeoutOutOfRange),
        ("BLMOVE l m LEFT MIDDLE x", BadSyntax),
        ("BLMOVE l m LEFT LEFT x", TimeoutNotAFloat),
        ("BRPOPLPUSH l m -0.1", NegativeTimeout),
    ],
)
def test_odd_requests_are_refused(client: NodeClient, line: str, error: type) -> None:
    assert client.run(line) == error


# -- waiting ---------------------------------------------------------------------------------------

WAITS = ("BLPOP q 1", "BRPOP other q 1", "BLMPOP 1 1 q LEFT COUNT 2", "BLMOVE q to LEFT LEFT 1",
         "BRPOPLPUSH q to 1")  # fmt: skip


def test_each_is_served_as_if_it_came_now(node: Node, client: NodeClient) -> None:
    clients = waiting(node, *WAITS)
    assert client.run("RPUSH q 1 2 3 4 5 6 7") == 7
    assert [each.read() for each in clients] == [
        [b"q", b"1"], [b"q", b"7"], [b"q", [b"2", b"3"]], b"4", b"6",
    ]  # fmt: skip
    assert client.run("LRANGE q 0 -1") == [b"5"]
    assert client.run("LRANGE to 0 -1") == [b"6", b"4"]


def test_time_that_is_up_is_a_null_array_for_all(node: Node) -> None:
    clients = waiting(node, *WAITS)
    node.advance(1000)
    assert [each.read() for each in clients] == [None] * 5
    for line in WAITS:
        old, new = node.client(), node.client(resp3=True)
        for client, raw in ((old, b"*-1\r\n"), (new, b"_\r\n")):
            client.send(line)
            node.advance(1000)
            assert client.take() == raw


def test_nobody_waits_within_multi(node: Node) -> None:
    for resp3 in (False, True):
        client = node.client(resp3)
        client.run_all("MULTI", *WAITS)
        reply = client.run_exactly("EXEC")
        bulk = NULL if resp3 else NULL_BULK
        array = NULL if resp3 else NULL_ARRAY
        assert [item.kind for item in reply.items] == [array, array, array, bulk, bulk]


def test_within_multi_what_is_there_is_taken(client: NodeClient) -> None:
    client.run("RPUSH q 1 2 3 4 5 6")
    replies = client.run_all("MULTI", *WAITS, "EXEC")
    assert replies[-1] == [[b"q", b"1"], [b"q", b"6"], [b"q", [b"2", b"3"]], b"4", b"5"]


def test_a_chain_of_waiting_clients_is_served_in_one_go(node: Node, client: NodeClient) -> None:
    first, second, third = waiting(
        node, "BLMOVE a b LEFT LEFT 0", "BLMOVE b c LEFT LEFT 0", "BLPOP c 0"
    )
    client.run("RPUSH a x")
    assert first.read() == second.read() == b"x"
    assert third.read() == [b"c", b"x"]
    assert client.run("DBSIZE") == 0


@pytest.mark.parametrize(
    "lines",
    [
        ["RPUSH other x", "RENAME other q"],
        ["RPUSH other x", "COPY other q"],
        ["RPUSH other x", "LMOVE other q LEFT LEFT"],
        ["RPUSH other x", "RPOPLPUSH other q"],
        ["SELECT 1", "RPUSH q x", "MOVE q 0"],
        ["SELECT 1", "RPUSH q x", "SWAPDB 0 1"],
        ["MULTI", "SET q s", "DEL q", "LPUSH q x", "EXEC"],
    ],
)
def test_whatever_brings_an_element_serves(
    node: Node, client: NodeClient, lines: list[str]
) -> None:
    (waiter,) = waiting(node, "BLPOP q 0")
    client.run_all(*lines)
    assert waiter.read() == [b"q", b"x"]


def test_a_target_of_another_type_is_an_error_that_takes_nothing(
    node: Node, client: NodeClient
) -> None:
    (waiter,) = waiting(node, "BLMOVE q to LEFT LEFT 0")
    client.run_all("SET to s", "RPUSH q x")
    assert waiter.read() == WrongType
    assert client.run("LRANGE q 0 -1") == [b"x"]


def test_an_element_is_not_popped_for_a_client_that_is_gone(node: Node, client: NodeClient) -> None:
    gone, killed, there = waiting(node, "BLPOP q 0", "BLPOP q 0", "BLPOP q 0")
    gone.disconnect()
    client.run(f"CLIENT KILL ID {killed.id}")
    client.run("RPUSH q a b")
    assert there.read() == [b"q", b"a"]
    assert client.run("LRANGE q 0 -1") == [b"b"]


def test_what_was_waited_for_is_journaled_as_what_it_did(node: Node, client: NodeClient) -> None:
    waiting(node, *WAITS)
    client.run("RPUSH q 1 2 3 4 5 6 7")
    assert [step.lines for step in node.steps] == [
        ["RPUSH q 1 2 3 4 5 6 7"],
        ["LPOP q"],
        ["RPOP q"],
        ["LPOP q 2"],
        ["LMOVE q to LEFT LEFT"],
        ["RPOPLPUSH q to"],
    ]


def test_what_did_not_have_to_wait_is_journaled_alike(node: Node, client: NodeClient) -> None:
    client.run("RPUSH q 1 2 3 4 5 6 7")
    node.take_journal()
    for line in (*WAITS, "LMPOP 1 q RIGHT COUNT 9"):
        client.run(line)
    assert node.journal == ["LPOP q", "RPOP q", "LPOP q 2", "LMOVE q to LEFT LEFT",
                            "RPOPLPUSH q to", "RPOP q 1"]  # fmt: skip
