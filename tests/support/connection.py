"""A small blocking RESP connection of our own: sends exactly what a test says, hides nothing."""

import contextlib
import socket
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Final

from tests.support.resp import Framer, Incomplete, Reply, Word, encode, encode_all, parse

CHUNK: Final = 256 * 1024


class Closed(Exception):
    """The server closed the connection before the reply was whole."""


class Connection:
    """One socket to a server; replies are read in the order in which they come, pushes too."""

    def __init__(self, place: int | str, timeout: float = 10.0) -> None:
        """Connect to a port of the loopback interface, or to the path of a Unix socket."""
        self.timeout = timeout
        if isinstance(place, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(place)
        else:
            self.socket = socket.create_connection(("127.0.0.1", place), timeout=timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send_raw(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send(self, *argv: Word) -> None:
        self.socket.sendall(encode(argv))

    def end_sending(self) -> None:
        """Close our half: the server reads EOF, and may still answer."""
        self.socket.shutdown(socket.SHUT_WR)

    def more(self) -> None:
        """Wait for some more bytes; Closed at EOF, TimeoutError if none come."""
        try:
            data = self.socket.recv(CHUNK)
        except (ConnectionResetError, BrokenPipeError) as error:
            raise Closed(f"reset with {bytes(self.buffer)!r} unread") from error
        if not data:
            raise Closed(f"closed with {bytes(self.buffer[:200])!r} unread")
        self.buffer += data

    def read_both(self) -> tuple[Reply, bytes]:
        """The next reply, and the very bytes it was made of."""
        self.await_reply(0)
        reply, end = parse(self.buffer)
        raw = bytes(self.buffer[:end])
        del self.buffer[:end]
        return reply, raw

    def await_reply(self, at: int) -> None:
        """Receive until the reply that starts at `at` is whole."""
        framer = Framer(at)
        while not framer.end(self.buffer):
            self.more()

    def read(self) -> Reply:
        return self.read_both()[0]

    def read_raw(self) -> bytes:
        return self.read_both()[1]

    def read_many(self, count: int) -> list[Reply]:
        """The next `count` replies, however many bytes they take."""
        replies: list[Reply] = []
        at = 0
        while len(replies) < count:
            try:
                if at >= len(self.buffer):
                    raise Incomplete
                reply, at = parse(self.buffer, at)
                replies.append(reply)
            except Incomplete:
                del self.buffer[:at]
                at = 0
                self.await_reply(0)
        del self.buffer[:at]
        return replies

    def take_all(self) -> list[Reply]:
        """The replies that have come, without waiting for any; Closed if there will be none."""
        self.socket.setblocking(False)
        try:
            while True:
                self.more()
        except BlockingIOError:
            pass
        except Closed:
            if not self.buffer:
                raise
        finally:
            self.socket.settimeout(self.timeout)
        replies: list[Reply] = []
        with contextlib.suppress(Incomplete):
            while self.buffer:
                reply, end = parse(self.buffer)
                replies.append(reply)
                del self.buffer[:end]
        return replies

    def call(self, *argv: Word) -> Reply:
        self.send(*argv)
        return self.read()

    def call_raw(self, *argv: Word) -> bytes:
        self.send(*argv)
        return self.read_raw()

    def pipeline(self, requests: Sequence[Iterable[Word]]) -> list[Reply]:
        """Write all requests at once, then read one reply for each."""
        self.socket.sendall(encode_all(requests))
        return self.read_many(len(requests))

    def read_to_end(self) -> bytes:
        """Everything until the server closes; TimeoutError if it does not."""
        while True:
            try:
                self.more()
            except Closed:
                rest = bytes(self.buffer)
                self.buffer.clear()
                return rest

    def exchange(self, data: bytes) -> bytes:
        """Write `data`, close our half, and return every byte the server answers until EOF."""
        try:
            self.send_raw(data)
            self.end_sending()
        except OSError:
            # The server may close as soon as it has seen the fault; what it said stays readable.
            return self.read_to_end()
        return self.read_to_end()
