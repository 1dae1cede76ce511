"""HTTP: pages, states and mistakes; conversations with a process stand in tests/wire."""

import pytest

from dflite.server.figures import Figures
from dflite.server.http import path_of, respond
from tests.support.figures import figures_of
from tests.support.node import WAITING, Node


@pytest.fixture
def figures(node: Node) -> Figures:
    return figures_of(node)


def ask(figures: Figures, target: str, method: str = "GET", status: int = 0) -> tuple[str, bytes]:
    """The head of the response, and its body."""
    head, _, body = b"".join(respond(figures, method, target, status)).partition(b"\r\n\r\n")
    return head.decode(), body


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/healthz?verbose"])
def test_pages(figures: Figures, path: str) -> None:
    head, body = ask(figures, path)
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert "Connection: close" in head
    assert body.endswith(b"\n")
    if path != "/metrics":
        assert f"Content-Length: {len(body)}" in head


def test_a_node_that_loads_lives_but_is_not_ready(figures: Figures) -> None:
    figures.executor.loading = True
    assert ask(figures, "/healthz")[0].startswith("HTTP/1.1 200 ")
    head, body = ask(figures, "/readyz")
    assert head.startswith("HTTP/1.1 503 ")
    assert body == b"not ready: data are being loaded\n"
    assert b"not ready (data are being loaded), up for" in ask(figures, "/")[1]
    assert ask(figures, "/readyz", "HEAD")[1] == b""


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/nosuch"])
def test_head_has_no_body(figures: Figures, path: str) -> None:
    head, body = ask(figures, path, "HEAD")
    assert body == b""
    assert head.split("\r\n")[0] == ask(figures, path)[0].split("\r\n")[0]


def test_mistakes(figures: Figures) -> None:
    assert ask(figures, "/nosuch")[0].startswith("HTTP/1.1 404 Not Found\r\n")
    head, body = ask(figures, "/", "PUT")
    assert head.startswith("HTTP/1.1 405 ")
    assert "Allow: GET, HEAD" in head
    assert body
    assert ask(figures, "/", status=431)[0].startswith("HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/metrics?a=b#c", "/metrics"),
        ("http://host:1/healthz", "/healthz"),
        ("http://host", "/"),
        ("//[", "//["),
        ("*", "*"),
    ],
)
def test_targets(target: str, path: str) -> None:
    assert path_of(target) == path


# -- how a connection becomes one of HTTP ----------------------------------------------------------


def test_a_request_is_answered_when_its_head_is_complete(node: Node) -> None:
    client = node.client()
    assert client.raw(b"GET /x HTTP/1.1\r\n") == b""
    assert client.raw(b'Cookie: a="b\r\n*1\r\n$4\r\nPING\r\n') == b""
    assert client.raw(b"SET a 1\r\n\r\n") == b"HTTP/1.1 200 GET /x\r\n\r\n"
    assert client.closed
    assert len(node.db) == 0


def test_a_head_without_end_is_refused(node: Node) -> None:
    client = node.client()
    client.raw(b"GET /x HTTP/1.1\r\n")
    answer = b"".join(client.raw(b"X: " + b"y" * 1000 + b"\r\n") for _ in range(70))
    assert answer == b"HTTP/1.1 431 GET /x\r\n\r\n"
    assert client.closed
    client = node.client()
    client.raw(b"GET /x HTTP/1.1\r\n")
    assert client.raw(b"X: " + b"y" * 70_000) == b"HTTP/1.1 431 GET /x\r\n\r\n"
    assert client.closed


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1", b"Host: x", b"host: x"])
def test_what_browsers_can_be_made_to_send_is_cut_off(node: Node, line: bytes) -> None:
    client = node.client()
    assert client.raw(line + b"\r\nSET a 1\r\n") == b""
    assert client.closed
    assert len(node.db) == 0
    assert node.host.logged[-1][0] == "warning"


def test_without_http_it_is_a_wrong_command(node: Node) -> None:
    client = node.client()
    client.session.http_enabled = False
    assert client.raw(b"GET /x HTTP/1.1\r\n").startswith(b"-ERR wrong number of arguments")
    client.raw(b"Host: x\r\n")
    assert client.closed


def test_no_password_is_needed(node: Node) -> None:
    node.executor.users.require([b"secret"])
    assert node.client().raw(b"GET /x HTTP/1.0\r\n\r\n") == b"HTTP/1.1 200 GET /x\r\n\r\n"


def test_a_long_response_is_made_piece_by_piece(node: Node) -> None:
    client, other = node.client(), node.client()
    client.session.moment_us = -1  # each piece takes too long
    node.host.http_pieces = [b"one ", b"two ", b"three"]
    assert client.raw(b"GET /x HTTP/1.1\r\n\r\n") == b"one "
    assert other.run("PING") == "PONG"
    node.advance(1)
    assert client.take() == b"two "
    assert client.raw(b"ignored\r\n\r\n") == b""
    node.advance(1)
    node.advance(1)
    assert client.take() == b"three"
    assert client.closed
    assert client.read() is WAITING


def test_a_client_that_leaves_ends_its_response(node: Node) -> None:
    client = node.client()
    client.session.moment_us = -1
    node.host.http_pieces = [b"one ", b"two "]
    client.raw(b"GET /x HTTP/1.1\r\n\r\n")
    client.disconnect()
    node.advance(5)
    assert node.executor.clients == {}
