"""Popping members of sorted sets, and clients that wait for them."""

import pytest

from dflite.base.collection_errors import NoNumberOfKeys, PopCountNotPositive
from dflite.base.errors import BadSyntax, NegativeTimeout, NotPositive, TimeoutNotAFloat, WrongType
from tests.support.node import WAITING, Node, NodeClient
from tests.support.resp import NULL, NULL_ARRAY


def waiting(node: Node, *requests: str) -> list[NodeClient]:
    """A client for each request, which waits."""
    clients = []
    for request in requests:
        client = node.client()
        assert client.run(request) is WAITING
        clients.append(client)
    return clients


# -- popping ---------------------------------------------------------------------------------------


def test_members_are_popped_from_both_ends(client: NodeClient) -> None:
    client.run("ZADD z 1 a 2 b 3 c 4 d")
    assert client.run("ZPOPMIN z") == [b"a", b"1"]
    assert client.run("ZPOPMAX z") == [b"d", b"4"]
    assert client.run("ZPOPMAX z 5") == [b"c", b"3", b"b", b"2"]
    assert client.run("EXISTS z") == 0
    assert client.run("ZPOPMIN z") == []
    assert client.run("ZPOPMIN z 3") == []


def test_resp3_pairs_them_where_there_is_a_count(node: Node, client: NodeClient) -> None:
    client.run("ZADD z 1 a 2 b 3 c")
    three = node.client(resp3=True)
    assert three.run("ZPOPMIN z") == [b"a", 1.0]
    assert three.run("ZPOPMIN z 1") == [[b"b", 2.0]]
    assert three.run("ZPOPMIN z 0") == []


def test_zmpop_pops_from_the_first_there_is(client: NodeClient) -> None:
    client.run_all("ZADD y 1 a 2 b 3 c", "ZADD z 1 x")
    assert client.run("ZMPOP 3 none y z MIN") == [b"y", [[b"a", b"1"]]]
    assert client.run("ZMPOP 2 y z max COUNT 5") == [b"y", [[b"c", b"3"], [b"b", b"2"]]]
    assert client.run("ZMPOP 2 y z MIN") == [b"z", [[b"x", b"1"]]]
    assert client.run_exactly("ZMPOP 2 y z MIN").kind == NULL_ARRAY


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ("ZPOPMIN z -1", NotPositive),
        ("ZPOPMIN z x", NotPositive),
        ("ZPOPMIN z 1 2", BadSyntax),
        ("ZPOPMAX s", WrongType),
        ("ZPOPMAX s 0", WrongType),
        ("ZMPOP 0 z MIN", NoNumberOfKeys),
        ("ZMPOP 2 z MIN", BadSyntax),
        ("ZMPOP 1 z FIRST", BadSyntax),
        ("ZMPOP 1 z MIN COUNT 0", PopCountNotPositive),
        ("ZMPOP 1 z MIN COUNT 1 x", BadSyntax),
        ("ZMPOP 1 z MIN LIMIT 1", BadSyntax),
        ("ZMPOP 2 s z MIN", WrongType),
        ("BZPOPMIN z -1", NegativeTimeout),
        ("BZPOPMAX z x", TimeoutNotAFloat),
        ("BZPOPMIN s z 0", WrongType),
        ("BZMPOP x 1 z MIN", TimeoutNotAFloat),
        ("BZMPOP x 1 z MIN COUNT 0", PopCountNotPositive),
    ],
)
def test_what_is_refused(client: NodeClient, request_: str, error: object) -> None:
    client.run_all("ZADD z 1 a", "SET s x")
    assert client.run(request_) == error
    assert client.run("ZCARD z") == 1


# -- waiting ---------------------------------------------------------------------------------------


def test_what_is_there_is_popped_at_once(node: Node, client: NodeClient) -> None:
    client.run("ZADD z 1 a 2 b 3 c 4 d")
    assert client.run("BZPOPMIN none z 0") == [b"z", b"a", b"1"]
    assert client.run("BZPOPMAX z none 0") == [b"z", b"d", b"4"]
    assert node.client(resp3=True).run("BZPOPMAX z 0") == [b"z", b"c", 3.0]
    assert client.run("BZMPOP 0 1 z MIN COUNT 3") == [b"z", [[b"b", b"2"]]]


