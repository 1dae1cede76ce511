"""A client's modes and its memory."""

from dflite.engine.client import buffers_memory
from tests.support.node import Node, NodeClient


def test_a_queue_counts_as_the_clients_memory(client: NodeClient) -> None:
    before = client.state.memory()
    client.run("MULTI")
    client.run("SET", "k", "x" * 10_000)
    assert client.state.memory() - before >= 10_000
    client.run("DISCARD")
    assert client.state.queue_bytes == 0


def test_a_broken_transaction_keeps_no_requests(client: NodeClient) -> None:
    client.run("MULTI")
    client.run("SET", "k", "x" * 10_000)
    client.run("NOSUCH")
    client.run("SET", "k", "x" * 10_000)
    assert client.state.queue_bytes == 0
    assert client.state.queue == []


def test_buffers_are_given_back_when_clients_go(node: Node) -> None:
    before = buffers_memory()
    clients = [node.client() for _ in range(10)]
    for client in clients:
        client.conn.feed(b"*2\r\n$3\r\nGET\r\n$100000\r\n" + b"x" * 50_000)
    assert buffers_memory() - before >= 500_000
    assert all(client.state.memory() >= 50_000 for client in clients)
    for client in clients:
        client.disconnect()
    assert buffers_memory() == before
