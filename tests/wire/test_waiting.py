"""Waiting for keys over real sockets; toy commands stand for those that will wait."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.connection import Connection
from tests.support.resp import encode_all
from tests.support.servers import Server, free_port, start, wait_until

CHECKOUT: Final = str(Path(__file__).resolve().parents[2])
# The checkout comes last: what is tested is the installed package.
SCRIPT: Final = f"""
import sys
sys.path.append({CHECKOUT!r})
from dflite.server.cli import main
from tests.support.toy_lists import toy_lists
with toy_lists():
    sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    port = free_port()
    argv = [sys.executable, "-c", SCRIPT, "serve", f"--port={port}", "--memcached_port=0"]
    with start("dflite", argv, port) as server:
        yield server


@pytest.fixture(autouse=True)
def _clean(server: Server) -> None:
    server.call("FLUSHALL")


def blocked(server: Server) -> int:
    with server.connect() as connection:
        return connection.call("CLIENT", "LIST", "FLAGS", "b").text.count("\n")


def wait_at(server: Server, key: str, seconds: float | str = 0) -> Connection:
    """A connection that waits."""
    before = blocked(server)
    connection = server.connect()
    connection.send("TOYWAIT", key, seconds)
    wait_until(lambda: blocked(server) == before + 1, what="a client waits")
    return connection


def test_waiters_are_served_in_order_of_arrival(server: Server) -> None:
    waiters = [wait_at(server, "q") for _ in range(3)]
    with server.connect() as pusher:
        assert pusher.call("TOYPUSH", "q", "a", "b", "c").number == 3
    for waiter, item in zip(waiters, (b"a", b"b", b"c"), strict=True):
        assert waiter.read().items[1].data == item
        waiter.close()


def test_time_runs_out(server: Server) -> None:
    with server.connect() as connection:
        connection.send("TOYWAIT", "q", "0.05")
        connection.send("PING")
        assert connection.read().is_null
        assert connection.read().text == "PONG"


def test_a_pipeline_goes_on_behind_a_wait(server: Server) -> None:
    with server.connect() as waiter, server.connect() as pusher:
        requests = [("SET", "k", "1"), ("TOYWAIT", "q", "0"), ("INCR", "k"), ("GET", "k")]
        waiter.send_raw(encode_all(requests))
        assert waiter.read().text == "OK"
        waiter.send("ECHO", "later")
        wait_until(lambda: blocked(server) == 1)
        assert pusher.call("GET", "k").data == b"1"
        pusher.call("TOYPUSH", "q", "a")
        item, two, text, echo = waiter.read_many(4)
        assert item.items[1].data == b"a"
        assert (two.number, text.data, echo.data) == (2, b"2", b"later")


def test_who_is_gone_takes_nothing_along(server: Server) -> None:
    gone, there = wait_at(server, "q"), wait_at(server, "q")
    gone.close()
    wait_until(lambda: blocked(server) == 1, what="the server noticed")
    with server.connect() as pusher:
        pusher.call("TOYPUSH", "q", "a")
    assert there.read().items[1].data == b"a"
    there.close()


def test_who_stops_sending_while_waiting_is_gone(server: Server) -> None:
    waiter = wait_at(server, "q")
    waiter.end_sending()
    wait_until(lambda: blocked(server) == 0, what="the server noticed")
    with server.connect() as pusher:
        pusher.call("TOYPUSH", "q", "a")
        assert pusher.call("TOYPOP", "q").data == b"a"
    waiter.close()


def test_who_is_killed_takes_nothing_along(server: Server) -> None:
    waiter = wait_at(server, "q")
    with server.connect() as other:
        host, port = waiter.socket.getsockname()
        requests = [("CLIENT", "KILL", "ADDR", f"{host}:{port}"), ("TOYPUSH", "q", "a")]
        killed, pushed = other.pipeline(requests)
        assert (killed.number, pushed.number) == (1, 1)
        assert other.call("TOYPOP", "q").data == b"a"
    assert waiter.read_to_end() == b""


def test_unblock_with_an_error(server: Server) -> None:
    waiter = wait_at(server, "q")
    with server.connect() as other:
        found = other.call("CLIENT", "LIST", "FLAGS", "b").text
        number = found.split(" ", 1)[0].removeprefix("id=")
        assert other.call("CLIENT", "UNBLOCK", number, "ERROR").number == 1
    assert waiter.read().text == "UNBLOCKED client unblocked via CLIENT UNBLOCK"
    assert waiter.call("PING").text == "PONG"
    waiter.close()


def test_one_push_serves_many_clients_at_once(server: Server) -> None:
    waiters = [server.connect() for _ in range(200)]
    for waiter in waiters:
        waiter.send("TOYWAIT", "q", "0")
    wait_until(lambda: blocked(server) == 200)
    with server.connect() as pusher:
        pusher.call("TOYPUSH", "q", *range(200))
    served = {waiter.read().items[1].data for waiter in waiters}
    assert served == {b"%d" % number for number in range(200)}
    for waiter in waiters:
        waiter.close()
