"""A client on a socket: what it sends in pieces, what it reads slowly, and how it ends."""

import random
import socket
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import HELD_BLOCKED, HELD_OUTPUT, HELD_PAUSED, input_memory
from dflite.native.wire.reply import buffer_memory
from tests.support.resp import encode, encode_all
from tests.support.stage import Stage, a_stage, bulk


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


# --- reading --------------------------------------------------------------------------------------


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


# --- slow readers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_reply_leaves_in_as_many_parts_as_the_reader_takes(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp, room=4096)
    word = random.Random(1).randbytes(1_000_000)
    client.send(encode([b"ECHO", word]))
    stage.until(lambda: not client.unsent and bool(client.session.requests))
    wanted = bulk(word)
    chance = random.Random(2)
    while len(client.got) < len(wanted):
        client.pull(chance.randrange(1, 40_000))
        stage.turn(0.001)
    assert client.got == wanted
    assert stage.reactor.writes > 10
    assert buffer_memory() < 1_000_000


def test_replies_written_while_others_are_being_sent_follow_in_order(stage: Stage) -> None:
    client = stage.join(room=4096)
    chance = random.Random(3)
    wanted = b""
    for number in range(3_000):
        word = b"%d:" % number + b"x" * chance.randrange(2_000)
        wanted += bulk(word)
        client.send(encode([b"ECHO", word]))
        stage.turn()
        client.pull(chance.randrange(1, 3_000))
    stage.until(lambda: client.pull() == b"" and len(client.got) == len(wanted))
    assert client.got == wanted


def test_a_client_that_never_reads_is_not_read_either(stage: Stage) -> None:
    stage.limits.high_water = 50_000
    lazy, good = stage.join(room=4096), stage.join()
    before = buffer_memory()
    lazy.send(encode([b"ECHO", b"x" * 1_000]) * 10_000)
    stage.settle()
    for _ in range(100):
        lazy.push()
        stage.settle()
    assert lazy.unsent
    assert lazy.connection.held == HELD_OUTPUT
    assert buffer_memory() - before < 50_000 * 2
    assert len(lazy.session.requests) < 1_000
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    stage.until(lambda: lazy.pull() == b"" and len(lazy.got) == 10_000 * 1_009)
    assert lazy.got == bulk(b"x" * 1_000) * 10_000
    assert lazy.connection.held == 0


def test_a_high_water_mark_of_nothing_still_moves(stage: Stage) -> None:
    stage.limits.high_water = 0
    client = stage.join(room=4096)
    client.send(encode([b"ECHO", b"x" * 5_000]) * 200)
    stage.until(lambda: client.pull() == b"" and len(client.got) == 200 * 5_009)
    assert client.got == bulk(b"x" * 5_000) * 200


def test_a_slow_reader_that_goes_takes_its_replies_with_it(stage: Stage) -> None:
    before = buffer_memory()
    client = stage.join(room=4096)
    client.send(encode([b"ECHO", b"x" * 500_000]))
    stage.until(lambda: client.connection.unsent > 100_000)
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)
    assert buffer_memory() == before


# --- the end --------------------------------------------------------------------------------------


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
