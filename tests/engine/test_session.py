"""What a connection calls: requests, lines, HTTP, errors, its end."""

import pytest

from dflite.base.errors import CommandError
from dflite.engine.args import Args
from dflite.engine.command import COMMANDS, FAST, Family
from dflite.engine.context import Context
from tests.support.node import Node, NodeClient


def levels(node: Node) -> list[str]:
    return [level for level, _ in node.host.logged]


def test_a_line_is_a_request_too(client: NodeClient) -> None:
    assert client.raw(b"SET k 'a b'\r\nGET k\r\n") == b"+OK\r\n$3\r\na b\r\n"


def test_http_is_answered_once_and_closes(client: NodeClient) -> None:
    answer = client.raw(b"GET /healthz HTTP/1.1\r\nHost: here\r\nSET: k\r\n\r\n")
    assert answer == b"HTTP/1.1 200 GET /healthz\r\n\r\n"
    assert client.closed


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1", b"post / HTTP/1.1", b"Host: localhost"])
def test_a_browser_that_is_made_to_talk_to_us_is_cut_off(
    node: Node, client: NodeClient, line: bytes
) -> None:
    assert client.raw(line + b"\r\nSET k v\r\n") == b""
    assert client.closed
    assert levels(node) == ["warning"]
    assert node.client().run("GET k") is None


def test_a_key_may_look_like_a_path(client: NodeClient) -> None:
    assert client.raw(b"GET /healthz\r\n") == b"$-1\r\n"
    assert client.run("GET", "/", "HTTP/1.1") != "OK"
    assert not client.closed


def test_protocol_errors_are_said_counted_and_the_end(node: Node, client: NodeClient) -> None:
    assert client.raw(b"PING\r\n*1\r\n:1\r\n") == (
        b"+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n"
    )
    assert client.closed
    assert node.executor.errors == {"ERR": 1}
    assert node.executor.clients == {}


def test_too_much_input_is_logged_and_the_end(node: Node, client: NodeClient) -> None:
    node.limits.query_buffer = 1000
    assert client.raw(b"*2\r\n$3\r\nGET\r\n$5000\r\n" + b"x" * 2000) == b""
    assert client.closed
    assert "client-query-buffer-limit" in node.host.logged[0][1]


def cmd_broken(ctx: Context, args: Args) -> None:
    ctx.reply.array(3)
    ctx.reply.bulk(b"half an answer")
    raise ZeroDivisionError


def test_a_bug_in_a_command_is_an_error_and_the_client_goes_on(
    node: Node, client: NodeClient
) -> None:
    Family("string").command(
        "TOYBROKEN", arity=1, flags=FAST, since="1.0.0", complexity="O(1)", summary="A toy."
    )(cmd_broken)
    try:
        assert client.run("TOYBROKEN") == CommandError.text
        assert client.run_all("MULTI", "TOYBROKEN", "PING", "EXEC")[-1] == [
            CommandError.text,
            "PONG",
        ]
    finally:
        del COMMANDS[b"TOYBROKEN"], COMMANDS[b"toybroken"]
    assert "ZeroDivisionError" in node.host.logged[0][1]
    assert node.executor.errors == {"ERR": 2}


def test_a_client_that_goes_leaves_nothing(node: Node) -> None:
    for _ in range(3):
        client = node.client()
        client.run_all("WATCH a", "MULTI", "SET a 1")
        client.disconnect()
    executor = node.executor
    assert not executor.clients
    assert not executor.contexts
    assert not executor.watching.watchers
