"""TLS on the reactor: handshakes, records of any length, the end, and who speaks no TLS."""

import contextlib
import random
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.wire.lane import Lane
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.requests import Limits
from dflite.native.wire.resp import RespParser
from dflite.native.wire.socket_connection import SocketConnection
from dflite.native.wire.tls_connection import TlsConnection
from tests.support.certificates import make_certificate
from tests.support.resp import encode, encode_all

PATIENCE_S = 20.0  # of a test that would otherwise wait for ever


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


class Session:
    """Both the session of the handshake and the one behind it: echoes the last word."""

    def __init__(self) -> None:
        self.connection: SocketConnection
        self.secure = False
        self.problems: list[str] = []
        self.greetings: list[bytes] = []
        self.ends = 0

    def secured(self, connection: TlsConnection) -> None:
        self.secure = True

    def insecure(self, error: ssl.SSLError) -> None:
        self.problems.append(error.reason)

    def plaintext(self, first: bytes, fd: int) -> bytes:
        self.greetings.append(first)
        return b"-no\r\n"

    def request(self, argv: list[bytes]) -> None:
        if argv[0] == b"QUIT":
            self.connection.close_after_reply()
        self.connection.reply.bulk(argv[-1])

    def resume_postponed(self) -> None:
        return

    def closed(self) -> None:
        self.ends += 1


class Client:
    """A client whose TLS works in memory, so that it never waits by itself."""

    def __init__(self, stage: "Stage", sock: socket.socket, session: Session) -> None:
        self.stage = stage
        self.sock = sock
        self.session = session
        self.arrived, self.leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = stage.client_context.wrap_bio(self.arrived, self.leaving)
        self.unsent = b""
        self.got = b""
        self.ended = ""  # by a word of TLS, or just so

    def move(self) -> None:
        """Whatever bytes can move now, move."""
        self.unsent += self.leaving.read()
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while self.unsent:
                self.unsent = self.unsent[self.sock.send(self.unsent[:100_000]) :]
        with contextlib.suppress(BlockingIOError, ConnectionResetError):
            data = self.sock.recv(1_000_000)
            if data:
                self.arrived.write(data)
            elif not self.ended:
                self.ended = "just so"

    def shake(self) -> None:
        self.stage.until(self.has_shaken)

    def has_shaken(self) -> bool:
        self.move()
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.move()
        return self.session.secure

    def send(self, data: bytes) -> None:
        self.tls.write(data)
        self.move()

    def pull(self) -> None:
        self.move()
        with contextlib.suppress(ssl.SSLWantReadError):
            while True:
                data = self.tls.read(1_000_000)
                if not data:
                    self.ended = "by a word"
                    return
                self.got += data

    def has_ended(self) -> bool:
        self.pull()
        return bool(self.ended)

    def expect(self, data: bytes) -> None:
        """Exactly this arrives next."""

        def enough() -> bool:
            self.pull()
            return len(self.got) >= len(data)

        self.stage.until(enough)
        assert self.got == data
        self.got = b""


class Stage:
    """A reactor, the loop that watches it, and its clients."""

    def __init__(self, folder: Path) -> None:
        certificate, key = make_certificate(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.client_context.check_hostname = False
        self.client_context.load_verify_locations(certificate)
        self.clock = Clock()
        self.lane = Lane(self.clock, [[Table(self.clock)]])
        self.reactor = Reactor(self.clock, self.lane, Limits())
        self.errors: list[Exception] = []
        self.pending = False
        self.reactor.wanted = self.want
        self.reactor.on_error = self.errors.append
        self.clients: list[Client] = []

    def want(self) -> None:
        self.pending = True

    def join(self, plain: bool = False) -> Client:
        near, far = socket.socketpair()
        near.setblocking(False)
        far.setblocking(False)
        session = Session()
        if plain:
            session.connection = self.reactor.attach(near.detach(), session, RespParser())
        else:
            session.connection = self.reactor.attach(
                near.detach(), session, RespParser(), self.context
            )
        session.connection.trusted = True
        client = Client(self, far, session)
        self.clients.append(client)
        return client

    def turn(self, wait_s: float = 0.0) -> None:
        if select.select([self.reactor.fd], [], [], wait_s)[0]:
            self.reactor.poll()
        if self.pending:
            self.pending = False
            self.reactor.run_pending()

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, "it never came"
            self.turn(0.001)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    for client in stage.clients:
        client.sock.close()
        client.session.connection.abort()
    assert stage.errors == []


def test_requests_are_answered_behind_a_handshake(stage: Stage) -> None:
    client = stage.join()
    client.shake()
    client.send(encode_all([[b"ECHO", b"a"], [b"ECHO", b"b"]]))
    client.expect(bulk(b"a") + bulk(b"b"))
    assert isinstance(client.session.connection, TlsConnection)
    seal = client.session.connection.seal
    assert (seal.established, seal.version()) == (True, "TLSv1.3")
    assert client.session.connection.bytes_in == 42


@pytest.mark.parametrize("length", [1, 16_384, 16_385, 65_536, 3_000_000])
def test_a_request_of_any_length_arrives_whole_and_goes_back(stage: Stage, length: int) -> None:
    client = stage.join()
    client.shake()
    word = random.Random(length).randbytes(length)
    client.send(encode([b"ECHO", word]) + encode([b"ECHO", b"next"]))
    client.expect(bulk(word) + bulk(b"next"))
    assert client.session.connection.input_capacity == 0


def test_bytes_may_come_one_by_one(stage: Stage) -> None:
    client = stage.join()
    client.stage.until(lambda: trickle(client) or client.session.secure)
    client.tls.write(encode([b"ECHO", b"abc"]))
    client.stage.until(lambda: trickle(client) or not client.unsent + client.leaving.read(0))
    client.expect(bulk(b"abc"))


def trickle(client: Client) -> bool:
    """Send one byte."""
    with contextlib.suppress(ssl.SSLWantReadError):
        client.tls.do_handshake()
    client.unsent += client.leaving.read()
    client.sock.send(client.unsent[:1])
    client.unsent = client.unsent[1:]
    with contextlib.suppress(BlockingIOError):
        client.arrived.write(client.sock.recv(100_000))
    return False


def test_a_request_may_come_together_with_the_end_of_the_handshake(stage: Stage) -> None:
    client = stage.join()

    def has_spoken() -> bool:
        client.unsent += client.leaving.read()
        client.move()
        try:
            client.tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        client.tls.write(encode([b"ECHO", b"early"]))
        return True

    stage.until(has_spoken)
    client.expect(bulk(b"early"))


def test_the_end_is_said_and_heard(stage: Stage) -> None:
    leaving, sent_away = stage.join(), stage.join()
    for client in (leaving, sent_away):
        client.shake()
    leaving.send(encode([b"ECHO", b"last"]))
    with contextlib.suppress(ssl.SSLWantReadError):
        leaving.tls.unwrap()
    leaving.move()
    stage.until(lambda: leaving.session.ends == 1)
    sent_away.send(encode([b"QUIT"]))
    sent_away.expect(bulk(b"QUIT"))
    stage.until(sent_away.has_ended)
    assert sent_away.ended == "by a word"


def test_a_spoilt_record_ends_that_connection_only(stage: Stage) -> None:
    spoilt, good = stage.join(), stage.join()
    for client in (spoilt, good):
        client.shake()
    spoilt.sock.send(b"\x17\x03\x03\x00\x20" + bytes(32))
    stage.until(lambda: spoilt.session.ends == 1)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))


