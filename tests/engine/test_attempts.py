"""Those who guess passwords wait; others do not."""

import pytest

from dflite.base.conversation_errors import TooManyAttempts, WrongPass
from dflite.engine.attempts import (
    FORGET_MS,
    FREE,
    MOST_MS,
    PLACES,
    QUEUE_MS,
    address_of,
    is_attempt,
)
from tests.support.node import WAITING, Node, NodeClient


@pytest.fixture
def node() -> Node:
    node = Node()
    node.executor.users.require([b"secret"])
    return node


def from_address(node: Node, addr: str) -> NodeClient:
    client = node.client()
    client.state.addr = addr
    return client


def fail(node: Node, times: int, addr: str = "192.0.2.1:50000") -> NodeClient:
    client = from_address(node, addr)
    for _ in range(times):
        assert client.run("AUTH wrong") == WrongPass
    return client


def test_the_first_failures_cost_nothing(node: Node) -> None:
    assert fail(node, FREE).state.has_waited is False


def test_then_attempts_of_that_address_wait_longer_and_longer(node: Node) -> None:
    fail(node, FREE)
    for wait_ms in (100, 200, 400, 800, 1600, MOST_MS, MOST_MS):
        client = from_address(node, "192.0.2.1:50001")
        assert client.run("AUTH wrong") is WAITING
        node.advance(wait_ms - 1)
        assert client.read_all() == []
        node.advance(1)
        assert client.read_all() == [WrongPass]


def test_a_right_password_waits_too_and_comes_in(node: Node) -> None:
    client = fail(node, FREE)
    assert client.run("HELLO 2 AUTH default secret") is WAITING
    node.advance(100)
    assert len(client.read_all()) == 1
    assert client.run("PING") == "PONG"


def test_what_follows_an_attempt_waits_with_it(node: Node) -> None:
    client = fail(node, FREE)
    client.raw(b"AUTH wrong\r\nAUTH wrong\r\nPING\r\n")
    node.advance(100)
    assert client.conn.held
    node.advance(200)
    assert not client.conn.held


def test_others_are_not_concerned(node: Node) -> None:
    fail(node, FREE)
    assert from_address(node, "192.0.2.2:1").run("AUTH secret") == "OK"
    assert from_address(node, "192.0.2.1:1").run("PING") == "NOAUTH Authentication required."


def test_an_address_is_forgotten_after_a_while(node: Node) -> None:
    client = fail(node, FREE)
    node.advance(FORGET_MS + 1)
    assert client.run("AUTH secret") == "OK"


def test_the_table_of_addresses_is_bounded(node: Node) -> None:
    client = node.client()
    attempts = node.executor.attempts
    for number in range(PLACES + 10):
        client.state.addr = f"10.0.{number // 256}.{number % 256}:1"
        attempts.failed(client.state)
    assert len(attempts.by_address) == PLACES
    assert "10.0.0.0" not in attempts.by_address


def test_it_can_be_switched_off(node: Node) -> None:
    node.executor.attempts.first_ms = 0
    fail(node, FREE + 5)


def test_a_transaction_is_one_attempt(node: Node) -> None:
    client = from_address(node, "192.0.2.1:1")
    client.run("AUTH secret")
    client.run("MULTI")
    for _ in range(FREE + 1):
        client.run("AUTH wrong")
    client.run("AUTH secret")
    assert client.run("EXEC") == [WrongPass] * (FREE + 2)
    client.run("MULTI")
    client.run("AUTH secret")
    assert client.run("EXEC") is WAITING
    node.advance(MOST_MS)
    assert client.read_all() == [["OK"]]


def test_many_connections_of_an_address_wait_one_behind_the_other(node: Node) -> None:
    fail(node, FREE)
    clients = [from_address(node, f"192.0.2.1:{number}") for number in range(3)]
    for client in clients:
        assert client.run("AUTH wrong") is WAITING
    for client in clients:
        node.advance(99)
        assert client.read_all() == []
        node.advance(1)
        assert client.read_all() == [WrongPass]


def test_a_queue_that_is_too_long_takes_no_more(node: Node) -> None:
    fail(node, FREE)
    clients = [from_address(node, f"192.0.2.1:{number}") for number in range(QUEUE_MS // 100)]
    for client in clients:
        assert client.run("AUTH wrong") is WAITING
    late = from_address(node, "192.0.2.1:1")
    assert late.run("AUTH secret") == TooManyAttempts
    assert late.run("PING") == "NOAUTH Authentication required."
    assert from_address(node, "192.0.2.2:1").run("AUTH secret") == "OK"


def test_a_right_password_halves_what_counts(node: Node) -> None:
    client = fail(node, FREE)
    assert client.run("AUTH secret") is WAITING
    node.advance(100)
    assert client.read_all() == ["OK"]
    assert client.run("AUTH wrong") == WrongPass


def test_who_leaves_while_waiting_is_gone(node: Node) -> None:
    client = fail(node, FREE)
    assert client.run("AUTH wrong") is WAITING
    client.conn.abort()
    node.advance(MOST_MS)
    assert client.closed


@pytest.mark.parametrize(
    ("addr", "address"),
    [
        ("192.0.2.1:50000", "192.0.2.1"),
        ("[2001:db8:1:2:3:4:5:6]:50000", "2001:db8:1:2::"),
        ("[2001:db8::1]:50000", "2001:db8::"),
        ("[2001:db8:0:0:1::9]:50000", "2001:db8::"),
        ("[2001:db8:0:1::9]:50000", "2001:db8:0:1::"),
        ("[fe80::1%eth0]:50000", "fe80::"),
        ("[odd]:1", "[odd]"),
        ("[::ffff:192.0.2.1]:50000", "192.0.2.1"),
        ("/run/dflite.sock:0", "/run/dflite.sock"),
    ],
)
def test_an_address_is_a_host_or_a_network(node: Node, addr: str, address: str) -> None:
    assert address_of(from_address(node, addr).state) == address


def test_an_attempt_brings_a_password() -> None:
    assert is_attempt([b"auth", b"x"])
    assert is_attempt([b"HELLO", b"3", b"AUTH", b"u", b"p"])
    assert not is_attempt([b"HELLO", b"3"])
    assert not is_attempt([b"GET", b"AUTH"])