def test_who_waits_is_served_in_order_of_arrival(node: Node, client: NodeClient) -> None:
    first, second, third = waiting(
        node, "BZPOPMIN z 0", "BZMPOP 0 2 y z MAX COUNT 2", "BZPOPMAX y z 0"
    )
    assert client.run("ZADD z 1 a 2 b 3 c 4 d") == 4
    assert first.read() == [b"z", b"a", b"1"]
    assert second.read() == [b"z", [[b"d", b"4"], [b"c", b"3"]]]
    assert third.read() == [b"z", b"b", b"2"]
    assert client.run("EXISTS z") == 0


@pytest.mark.parametrize(
    "request_",
    ["ZINCRBY z 1 a", "ZADD z INCR 1 a", "ZUNIONSTORE z 1 y", "ZRANGESTORE z y 0 0", "RENAME y z"],
)
def test_whatever_makes_the_key_ready_serves(node: Node, client: NodeClient, request_: str) -> None:
    client.run("ZADD y 1 a")
    (waiter,) = waiting(node, "BZPOPMIN z 0")
    client.run(request_)
    assert waiter.read() == [b"z", b"a", b"1"]


def test_other_types_serve_nobody(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "BZPOPMIN z 0")
    client.run_all("SET z x", "DEL z", "SADD z a", "DEL z")
    assert waiter.read() is WAITING
    client.run("ZADD z 1 a")
    assert waiter.read() == [b"z", b"a", b"1"]


def test_time_runs_out(node: Node) -> None:
    two, three = node.client(), node.client(resp3=True)
    assert two.run("BZPOPMIN z 1") is WAITING
    assert three.run("BZMPOP 1 1 z MIN") is WAITING
    node.advance(1_000)
    assert two.raw(b"") == b"*-1\r\n"
    assert three.raw(b"") == b"_\r\n"


def test_nobody_waits_within_multi(node: Node, client: NodeClient) -> None:
    client.run_all("MULTI", "BZPOPMIN z 0", "BZMPOP 0 1 z MIN")
    kinds = [reply.kind for reply in client.run_exactly("EXEC").items]
    assert kinds == [NULL_ARRAY, NULL_ARRAY]
    three = node.client(resp3=True)
    three.run_all("MULTI", "BZPOPMIN z 0")
    assert [reply.kind for reply in three.run_exactly("EXEC").items] == [NULL]


def test_a_transaction_serves_when_it_is_over(node: Node, client: NodeClient) -> None:
    (waiter,) = waiting(node, "BZPOPMIN z 0")
    client.run_all("MULTI", "ZADD z 2 b", "ZADD z 1 a", "EXEC")
    assert waiter.read() == [b"z", b"a", b"1"]
    assert client.run("ZRANGE z 0 -1") == [b"b"]


def test_nothing_is_popped_for_a_client_that_has_gone(node: Node, client: NodeClient) -> None:
    gone, stays = waiting(node, "BZPOPMIN z 0", "BZPOPMIN z 0")
    gone.disconnect()
    client.run("ZADD z 1 a 2 b")
    assert stays.read() == [b"z", b"a", b"1"]
    assert client.run("ZCARD z") == 1


def test_the_journal_has_what_was_popped(node: Node, client: NodeClient) -> None:
    client.run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f")
    node.take_journal()
    client.run_all(
        "ZPOPMIN z", "ZPOPMAX z 1", "BZPOPMIN z 0", "BZPOPMAX z 0", "ZMPOP 1 z MIN",
        "BZMPOP 0 1 z MAX COUNT 5", "ZPOPMIN z", "ZMPOP 1 z MIN",
    )  # fmt: skip
    assert node.take_journal() == [
        "ZPOPMIN z", "ZPOPMAX z 1", "ZPOPMIN z", "ZPOPMAX z", "ZPOPMIN z 1", "ZPOPMAX z 1",
    ]  # fmt: skip
    waiting(node, "BZPOPMAX z 0")
    client.run("ZADD z 1 a")
    assert node.take_journal() == ["ZADD z 1 a", "ZPOPMAX z"]
