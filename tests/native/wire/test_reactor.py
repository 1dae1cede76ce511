"""The reactor: whoever asks is answered, and connections may end at any time."""

import gc
import random
import socket
import tempfile
import weakref
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import input_memory
from dflite.native.wire.reply import buffer_memory
from dflite.native.wire.resp import RespParser
from tests.support.resp import encode, encode_all
from tests.support.stage import Client, Session, Stage, a_stage, bulk, open_files


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


# --- serving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_request_is_answered(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]))
    client.expect(bulk(b"a"))
    assert client.connection.bytes_in == stage.reactor.bytes_in == 21
    assert client.connection.bytes_out == stage.reactor.bytes_out == 7
    assert stage.reactor.reads >= 1
    assert stage.reactor.writes == 1
    assert stage.reactor.wakeups >= 1


def test_a_pipeline_is_answered_with_one_write(stage: Stage) -> None:
    stage.limits.turn_us = 1 << 60
    client = stage.join()
    client.send(encode([b"ECHO", b"a"]) * 500)
    client.expect(bulk(b"a") * 500)
    assert stage.reactor.writes == 1


def test_many_clients_are_served_in_any_mixture(stage: Stage) -> None:
    chance = random.Random(5)
    clients = [stage.join() for _ in range(400)]
    wanted: dict[Client, bytes] = dict.fromkeys(clients, b"")
    for turn in range(2_000):
        client = chance.choice(clients)
        words = [b"%d-%d" % (turn, number) for number in range(chance.randrange(1, 50))]
        client.send(encode_all([b"ECHO", word] for word in words))
        wanted[client] += b"".join(map(bulk, words))
        if chance.random() < 0.3:
            stage.turn()
    for client in clients:
        client.expect(wanted[client])


def test_the_lane_answers_without_the_session(stage: Stage) -> None:
    for name in ("SET", "GET"):
        stage.lane.operations.enable(name)
    stage.lane.reads = stage.lane.writes = True
    client = stage.join()
    client.connection.plain = True
    client.send(encode_all([[b"SET", b"k", b"v"], [b"GET", b"k"]]))
    client.expect(b"+OK\r\n" + bulk(b"v"))
    assert not client.session.requests


# --- the end of a connection ---------------------------------------------------------------------


def test_closing_from_outside_is_done_by_run_pending(stage: Stage) -> None:
    client = stage.join()
    client.connection.reply.simple(b"bye")
    client.connection.close_after_reply()
    assert stage.pending == 1
    client.expect_end()
    assert client.got == b"+bye\r\n"


@pytest.mark.parametrize("lead", [0, 70_000])
@pytest.mark.parametrize("count", [1, 100])
def test_a_connection_may_be_aborted_from_within_its_request(
    stage: Stage, lead: int, count: int
) -> None:
    client = stage.join()
    session = client.session

    def leave(argv: list[bytes]) -> None:
        session.connection.reply.bulk(b"x" * 100)
        session.connection.abort()
        session.connection.reply.bulk(b"x" * 100_000)
        session.connection.abort()

    session.on_request = leave
    client.send(b"*2\r\n$5\r\nABORT\r\n$%d\r\n" % lead)
    stage.settle()
    client.send(b"y" * lead + b"\r\n" + encode([b"ABORT", b"x" * 10]) * count)
    client.expect_end()
    assert len(session.requests) == 1
    assert session.ends == 1
    assert client.got == b""


def test_a_session_that_raises_loses_its_client_only(stage: Stage) -> None:
    good, bad = stage.join(), stage.join()

    def fail(argv: list[bytes]) -> None:
        bad.connection.reply.ok()
        raise LookupError("a bug")

    bad.session.on_request = fail
    bad.send(encode([b"x"]) * 3)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    bad.expect_end()
    assert bad.got == b""
    assert len(bad.session.requests) == 1
    assert bad.session.ends == 1
    assert [str(error) for error in stage.errors] == ["a bug"]
    stage.errors.clear()


def test_a_session_that_raises_at_its_end_harms_nobody(stage: Stage) -> None:
    good, bad = stage.join(), stage.join()

    def fail() -> None:
        raise LookupError("a bug")

    bad.session.closed = fail  # type: ignore[method-assign]
    bad.sock.close()
    stage.until(lambda: bad.connection.closed)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    assert len(stage.errors) == 1
    stage.errors.clear()


def test_events_of_a_closed_connection_do_not_reach_the_next_on_its_number(stage: Stage) -> None:
    first, second = stage.join(), stage.join()
    old = second.connection.fd
    third: list[Client] = []

    def replace(argv: list[bytes]) -> None:
        for victim in (first, second):
            if victim is not current and not victim.connection.closed:
                victim.connection.abort()
        third.append(stage.join())

    current = first
    first.session.on_request = second.session.on_request = replace
    first.send(encode([b"x"]))
    second.send(encode([b"y"]))
    stage.turn()
    assert second.connection.closed
    assert not second.session.requests
    ends = [third[0].connection.fd, third[0].sock.fileno()]
    assert old in ends
    stage.settle()
    assert not third[0].session.requests
    assert third[0].session.ends == 0
    third[0].send(encode([b"ECHO", b"z"]))
    third[0].expect(bulk(b"z"))


def test_what_is_no_socket_is_refused_and_stays_the_callers(stage: Stage) -> None:
    with tempfile.TemporaryFile() as file:
        with pytest.raises(PermissionError):
            stage.reactor.attach(file.fileno(), Session(), RespParser())
        file.write(b"still open")


def test_a_reactor_that_goes_closes_its_sockets() -> None:
    files = open_files()
    stage = Stage()
    clients = [stage.join() for _ in range(10)]
    for client in clients:
        client.sock.close()
    del client, clients, stage
    assert open_files() == files


# --- coming and going ----------------------------------------------------------------------------


def test_a_thousand_clients_come_and_go_and_leave_nothing(stage: Stage) -> None:
    files, kept, replies = open_files(), input_memory(), buffer_memory()
    chance = random.Random(7)
    sessions: list[weakref.ref[Session]] = []
    gc.disable()  # what goes must go without it
    try:
        for _ in range(40):
            come_and_go(stage, chance, sessions)
        assert len(sessions) == 1_000
        assert not [session for session in sessions if session() is not None]
    finally:
        gc.enable()
    assert open_files() == files
    assert input_memory() == kept
    assert buffer_memory() == replies


def come_and_go(stage: Stage, chance: random.Random, sessions: list[weakref.ref[Session]]) -> None:
    """25 clients ask for something and end in one way or the other."""
    for _ in range(25):
        client = stage.join()
        sessions.append(weakref.ref(client.session))
        client.send(encode([b"ECHO", b"x" * chance.randrange(3_000)]) * 3)
        if chance.random() < 0.5:
            client.send(b"*2\r\n$3\r\nGET\r\n$100\r\nabc")
    stage.turn()
    for client in stage.clients:
        way = chance.randrange(4)
        if way == 0:
            client.connection.abort()
        elif way == 1:
            client.connection.close_after_reply()
        elif way == 2:
            client.sock.shutdown(socket.SHUT_WR)
        else:
            client.sock.close()
    stage.until(lambda: all(client.session.ends == 1 for client in stage.clients))
    stage.settle()
    for client in stage.clients:
        client.sock.close()
        client.session.on_request = len  # type: ignore[assignment]  # its own ring, not the reactor's
    stage.clients.clear()
