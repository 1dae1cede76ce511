"""CLIENT KILL over real sockets: whatever the victim is in the middle of, and the killer itself."""

from collections.abc import Callable

import pytest

from tests.support.connection import Connection
from tests.support.resp import encode, encode_all
from tests.support.servers import Server, wait_until


def identity(connection: Connection) -> int:
    return connection.call("CLIENT", "ID").number


def connected(server: Server) -> int:
    with server.connect() as connection:
        return connection.call("CLIENT", "LIST").text.count("\n") - 1


def test_who_kills_itself_in_a_pipeline_gets_the_replies_up_to_that(dflite: Server) -> None:
    with dflite.connect() as connection:
        number = identity(connection)
        kill = ("CLIENT", "KILL", "ID", number, "SKIPME", "no")
        connection.send_raw(encode_all([("ECHO", "before"), kill, ("SET", "k", "v")]))
        assert connection.read_to_end() == b"$6\r\nbefore\r\n:1\r\n"
    assert dflite.call("EXISTS", "k") == 0
    wait_until(lambda: connected(dflite) == 0)


def test_who_kills_itself_within_a_transaction_runs_it_to_its_end(dflite: Server) -> None:
    with dflite.connect() as connection:
        kill = ("CLIENT", "KILL", "ID", identity(connection), "SKIPME", "no")
        connection.send_raw(encode_all([("MULTI",), kill, ("SET", "k", "v"), ("EXEC",)]))
        queued = b"+OK\r\n+QUEUED\r\n+QUEUED\r\n"
        assert connection.read_to_end() == queued + b"*2\r\n:1\r\n+OK\r\n"
    assert dflite.call("EXISTS", "k") == 1


def half_a_request(victim: Connection) -> None:
    victim.send_raw(encode(("SET", "k", "v"))[:-4])


def a_transaction(victim: Connection) -> None:
    victim.pipeline([("WATCH", "w"), ("MULTI",), ("SET", "k", "v")])


def unread_replies(victim: Connection) -> None:
    victim.call("SET", "big", "x" * 1_000_000)
    victim.send_raw(encode_all([("GET", "big")] * 50 + [("SET", "k", "v")]))


def monitoring(victim: Connection) -> None:
    victim.call("MONITOR")


@pytest.mark.parametrize("busy", [half_a_request, a_transaction, unread_replies, monitoring])
def test_a_victim_may_be_in_the_middle_of_anything(
    dflite: Server, busy: Callable[[Connection], None]
) -> None:
    with dflite.connect() as victim, dflite.connect() as killer:
        number = identity(victim)
        busy(victim)
        assert killer.call("CLIENT", "KILL", "ID", number).number == 1
        assert killer.call("EXISTS", "k").number == 0
        victim.read_to_end()
        wait_until(lambda: connected(dflite) == 1)
        assert killer.call("PING").text == "PONG"


def test_many_are_killed_at_once(dflite: Server) -> None:
    victims = [dflite.connect() for _ in range(200)]
    for victim in victims:
        victim.call("PING")
    with dflite.connect() as killer:
        assert killer.call("CLIENT", "KILL", "TYPE", "normal").number == 200
        for victim in victims:
            assert victim.read_to_end() == b""
            victim.close()
        assert killer.call("PING").text == "PONG"
