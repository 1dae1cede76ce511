"""HTTP on the port of RESP: health, readiness, metrics, and what is refused."""

import http.client
from collections.abc import Callable
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.servers import Server

GARBAGE: Final = b"GET /healthz HTTP/1.1\r\n" + b"X: " + b"y" * 200_000


def ask(server: Server, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, content type and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_serving_node_is_healthy_and_ready(shared_dflite: Server, path: str) -> None:
    status, _, body = ask(shared_dflite, path)
    assert status == 200
    assert body


def test_an_unknown_path_is_not_found(shared_dflite: Server) -> None:
    assert ask(shared_dflite, "/nosuch")[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_change_nothing(shared_dflite: Server, method: str) -> None:
    """A browser can be made to post anything anywhere: nothing of it may run as a command."""
    with shared_dflite.connect() as connection:
        connection.call("SET", "posted", "before")
        try:
            status, _, _ = ask(shared_dflite, "/", method)
            assert status in (404, 405)
        except (http.client.HTTPException, ConnectionError):
            # Closing without an answer is as good.
            assert shared_dflite.answers()
        with shared_dflite.connect() as attacker:
            attacker.exchange(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n"
                b"SET posted after\r\n"
            )
        assert connection.call("GET", "posted").data == b"before"


def test_a_host_header_is_no_command(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        connection.call("SET", "posted", "before")
        with shared_dflite.connect() as attacker:
            attacker.exchange(b"Host: localhost\r\nSET posted after\r\n")
        assert connection.call("GET", "posted").data == b"before"


def test_metrics_are_in_the_format_of_prometheus(shared_dflite: Server) -> None:
    shared_dflite.call("SET", "counted", "1")
    status, kind, body = ask(shared_dflite, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    names = {family.name for family in text_string_to_metric_families(body)}
    assert len(names) > 10
    assert all(family.documentation for family in text_string_to_metric_families(body))


def test_metrics_count_commands(dflite: Server) -> None:
    def total() -> float:
        body = ask(dflite, "/metrics")[2]
        families = text_string_to_metric_families(body)
        return sum(
            sample.value
            for family in families
            if "commands_processed" in family.name
            for sample in family.samples
        )

    before = total()
    with dflite.connect() as connection:
        connection.pipeline([("SET", "a", "1")] * 100)
    assert total() >= before + 100


def test_an_http_connection_may_ask_again(shared_dflite: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", shared_dflite.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
    connection.close()


def test_a_request_may_come_in_pieces(shared_dflite: Server) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with shared_dflite.connect() as connection:
        for at in range(len(request)):
            connection.send_raw(request[at : at + 1])
        answer = connection.read_to_end()
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_endless_headers_end_the_connection(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        connection.exchange(GARBAGE)
    assert shared_dflite.answers()


def test_get_with_a_key_that_looks_like_a_path_is_a_command(shared_dflite: Server) -> None:
    with shared_dflite.connect() as connection:
        connection.call("SET", "/healthz", "a value")
        assert connection.call("GET", "/healthz").data == b"a value"
        connection.send_raw(b"GET /healthz\r\n")
        assert connection.read().data == b"a value"
        connection.call("DEL", "/healthz")


def test_http_can_be_turned_off(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--noprimary_port_http_enabled")
    with server.connect() as connection:
        answer = connection.exchange(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert not answer.startswith(b"HTTP/")


def test_health_needs_no_password(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--requirepass=sesame")
    assert ask(server, "/healthz")[0] == 200
    assert ask(server, "/metrics")[0] == 200
