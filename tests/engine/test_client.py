"""A client's modes, and when the hot lane may answer it."""

import pytest

from tests.support.node import Node, NodeClient


@pytest.fixture
def client() -> NodeClient:
    return Node().client()


@pytest.mark.parametrize(
    ("addr", "local"),
    [
        ("127.0.0.1:5000", True),
        ("127.1.2.3:5000", True),
        ("[::1]:5000", True),
        ("[::ffff:127.0.0.1]:5000", True),
        ("10.0.0.1:5000", False),
        ("[2001:db8::1]:5000", False),
    ],
)
def test_an_address_tells_whether_a_client_is_local(
    client: NodeClient, addr: str, local: bool
) -> None:
    client.state.addr = addr
    assert client.state.is_local() == local


def test_unix_sockets_are_local(client: NodeClient) -> None:
    client.state.addr = "/tmp/socket:0"
    client.state.unix_socket = True
    assert client.state.is_local()


@pytest.mark.parametrize(
    ("enter", "leave"),
    [
        ("MULTI", "DISCARD"),
        ("CLIENT REPLY OFF", "CLIENT REPLY ON"),
        ("CLIENT NO-TOUCH ON", "CLIENT NO-TOUCH OFF"),
        ("MONITOR", "RESET"),
    ],
)
def test_modes_that_the_engine_must_see_keep_the_hot_lane_away(
    client: NodeClient, enter: str, leave: str
) -> None:
    assert client.conn.plain
    client.run(enter)
    assert not client.conn.plain
    client.run(leave)
    assert client.conn.plain


def test_who_is_not_authenticated_is_not_for_the_hot_lane() -> None:
    node = Node()
    node.executor.password = b"secret"
    client = node.client()
    assert not client.conn.plain
    assert client.run("AUTH secret") == "OK"
    assert client.conn.plain


def test_queued_requests_count_as_memory_until_the_transaction_ends(client: NodeClient) -> None:
    before = client.state.memory()
    client.run("MULTI")
    client.run("SET", "k", b"x" * 100_000)
    assert client.state.memory() - before > 100_000
    client.run("DISCARD")
    assert client.state.memory() - before < 100_000
    assert client.state.queue_bytes == 0


def test_a_parked_client_is_held_until_it_is_served() -> None:
    node = Node()
    held, other = node.client(), node.client()
    other.run("CLIENT PAUSE 1000 ALL")
    held.send("GET k")
    assert held.state.is_held()
    node.advance(1000)
    assert not held.state.is_held()
    assert held.read() is None
