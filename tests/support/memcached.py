"""Memcached's protocol for tests: servers that speak it, and a blocking connection."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from tests.support.servers import STARTS_WITHIN, Server, dflite_command, free_port, missing, start

END: Final = b"MN\r\n"


class McConnection:
    """A connection that reads as much as it is told to."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.ended = False  # by the peer

    def __enter__(self) -> "McConnection":
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

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        """What comes up to `end`, without it; all there is, if the peer closes before."""
        while end not in self.unread:
            with contextlib.suppress(ConnectionResetError):
                data = self.socket.recv(65536)
                if data:
                    self.unread += data
                    continue
            found, self.unread = self.unread, b""
            self.ended = True
            return found
        found, _, self.unread = self.unread.partition(end)
        return found

    def call(self, data: bytes) -> bytes:
        """The whole answer to some requests, which must be complete."""
        self.send(data + b"mn\r\n")
        return self.read_until(END)


class McServer:
    """A running server, with its port for memcached's protocol."""

    def __init__(self, port: int, server: Server | None, process: subprocess.Popen[bytes] | None):
        self.port = port
        self.server = server
        self.process = process

    def __enter__(self) -> "McServer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def connect(self, timeout: float = 10.0) -> McConnection:
        return McConnection(self.port, timeout)

    @property
    def resp(self) -> Server:
        assert self.server is not None
        return self.server

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


def start_dflite_memcached(*flags: str) -> McServer:
    """`dflite serve` with both protocols on free ports."""
    port, memcached = free_port(), free_port()
    argv = [str(dflite_command()), "serve", f"--port={port}", f"--memcached_port={memcached}"]
    return McServer(memcached, start("dflite", [*argv, *flags], port), None)


def start_memcached(*flags: str) -> McServer:
    """The system's memcached on a free port, with one thread; skips where there is none."""
    binary = shutil.which("memcached")
    if binary is None:
        missing("memcached is not installed")
    port = free_port()
    home = Path(tempfile.gettempdir())
    argv = [binary, "-p", str(port), "-U", "0", "-l", "127.0.0.1", "-t", "1", "-u", "nobody"]
    process = subprocess.Popen([*argv, *flags], cwd=home, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        with contextlib.suppress(OSError), McConnection(port, 2.0) as connection:
            if connection.call(b"") == b"":
                return McServer(port, None, process)
        assert process.poll() is None, "memcached has ended"
        assert time.monotonic() < deadline, "memcached does not answer"
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
