"""Messages to many connections, and patterns that match a name."""

from dflite.native.base.bytesops import glob_match
from dflite.native.wire.audience import fan_out, matching
from tests.support.node import Node


def test_a_message_is_laid_behind_each_reply() -> None:
    node = Node()
    clients = [node.client(resp3=bool(n % 2)) for n in range(4)]
    audience = {client.conn: None for client in clients}
    clients[0].conn.reply.ok()
    assert fan_out(audience, b"1\r\n:1\r\n") is None
    node.pump()
    assert [client.take() for client in clients] == [
        b"+OK\r\n*1\r\n:1\r\n",
        b">1\r\n:1\r\n",
        b"*1\r\n:1\r\n",
        b">1\r\n:1\r\n",
    ]


def test_one_may_be_left_out_and_who_is_going_is() -> None:
    node = Node()
    clients = [node.client() for _ in range(3)]
    clients[1].conn.close_after_reply()
    fan_out({client.conn: None for client in clients}, b"0\r\n", clients[0].conn)
    assert [client.conn.unsent for client in clients] == [0, 0, 4]


def test_who_leaves_too_much_unread_is_named() -> None:
    node = Node()
    clients = [node.client() for _ in range(3)]
    node.limits.output_buffer = 10
    clients[1].conn.reply.raw(b"+1234567\r\n")
    flooded = fan_out({client.conn: None for client in clients}, b"0\r\n")
    assert flooded == [clients[1].conn]


def test_long_messages_are_whole() -> None:
    node = Node()
    client = node.client()
    message = b"1\r\n$1000000\r\n" + b"x" * 1_000_000 + b"\r\n"
    for _ in range(3):
        fan_out({client.conn: None}, message)
    assert client.take() == (b"*" + message) * 3


def test_matching_keeps_the_order_of_the_patterns() -> None:
    patterns = {b"*": 1, b"a": 2, b"[b-z]*": 3, b"?": 4, b"": 5}
    for name in (b"a", b"b", b"", b"bc"):
        expected = [pattern for pattern in patterns if glob_match(pattern, name)]
        assert matching(patterns, name) == expected
    assert matching({}, b"a") == []
