"""A client's line."""

from dflite.engine.client_line import describe
from tests.support.node import Node


def test_a_line_tells_who_the_client_is() -> None:
    node = Node()
    client = node.client()
    client.run("CLIENT SETNAME me")
    line = describe(node.executor, client.state, [b"PING", b"hello"]).decode()
    assert line.startswith(f"id={client.id} addr=127.0.0.1:")
    assert " name=me " in line
    assert " argv-mem=9 " in line
    assert " user=default " in line
    assert line.endswith("\n")


def test_a_users_name_may_be_any_bytes() -> None:
    node = Node()
    admin = node.client()
    admin.run(b"ACL", b"SETUSER", b"\xff", b"on", b"nopass")
    client = node.client()
    client.run(b"AUTH", b"\xff", b"x")
    assert b" user=\xff " in describe(node.executor, client.state)
