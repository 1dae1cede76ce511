"""What no client can do: use memory without end, or keep the server from the others."""

import contextlib
import resource
import socket
from collections.abc import Callable
from typing import Final

from tests.support.connection import Closed, Connection
from tests.support.resp import encode
from tests.support.servers import Server, wait_until

MB: Final = 1024 * 1024
REFUSAL: Final = b"-ERR max number of clients reached\r\n"


def closes(connection: Connection) -> bytes:
    """Everything until the server closes, which it must do in time."""
    connection.socket.settimeout(20)
    return connection.read_to_end()


def test_a_reader_that_never_reads_neither_grows_the_server_nor_delays_others(
    dflite: Server,
) -> None:
    with dflite.connect() as other, dflite.connect() as lazy:
        other.call(b"SET", b"bulky", b"x" * 100_000)
        before = dflite.resident()
        count = 3_000
        lazy.socket.settimeout(1)
        # A server that stops reading is welcome: then not all of it can be sent.
        requests = encode((b"GET", b"bulky")) * count
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < len(requests):
                sent += lazy.socket.send(requests[sent:])
        for number in range(200):
            assert other.call(b"ECHO", b"%d" % number).data == b"%d" % number
        assert dflite.resident() - before < 64 * MB
        lazy.socket.settimeout(20)
        whole = sent // len(encode((b"GET", b"bulky")))
        for _ in range(whole):
            assert len(lazy.read().data) == 100_000
        assert dflite.resident() - before < 64 * MB


def test_many_readers_that_never_read_do_not_stop_the_server(dflite: Server) -> None:
    with dflite.connect() as other, contextlib.ExitStack() as stack:
        other.call(b"SET", b"bulky", b"x" * 1_000_000)
        before = dflite.resident()
        for _ in range(20):
            lazy = stack.enter_context(dflite.connect())
            lazy.send_raw(encode((b"GET", b"bulky")) * 50)
        assert other.call(b"PING").text == "PONG"
        assert dflite.resident() - before < 128 * MB


def test_a_length_of_512_mb_reserves_nothing(dflite: Server) -> None:
    with contextlib.ExitStack() as stack:
        before = dflite.resident()
        for _ in range(20):
            connection = stack.enter_context(dflite.connect())
            connection.send_raw(b"*2\r\n$4\r\nECHO\r\n$536870912\r\n" + b"x" * 50_000)
        assert dflite.answers()
        assert dflite.resident() - before < 32 * MB


def test_a_count_of_a_million_words_reserves_nothing(dflite: Server) -> None:
    with contextlib.ExitStack() as stack:
        before = dflite.resident()
        for _ in range(50):
            connection = stack.enter_context(dflite.connect())
            connection.send_raw(b"*1048576\r\n$4\r\nMGET\r\n")
        assert dflite.answers()
        assert dflite.resident() - before < 32 * MB


def test_thousands_of_idle_connections_are_cheap(run_dflite: Callable[..., Server]) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    # Both processes have this limit of open files.
    count = min(10_000, soft - 500 if soft > 0 else 10_000)
    server = run_dflite("--maxclients=20000")
    with contextlib.ExitStack() as stack, server.connect() as other:
        before = server.resident()
        idle = []
        for _ in range(count):
            connection = stack.enter_context(server.connect())
            connection.send_raw(b"PING\r\n")
            idle.append(connection)
        for connection in idle:
            assert connection.read().text == "PONG"
        assert other.call("PING").text == "PONG"
        assert server.resident() - before < count * 20 * 1024
        assert idle[0].call("ECHO", "still here").data == b"still here"
    assert server.answers()


def test_one_client_too_many_is_told_so(run_dflite: Callable[..., Server]) -> None:
    server = run_dflite("--maxclients=3")
    with contextlib.ExitStack() as stack:

        def connected() -> int:
            with contextlib.suppress(Closed, OSError):
                kept = server.connect()
                if kept.call("PING").text == "PONG":
                    stack.enter_context(kept)
                    return 1
                kept.close()
            return 0

        held = 0
        while held < 3 and connected():
            held += 1
        assert held == 3
        with server.connect() as refused:
            assert closes(refused) == REFUSAL
        stack.close()
        wait_until(server.answers, what="a place that became free")


def test_clients_that_stay_idle_are_closed_when_asked(dflite: Server) -> None:
    with dflite.connect() as idle, dflite.connect() as busy:
        assert idle.call("PING").text == "PONG"
        assert busy.call("CONFIG", "SET", "timeout", "1").text == "OK"
        idle.socket.settimeout(20)
        assert idle.read_to_end() == b""
        assert dflite.answers()


def test_a_query_past_its_limit_ends_the_connection(dflite: Server) -> None:
    with dflite.connect() as other, dflite.connect() as greedy:
        other.call("CONFIG", "SET", "client-query-buffer-limit", "1mb")
        with contextlib.suppress(OSError):
            greedy.send_raw(b"*2\r\n$4\r\nECHO\r\n$20000000\r\n" + b"x" * 8_000_000)
        assert closes(greedy) == b""
        assert other.call("PING").text == "PONG"


def test_output_past_its_limit_ends_the_connection(dflite: Server) -> None:
    with dflite.connect() as other, dflite.connect() as lazy:
        other.call("SET", "bulky", "x" * 20_000_000)
        assert other.call("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0").text
        lazy.send("GET", "bulky")
        assert len(closes(lazy)) < 20_000_000
        assert other.call("PING").text == "PONG"


def test_a_bulk_past_proto_max_bulk_len_is_refused(dflite: Server) -> None:
    with dflite.connect() as other, dflite.connect() as connection:
        assert other.call("CONFIG", "SET", "proto-max-bulk-len", "1mb").text == "OK"
        answer = connection.exchange(b"*2\r\n$4\r\nECHO\r\n$1048577\r\n")
        assert answer == b"-ERR Protocol error: invalid bulk length\r\n"
        assert other.call("SETRANGE", "a", 1048576, "x").is_error


def test_a_client_that_vanishes_leaves_nothing_behind(dflite: Server) -> None:
    with dflite.connect() as other:
        for _ in range(200):
            gone = dflite.connect()
            # A reset in place of an orderly end.
            gone.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
            )
            gone.send_raw(b"MULTI\r\nWATCH a\r\nPING\r\n*3\r\n$3\r\nSET\r\n")
            gone.close()

        def alone() -> bool:
            return other.call("CLIENT", "LIST").data.count(b"id=") == 1

        wait_until(alone, what="only one client listed")


def test_an_endless_pipeline_does_not_shut_others_out(dflite: Server) -> None:
    """Two hundred thousand requests in one write; another client asks in between."""
    with dflite.connect() as flood, dflite.connect() as other:
        requests = b"*1\r\n$4\r\nPING\r\n" * 200_000
        flood.socket.settimeout(0.2)
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < len(requests):
                sent += flood.socket.send(requests[sent : sent + 65536])
        assert other.call("ECHO", "me too").data == b"me too"


def test_a_transaction_past_the_query_limit_ends_the_connection(dflite: Server) -> None:
    with dflite.connect() as other, dflite.connect() as greedy:
        other.call("CONFIG", "SET", "client-query-buffer-limit", "1mb")
        before = dflite.resident()
        greedy.call("MULTI")
        ended = False
        for _ in range(200):
            try:
                greedy.call("SET", "a", "x" * 100_000)
            except (Closed, OSError):
                ended = True
                break
        assert ended
        assert dflite.resident() - before < 16 * MB
        assert other.call("EXISTS", "a").number == 0
