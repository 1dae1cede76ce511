"""Replies as long as a request says: whole within the limits, given up beyond them."""

import pytest

from dflite.engine import long_reply
from tests.support.node import Node, NodeClient

FILL = ("SADD s a b", "HSET h a 1 b 2", "ZADD z 1 a 2 b")
DRAWS = ("SRANDMEMBER s", "HRANDFIELD h", "ZRANDMEMBER z")
WITH_VALUES = (("HRANDFIELD h", "WITHVALUES"), ("ZRANDMEMBER z", "WITHSCORES"))


@pytest.fixture
def node() -> Node:
    node = Node()
    client = node.client()
    for line in FILL:
        client.run(line)
    return node


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("count", [1, long_reply.SLICE, 1000])
def test_as_many_are_drawn_as_asked_for(node: Node, draw: str, count: int) -> None:
    drawn = node.client().run(f"{draw} -{count}")
    assert isinstance(drawn, list)
    assert len(drawn) == count
    assert set(drawn) <= {b"a", b"b"}


@pytest.mark.parametrize(("draw", "option"), WITH_VALUES)
def test_values_are_paired_in_resp3(node: Node, draw: str, option: str) -> None:
    flat = node.client().run(f"{draw} -100 {option}")
    assert isinstance(flat, list)
    assert len(flat) == 200
    assert set(flat[::2]) == {b"a", b"b"}
    pairs = node.client(resp3=True).run(f"{draw} -100 {option}")
    assert isinstance(pairs, list)
    assert len(pairs) == 100
    assert {pair[0] for pair in pairs} == {b"a", b"b"}


def cut_off(client: NodeClient) -> bool:
    return client.closed and client.node.executor.closed_for_output == 1


@pytest.mark.parametrize("draw", DRAWS)
def test_a_reply_beyond_the_output_limit_ends_the_connection(node: Node, draw: str) -> None:
    node.limits.output_buffer = 10_000
    client = node.client()
    client.send("PING")
    client.send(f"{draw} -{(1 << 63) - 1}")
    assert cut_off(client)
    assert client.take() == b"+PONG\r\n"
    assert len(client.ctx.reply) == 0
    assert node.client().run("PING") == "PONG"


def test_without_a_limit_there_is_one_yet(node: Node) -> None:
    client = node.client()
    reply = long_reply.LongReply(client.ctx, 1_000_000, most=100_000)
    written = 0
    while reply.next():
        client.ctx.reply.bulk(b"x" * 10_000)
        written += 1
    assert written == 10
    assert cut_off(client)


def test_a_transaction_ends_with_its_connection(node: Node) -> None:
    node.limits.output_buffer = 10_000
    client = node.client()
    for line in ("MULTI", "SET before 1", "SRANDMEMBER s -1000000", "SET after 1", "EXEC"):
        client.send(line)
    assert cut_off(client)
    assert node.client().run("EXISTS before after") == 2
