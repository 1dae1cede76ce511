"""Out-of-band messages: at once to others, behind the reply to who runs."""

from dflite.engine.client import Client
from dflite.engine.pushes import Pushes
from tests.support.node import Node

HELLO = b"1\r\n$5\r\nhello\r\n"


def test_a_message_is_a_push_in_resp3_and_an_array_in_resp2() -> None:
    node = Node()
    old, new = node.client(), node.client(resp3=True)
    pushes = Pushes(node.executor.kill)
    pushes.to_all({old.conn: old.state, new.conn: new.state}, HELLO)
    node.pump()
    assert old.take() == b"*" + HELLO
    assert new.take() == b">" + HELLO


def test_the_running_client_gets_its_messages_when_they_are_released() -> None:
    node = Node()
    client, other = node.client(resp3=True), node.client()
    pushes = Pushes(node.executor.kill)
    pushes.running = client.state
    pushes.to_all({client.conn: client.state, other.conn: other.state}, HELLO)
    node.pump()
    assert (client.take(), other.take()) == (b"", b"*" + HELLO)
    pushes.said.append(b">0\r\n")
    pushes.running = None
    pushes.release(client.state)
    assert client.take() == b">0\r\n>" + HELLO


def test_who_leaves_too_much_unread_is_reported() -> None:
    node = Node()
    client = node.client()
    node.limits.output_buffer = 20
    flooded: list[Client] = []
    pushes = Pushes(flooded.append)
    pushes.to_one(client.state, HELLO)
    assert flooded == []
    pushes.to_one(client.state, HELLO)
    assert flooded == [client.state]
    pushes.running = client.state
    pushes.to_one(client.state, HELLO)
    pushes.running = None
    pushes.release(client.state)
    assert flooded == [client.state, client.state]


def test_nothing_is_written_to_who_is_going() -> None:
    node = Node()
    client = node.client()
    client.conn.close_after_reply()
    pushes = Pushes(node.executor.kill)
    pushes.to_one(client.state, HELLO)
    pushes.kept.append(HELLO)
    pushes.release(client.state)
    assert client.conn.unsent == 0
