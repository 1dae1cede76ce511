"""The thread in which TLS handshakes are calculated, so that they keep no client waiting.

A handshake takes a quarter of a millisecond with a key on a curve, and several with RSA. OpenSSL
does it without the interpreter's lock; what is done with the lock takes microseconds.
"""

import asyncio
import contextlib
import threading
from queue import SimpleQueue

from dflite.native.wire.reactor import Reactor
from dflite.native.wire.tls_connection import TlsConnection


class Shaker:
    """Takes connections for a step of their handshakes, and hands them back to the loop."""

    def __init__(self, reactor: Reactor, loop: asyncio.AbstractEventLoop) -> None:
        self.reactor = reactor
        self.loop = loop
        self.waiting: SimpleQueue[TlsConnection | None] = SimpleQueue()
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """From now on it is asked for each step; the thread begins with the first."""
        self.reactor.shake_elsewhere = self.take

    def take(self, connection: TlsConnection) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, name="handshakes", daemon=True)
            self.thread.start()
        self.waiting.put(connection)

    def run(self) -> None:
        while (connection := self.waiting.get()) is not None:
            connection.shake()
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.loop.call_soon_threadsafe(self.reactor.shaken, connection)

    def stop(self) -> None:
        """Begin no further step."""
        self.reactor.shake_elsewhere = None
        self.waiting.put(None)
        if self.thread is not None:
            self.thread.join()
