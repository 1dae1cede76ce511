"""A primary that says exactly what a test says, to a real replica."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final

from dflite.native.base.bytesops import crc64
from dflite.native.rdb.snapshot import Snapshot
from dflite.persistence.rdb_file import END, head, version_for
from tests.support.node import Node

ID: Final = "0123456789abcdef0123456789abcdef01234567"
MARK: Final = b"f" * 40


def snapshot_of(*lines: str) -> bytes:
    """The snapshot of a node on which these requests were run."""
    node = Node()
    client = node.client()
    for line in lines:
        client.run(line)
    snapshot = Snapshot(node.keyspace.tables)
    data = head(version_for(node.keyspace), [])
    while snapshot.run(1000):
        continue
    data += snapshot.take() + END
    return data + crc64(data).to_bytes(8, "little")


class Link:
    """A replica's connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.file = sock.makefile("rb")

    def read(self) -> list[bytes]:
        """The next request; [] for an empty line, or at the end."""
        line = self.file.readline()
        if not line.startswith(b"*"):
            return []
        argv = []
        for _ in range(int(line[1:])):
            size = int(self.file.readline()[1:])
            argv.append(self.file.read(size + 2)[:-2])
        return argv

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def greet(self) -> list[bytes]:
        """Be a primary that is content with everything, up to PSYNC, which is returned."""
        while True:
            argv = self.read()
            if argv[:1] in ([b"PSYNC"], []):
                return argv
            self.send(b"+PONG\r\n" if argv == [b"PING"] else b"+OK\r\n")

    def read_ack(self) -> int:
        """Where the replica says that it is."""
        while True:
            argv = self.read()
            if argv[:2] == [b"REPLCONF", b"ACK"]:
                return int(argv[2])


class FakePrimary:
    """Serves each connection with the next of the scripts, or the last one again."""

    def __init__(self, *scripts: Callable[[Link], None]) -> None:
        self.scripts = list(scripts)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.served = 0
        self.links: list[Link] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.served, len(self.scripts) - 1)]
            self.served += 1
            link = Link(sock)
            self.links.append(link)
            threading.Thread(target=self.play, args=(script, link), daemon=True).start()

    def play(self, script: Callable[[Link], None], link: Link) -> None:
        with contextlib.suppress(OSError, ValueError):
            script(link)
        with contextlib.suppress(OSError):
            link.socket.shutdown(socket.SHUT_RDWR)
            link.socket.close()

    def __enter__(self) -> "FakePrimary":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.listener.close()
        for link in self.links:
            with contextlib.suppress(OSError):
                link.socket.shutdown(socket.SHUT_RDWR)
