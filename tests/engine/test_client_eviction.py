"""When clients take too much together, the largest go."""

import pytest

from tests.support.node import Node, NodeClient


@pytest.fixture
def node() -> Node:
    return Node()


def swollen(node: Node, size: int) -> NodeClient:
    """A client with so much of a request sent."""
    client = node.client()
    client.raw(b"*2\r\n$4\r\nECHO\r\n$%d\r\n%b" % (size, b"x" * (size - 1)))
    return client


def test_without_a_bound_nobody_goes(node: Node) -> None:
    swollen(node, 5_000_000)
    assert node.executor.client_eviction.run() == []


def test_the_largest_goes_and_no_more_than_must(node: Node) -> None:
    small, large, medium = [swollen(node, size) for size in (100_000, 4_000_000, 1_500_000)]
    node.executor.client_eviction.bound = 3_000_000
    assert node.executor.client_eviction.run() == [large.state]
    assert large.closed
    assert not small.closed
    assert not medium.closed
    assert node.executor.client_eviction.evicted == 1
    assert node.executor.client_eviction.run() == []


def test_who_is_to_be_spared_is_spared(node: Node) -> None:
    spared = node.client()
    spared.run("CLIENT NO-EVICT ON")
    spared.raw(b"*2\r\n$4\r\nECHO\r\n$4000000\r\n" + b"x" * 3_000_000)
    other = swollen(node, 200_000)
    node.executor.client_eviction.bound = 1_000_000
    assert node.executor.client_eviction.run() == [other.state]
    assert not spared.closed


@pytest.mark.parametrize(
    "request_line", ["WATCH key:{}", "SUBSCRIBE channel:{}", "PSUBSCRIBE p:{}", "SSUBSCRIBE s:{}"]
)
def test_what_a_client_has_registered_counts(node: Node, request_line: str) -> None:
    client = node.client(resp3=True)
    node.executor.client_eviction.bound = 200_000
    for number in range(2000):
        client.send(request_line.format(number))
        if node.executor.client_eviction.run():
            break
    assert client.closed


def test_a_long_queue_counts(node: Node) -> None:
    client = node.client()
    client.run("MULTI")
    node.executor.client_eviction.bound = 500_000
    while not node.executor.client_eviction.run():
        client.run("SET", "k", "x" * 100_000)
    assert client.closed
    assert node.executor.queued_bytes == 0
