"""A reactor, the loop that watches it, and clients on sockets, all in one thread."""

import gc
import os
import select
import socket
import time
from collections.abc import Callable, Iterator

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.wire.connection import input_memory
from dflite.native.wire.lane import Lane
from dflite.native.wire.reactor import Reactor
from dflite.native.wire.reply import buffer_memory
from dflite.native.wire.requests import Limits
from dflite.native.wire.resp import RespParser
from dflite.native.wire.socket_connection import SocketConnection

PATIENCE_S = 20.0  # of a test that would otherwise wait for ever


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def a_pair(tcp: bool, room: int) -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection, which never wait; `room` bounds what the first sends ahead."""
    if tcp:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            far = socket.create_connection(listener.getsockname())
            near = listener.accept()[0]
    else:
        near, far = socket.socketpair()
    if room:
        # A receive buffer below the loopback's packet size would make TCP wait for its timers.
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
    near.setblocking(False)
    far.setblocking(False)
    return near, far


class Session:
    """Answers each request with its last word, unless `on_request` does otherwise."""

    def __init__(self) -> None:
        self.connection: SocketConnection
        self.requests: list[list[bytes]] = []
        self.errors: list[bytes] = []
        self.ends = 0
        self.on_request: Callable[[list[bytes]], None] = self.echo

    def echo(self, argv: list[bytes]) -> None:
        self.connection.reply.bulk(argv[-1])

    def request(self, argv: list[bytes]) -> None:
        self.requests.append(argv)
        self.on_request(argv)

    def inline(self, argv: list[bytes]) -> None:
        self.request(argv)

    def resume_postponed(self) -> None:
        return

    def protocol_error(self, text: bytes) -> None:
        self.errors.append(text)
        self.connection.reply.error(b"ERR " + text)

    def input_too_long(self) -> None:
        self.errors.append(b"too long")

    def closed(self) -> None:
        self.ends += 1


class Client:
    """The other end of a connection; never waits by itself."""

    def __init__(self, stage: "Stage", sock: socket.socket, session: Session) -> None:
        self.stage = stage
        self.sock = sock
        self.session = session
        self.unsent = b""
        self.got = b""
        self.ended = False

    @property
    def connection(self) -> SocketConnection:
        return self.session.connection

    def send(self, data: bytes) -> None:
        self.unsent += data
        self.push()

    def push(self) -> None:
        """Send what the socket takes now."""
        try:
            while self.unsent:
                self.unsent = self.unsent[self.sock.send(self.unsent[:1_000_000]) :]
        except BlockingIOError:
            return
        except OSError:
            self.unsent = b""

    def has_unsent(self) -> bool:
        return bool(self.unsent)

    def end_sending(self) -> None:
        """Close our half: nothing more comes, and replies are still read."""
        self.sock.shutdown(socket.SHUT_WR)

    def pull(self, most: int = 1_000_000) -> bytes:
        """Read what is there now."""
        try:
            data = self.sock.recv(most)
            self.ended = self.ended or not data
        except BlockingIOError:
            return b""
        except OSError:
            self.ended = True
            return b""
        self.got += data
        return data

    def expect(self, data: bytes) -> None:
        """Exactly this arrives next."""
        self.stage.until(lambda: self.pull() == b"" and len(self.got) >= len(data))
        assert self.got == data
        self.got = b""

    def expect_end(self) -> None:
        self.stage.until(lambda: self.pull() == b"" and self.ended)


class Stage:
    """A reactor, the loop that watches it, and its clients."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = Clock()
        self.limits = limits or Limits()
        self.lane = Lane(self.clock, [[Table(self.clock)]])
        self.reactor = Reactor(self.clock, self.lane, self.limits)
        self.errors: list[Exception] = []
        self.pending = 0
        self.reactor.wanted = self.want
        self.reactor.on_error = self.errors.append
        self.clients: list[Client] = []

    def want(self) -> None:
        self.pending += 1

    def join(self, tcp: bool = False, room: int = 0) -> Client:
        """A new client; `room` bounds what the kernel keeps of replies."""
        near, far = a_pair(tcp, room)
        session = Session()
        session.connection = self.reactor.attach(near.detach(), session, RespParser())
        session.connection.trusted = True
        client = Client(self, far, session)
        self.clients.append(client)
        return client

    def turn(self, wait_s: float = 0.0) -> bool:
        """One turn of the event loop; was there anything to do?"""
        ready = bool(select.select([self.reactor.fd], [], [], wait_s)[0])
        if ready:
            self.reactor.poll()
        if self.pending:
            self.pending = 0
            self.reactor.run_pending()
            ready = True
        return ready

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, "it never came"
            for client in self.clients:
                if client.has_unsent():
                    client.push()
            self.turn(0.001)

    def settle(self) -> None:
        """Turn until nothing is left to do."""
        while self.turn():
            continue

    def close(self) -> None:
        for client in self.clients:
            client.sock.close()
            client.connection.abort()


def a_stage() -> Iterator[Stage]:
    """For a fixture: what it took is given back."""
    files, kept, replies = open_files(), input_memory(), buffer_memory()
    stage = Stage()
    yield stage
    stage.close()
    del stage.reactor, stage.clients
    assert not stage.errors
    assert open_files() == files
    assert input_memory() == kept
    assert buffer_memory() == replies
