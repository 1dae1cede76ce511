"""Sockets on the reactor: what is asked is answered, and how connections end."""

import gc
import random
import socket
import tempfile
import weakref
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import HELD_BLOCKED, HELD_OUTPUT, HELD_PAUSED, input_memory
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


@pytest.mark.parametrize("length", [1, 65_535, 65_536, 65_537, 200_000, 3_000_000])
def test_a_request_of_any_length_arrives_whole(stage: Stage, length: int) -> None:
    client = stage.join()
    word = random.Random(length).randbytes(length)
    client.send(encode([b"ECHO", word]) + encode([b"ECHO", b"next"]))
    client.expect(bulk(word) + bulk(b"next"))
    assert client.connection.input_capacity == 0


def test_input_byte_by_byte_is_served(stage: Stage) -> None:
    client = stage.join()
    for byte in encode_all([[b"ECHO", b"abc"], [b"ECHO", b"d"]]):
        client.send(bytes([byte]))
        stage.settle()
    client.expect(bulk(b"abc") + bulk(b"d"))


def test_the_beginning_of_a_request_takes_no_more_memory_than_it_has(stage: Stage) -> None:
    before = input_memory()
    for _ in range(50):
        stage.join().send(b"*2\r\n$4\r\nECHO\r\n$500000000\r\nab")
    stage.settle()
    assert input_memory() - before < 50 * 200


def test_the_lane_answers_without_the_session(stage: Stage) -> None:
    for name in ("SET", "GET"):
        stage.lane.enable(name)
    stage.lane.reads = stage.lane.writes = True
    client = stage.join()
    client.connection.plain = True
    client.send(encode_all([[b"SET", b"k", b"v"], [b"GET", b"k"]]))
    client.expect(b"+OK\r\n" + bulk(b"v"))
    assert not client.session.requests


# --- the end of a connection ---------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_client_that_closes_is_forgotten(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]))
    client.expect(bulk(b"a"))
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)
    assert client.connection.closed
    stage.settle()
    assert client.session.ends == 1


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_half_a_request_before_the_end_is_dropped(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]) + b"*2\r\n$4\r\nEC")
    client.sock.shutdown(socket.SHUT_WR)
    client.expect_end()
    assert client.got == bulk(b"a")
    assert client.session.ends == 1


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_client_that_sends_no_more_gets_every_reply(stage: Stage, tcp: bool) -> None:
    stage.limits.high_water = 10_000
    client = stage.join(tcp, room=4096)
    count = 3_000
    client.send(encode_all([b"ECHO", b"%d" % number + b"x" * 500] for number in range(count)))
    stage.until(lambda: not client.unsent or client.connection.held == HELD_OUTPUT)
    # It reads nothing until it has sent all and closed its half.
    while client.unsent:
        client.push()
        stage.turn()
        if client.unsent:
            client.pull(1000)
    client.sock.shutdown(socket.SHUT_WR)
    stage.settle()
    client.expect_end()
    assert client.got == b"".join(bulk(b"%d" % number + b"x" * 500) for number in range(count))


def test_a_reset_ends_the_connection(stage: Stage) -> None:
    client = stage.join(tcp=True)
    client.send(encode([b"ECHO", b"x" * 100_000]))
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)


@pytest.mark.parametrize("reason", [HELD_BLOCKED, HELD_PAUSED])
def test_a_client_that_waits_and_goes_is_noticed(stage: Stage, reason: int) -> None:
    client = stage.join()
    client.session.on_request = lambda argv: client.connection.hold(reason)
    client.send(encode([b"BLPOP"]))
    stage.until(lambda: client.connection.held == reason)
    client.sock.shutdown(socket.SHUT_WR)
    stage.until(lambda: client.session.ends == 1)


def test_a_client_that_stopped_sending_and_waits_later_is_noticed_too(stage: Stage) -> None:
    stage.limits.high_water = 1_000
    client = stage.join(tcp=True, room=4096)
    session = client.session
    client.send(encode([b"ECHO", b"x" * 60_000]) * 3 + encode([b"BLPOP"]))

    def answer(argv: list[bytes]) -> None:
        if argv[0] == b"BLPOP":
            session.connection.hold(HELD_BLOCKED)
        else:
            session.echo(argv)

    session.on_request = answer
    stage.until(lambda: client.connection.held == HELD_OUTPUT and not client.unsent)
    client.sock.shutdown(socket.SHUT_WR)
    stage.settle()
    assert session.ends == 0
    client.expect_end()
    assert client.got == bulk(b"x" * 60_000) * 3
    assert session.ends == 1


def test_a_protocol_error_is_told_and_ends_the_connection(stage: Stage) -> None:
    client = stage.join()
    client.send(encode([b"ECHO", b"a"]) + b"*1\r\n!\r\n" + encode([b"ECHO", b"b"]))
    client.expect_end()
    assert client.got == bulk(b"a") + b"-ERR expected '$', got '!'\r\n"
    assert client.session.ends == 1


def test_closing_after_the_reply_sends_it_first(stage: Stage) -> None:
    client = stage.join(room=4096)
    session = client.session

    def quit_after(argv: list[bytes]) -> None:
        session.connection.reply.bulk(b"x" * 300_000)
        session.connection.close_after_reply()

    session.on_request = quit_after
    client.send(encode([b"QUIT"]) * 3)
    client.expect_end()
    assert client.got == bulk(b"x" * 300_000)
    assert len(session.requests) == 1


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
