"""TLS on the reactor: handshakes, records of any length, the end, and who speaks no TLS."""

import contextlib
import random
import ssl
from collections.abc import Callable, Iterator

import pytest

from dflite.native.wire.tls_connection import TlsConnection
from tests.support.resp import encode, encode_all
from tests.support.stage import Stage, a_stage, bulk
from tests.support.tls_stage import Contexts, TlsClient

Join = Callable[[], TlsClient]


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return Contexts(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


@pytest.fixture
def join(stage: Stage, contexts: Contexts) -> Join:
    """Makes a client that has not begun to speak."""
    return lambda: TlsClient.join(stage, contexts)


def test_requests_are_answered_behind_a_handshake(join: Join) -> None:
    client = join()
    client.shake()
    client.send(encode_all([[b"ECHO", b"a"], [b"ECHO", b"b"]]))
    client.expect(bulk(b"a") + bulk(b"b"))
    assert isinstance(client.session.connection, TlsConnection)
    seal = client.session.connection.seal
    assert (seal.established, seal.version()) == (True, "TLSv1.3")
    assert client.session.connection.bytes_in == 42


@pytest.mark.parametrize("length", [1, 16_384, 16_385, 65_536, 3_000_000])
def test_a_request_of_any_length_arrives_whole_and_goes_back(join: Join, length: int) -> None:
    client = join()
    client.shake()
    word = random.Random(length).randbytes(length)
    client.send(encode([b"ECHO", word]) + encode([b"ECHO", b"next"]))
    client.expect(bulk(word) + bulk(b"next"))
    assert client.session.connection.input_capacity == 0


def test_bytes_may_come_one_by_one(join: Join) -> None:
    client = join()
    for _ in range(10_000):
        trickle(client)
        if client.session.secure:
            break
    client.tls.write(encode([b"ECHO", b"abc"]))
    while client.has_unsent():
        trickle(client)
    client.expect(bulk(b"abc"))


def trickle(client: TlsClient) -> None:
    """Send one byte, and let it be looked at."""
    with contextlib.suppress(ssl.SSLWantReadError):
        client.tls.do_handshake()
    client.send_sealed(most=1)
    client.stage.turn()
    client.receive_sealed()


def test_a_request_may_come_with_the_end_of_the_handshake(stage: Stage, join: Join) -> None:
    client = join()

    def has_spoken() -> bool:
        client.receive_sealed()
        try:
            client.tls.do_handshake()
        except ssl.SSLWantReadError:
            client.send_sealed()
            return False
        client.send(encode([b"ECHO", b"early"]))
        return True

    stage.until(has_spoken)
    client.expect(bulk(b"early"))


def test_the_end_is_said_and_heard(stage: Stage, join: Join) -> None:
    leaving, sent_away = join(), join()
    for client in (leaving, sent_away):
        client.shake()
    leaving.send(encode([b"ECHO", b"last"]))
    leaving.end_sending()
    stage.until(lambda: leaving.session.ends == 1)

    def quit_after(argv: list[bytes]) -> None:
        sent_away.session.echo(argv)
        sent_away.connection.close_after_reply()

    sent_away.session.on_request = quit_after
    sent_away.send(encode([b"QUIT"]))
    sent_away.expect(bulk(b"QUIT"))
    sent_away.expect_end()
    assert sent_away.was_told


def test_who_sends_no_more_gets_what_was_asked_for(join: Join) -> None:
    client = join()
    client.shake()
    client.send(encode([b"ECHO", b"x" * 200_000]) * 20)
    client.end_sending()
    client.expect(bulk(b"x" * 200_000) * 20)
    client.expect_end()
    assert client.was_told


def test_a_spoilt_record_ends_that_connection_only(stage: Stage, join: Join) -> None:
    spoilt, good = join(), join()
    for client in (spoilt, good):
        client.shake()
    spoilt.sock.send(b"\x17\x03\x03\x00\x20" + bytes(32))
    stage.until(lambda: spoilt.session.ends == 1)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))


def test_plaintext_is_answered_in_plaintext(stage: Stage, join: Join) -> None:
    client = join()
    client.sock.send(b"*1\r\n$4\r\nPING\r\n")
    stage.until(lambda: client.session.ends == 1)
    assert client.sock.recv(100) == b"-no\r\n"
    assert client.session.greetings[0].startswith(b"*1\r\n$4\r\nPING")


def test_tls_on_a_plain_connection_is_answered_too(stage: Stage, contexts: Contexts) -> None:
    told: list[bytes] = []

    def answer(first: bytes, fd: int) -> bytes:
        told.append(first)
        return b"-none here\r\n"

    stage.reactor.on_tls_hello = answer
    client = stage.join()
    tls = contexts.client.wrap_bio(ssl.MemoryBIO(), hello := ssl.MemoryBIO())
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    client.send(hello.read())
    stage.until(lambda: client.session.ends == 1)
    assert client.sock.recv(100) == b"-none here\r\n"
    assert told[0].startswith(b"\x16\x03")


def test_a_handshake_that_fails_says_why_to_both_sides(stage: Stage, join: Join) -> None:
    client = join()
    client.sock.send(b"\x16\x03\x01\x00\x05nosense")
    stage.until(lambda: client.session.ends == 1)
    assert len(client.session.problems) == 1
    assert client.sock.recv(100).startswith(b"\x15\x03")  # an alert


def test_an_endless_hello_is_not_kept(stage: Stage, join: Join) -> None:
    client = join()
    client.sealed = b"\x16\x03\x01\x3f\xff" + bytes(400_000)
    stage.until(lambda: client.session.ends == 1)


def test_a_turn_goes_on_with_so_many_handshakes_only(stage: Stage, join: Join) -> None:
    clients = [join() for _ in range(8)]
    for client in clients:
        with contextlib.suppress(ssl.SSLWantReadError):
            client.tls.do_handshake()
        client.send_sealed()
    answered = []
    for _ in range(3):
        stage.reactor.poll()
        stage.reactor.run_pending()
        for client in clients:
            client.receive_sealed()
        answered.append(sum(client.arrived.pending > 0 for client in clients))
    assert answered == sorted(answered)
    assert 0 < answered[0] <= 4
    stage.reactor.handshakes_a_turn = 100
    for client in clients:
        client.shake()


def test_a_reader_that_is_slow_gets_everything(stage: Stage, join: Join) -> None:
    client = join()
    client.shake()
    word = random.Random(1).randbytes(1_000_000)
    client.send(encode([b"ECHO", word]) * 10)
    wanted = bulk(word) * 10
    while len(client.got) < len(wanted):
        client.send_sealed(most=50_000)
        stage.turn(0.001)
        client.receive_sealed(30_000)
        client.open_sealed()
    assert client.got == wanted
