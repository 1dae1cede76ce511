"""A TCP proxy of the tests' own, which cuts, delays and stops what goes through it."""

import contextlib
import select
import socket
import threading
import time
from types import TracebackType
from typing import Final

CHUNK: Final = 64 * 1024


class Proxy:
    """Listens on `port` of loopback and passes everything on to another port of it."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.lock = threading.Lock()
        self.delay_s = 0.0
        self.closed = False
        self.refusing = False  # who connects is cut off at once
        self.cut_after = -1  # bytes that a connection may still bring to the one who called
        self.brought = 0
        self.cuts = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def accept(self) -> None:
        while not self.closed:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            if self.refusing:
                caller.close()
                continue
            try:
                target = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                caller.close()
                continue
            pair = (caller, target)
            with self.lock:
                self.pairs.append(pair)
            threading.Thread(target=self.pump, args=(pair,), daemon=True).start()

    def pump(self, pair: tuple[socket.socket, socket.socket]) -> None:
        caller, target = pair
        try:
            while True:
                ready, _, _ = select.select(pair, [], [], 1.0)
                for end in ready:
                    data = end.recv(CHUNK)
                    if not data:
                        return
                    if self.delay_s:
                        time.sleep(self.delay_s)
                    if end is caller:
                        target.sendall(data)
                        continue
                    if self.cut_after >= 0:
                        data = data[: self.cut_after]
                        self.cut_after -= len(data)
                    caller.sendall(data)
                    self.brought += len(data)
                    if self.cut_after == 0:
                        self.cut_after = -1
                        self.cuts += 1
                        return
        except (OSError, ValueError):
            return
        finally:
            self.drop(pair)

    def drop(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self.lock:
            if pair in self.pairs:
                self.pairs.remove(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        """Cut every connection in the middle of whatever it brings."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self.cuts += len(pairs)

    def close(self) -> None:
        self.closed = True
        self.listener.close()
        self.cut()