def test_plaintext_is_answered_in_plaintext(stage: Stage) -> None:
    client = stage.join()
    client.sock.send(b"*1\r\n$4\r\nPING\r\n")
    stage.until(lambda: client.session.ends == 1)
    assert client.sock.recv(100) == b"-no\r\n"
    assert client.session.greetings[0].startswith(b"*1\r\n$4\r\nPING")


def test_tls_on_a_plain_connection_is_answered_too(stage: Stage) -> None:
    told: list[bytes] = []

    def answer(first: bytes, fd: int) -> bytes:
        told.append(first)
        return b"-none here\r\n"

    stage.reactor.on_tls_hello = answer
    client = stage.join(plain=True)
    with contextlib.suppress(ssl.SSLWantReadError):
        client.tls.do_handshake()
    client.sock.send(client.leaving.read())
    stage.until(lambda: client.session.ends == 1)
    assert client.sock.recv(100) == b"-none here\r\n"
    assert told[0].startswith(b"\x16\x03")


def test_a_handshake_that_fails_says_why_to_both_sides(stage: Stage) -> None:
    client = stage.join()
    client.sock.send(b"\x16\x03\x01\x00\x05nosense")
    stage.until(lambda: client.session.ends == 1)
    assert len(client.session.problems) == 1
    assert client.sock.recv(100).startswith(b"\x15\x03")  # an alert


def test_an_endless_hello_is_not_kept(stage: Stage) -> None:
    client = stage.join()
    client.unsent = b"\x16\x03\x01\x3f\xff" + bytes(400_000)

    def is_over() -> bool:
        client.move()
        return client.session.ends == 1

    stage.until(is_over)


def test_a_turn_goes_on_with_so_many_handshakes_only(stage: Stage) -> None:
    clients = [stage.join() for _ in range(8)]
    for client in clients:
        with contextlib.suppress(ssl.SSLWantReadError):
            client.tls.do_handshake()
        client.move()
    answered = []
    for _ in range(3):
        stage.reactor.poll()
        stage.reactor.run_pending()
        for client in clients:
            client.move()
        answered.append(sum(client.arrived.pending > 0 for client in clients))
    assert answered == sorted(answered)
    assert 0 < answered[0] <= 4
    stage.reactor.handshakes_a_turn = 100
    for client in clients:
        client.shake()


def test_a_reader_that_is_slow_gets_everything(stage: Stage) -> None:
    client = stage.join()
    client.shake()
    word = random.Random(1).randbytes(1_000_000)
    client.send(encode([b"ECHO", word]) * 10)
    wanted = bulk(word) * 10
    while len(client.got) < len(wanted):
        client.unsent += client.leaving.read()
        with contextlib.suppress(BlockingIOError):
            client.unsent = client.unsent[client.sock.send(client.unsent[:50_000]) :]
        stage.turn(0.001)
        with contextlib.suppress(BlockingIOError):
            client.arrived.write(client.sock.recv(30_000))
        with contextlib.suppress(ssl.SSLWantReadError):
            client.got += client.tls.read(1_000_000)
    assert client.got == wanted
