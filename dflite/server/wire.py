"""A connection to another node, as who has called it sees it: lines, bytes, and its end."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final, cast

from dflite.server.link_problems import MAY_SPEAK_NO_TLS, of_tls

TLS_PATIENCE_S: Final = 10.0  # for a handshake: a plain port may wait for the end of a line
LONGEST_LINE: Final = 64 * 1024
FULL: Final = 256 << 10  # bytes that wait to be looked at, above which no more is read


class LinkLost(Exception):
    """Why there is no link any more, or none came about, in a sentence."""


class Wire(asyncio.Protocol):
    """Bytes come into `came`, or where `receiver` is set, to it."""

    def __init__(self, clock_ms: Callable[[], int]) -> None:
        self.clock_ms = clock_ms
        self.came = bytearray()
        self.receiver: Callable[[bytes], None] | None = None
        self.transport: asyncio.Transport | None = None
        self.last_ms = clock_ms()  # when it was last heard of
        self.lost: Exception | None = None
        self.more: asyncio.Future[None] | None = None
        self.paused = False

    # -- what the loop calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.last_ms = self.clock_ms()
        if self.receiver is not None:
            try:
                self.receiver(data)
            except Exception as error:
                self.end(error)
            return
        self.came += data
        if len(self.came) > FULL:
            self.pause()
        self.wake()

    def eof_received(self) -> bool:
        self.end(LinkLost("the other side has closed the connection"))
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(error, ssl.SSLError):
            self.end(LinkLost(of_tls(error)))
        else:
            self.end(LinkLost(f"the connection is lost: {error}" if error else "it is closed"))

    # -- its end -----------------------------------------------------------------------------------

    def end(self, why: Exception) -> None:
        """There will be no more; whoever waits is told why."""
        if self.lost is None:
            self.lost = why
        self.receiver = None
        if self.transport is not None:
            self.transport.abort()
        self.wake()

    def wake(self) -> None:
        if self.more is not None and not self.more.done():
            self.more.set_result(None)

    # -- what its owner calls ----------------------------------------------------------------------

    def peer_ip(self) -> str:
        """Whom it has called; nothing if that cannot be told any more."""
        if self.transport is None:
            return ""
        there = self.transport.get_extra_info("peername")
        return str(there[0]) if there else ""

    def send(self, data: bytes) -> None:
        if self.transport is not None and self.lost is None:
            self.transport.write(data)

    def pause(self) -> None:
        """Let no more come for the time being."""
        if not self.paused and self.transport is not None and self.lost is None:
            self.paused = True
            self.transport.pause_reading()

    def go_on(self) -> None:
        """Let more come."""
        if self.paused and self.transport is not None and self.lost is None:
            self.paused = False
            self.transport.resume_reading()

    async def wait(self, seconds: float) -> bool:
        """Until something comes, or so long; False if nothing came. Raises why if it had ended."""
        if self.lost is not None:
            raise self.lost
        self.more = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(self.more, seconds)
            came = True
        except TimeoutError:
            came = False
        self.more = None
        return came

    def take(self) -> bytes:
        """What came, and was not taken."""
        data = bytes(self.came)
        self.came.clear()
        self.go_on()
        return data

    async def line(self, seconds: float) -> bytes:
        """The next line that is not empty; LinkLost if it does not come while lines come at all."""
        while True:
            end = self.came.find(b"\n")
            if end >= 0:
                text = bytes(self.came[:end]).rstrip(b"\r")
                del self.came[: end + 1]
                if text:
                    return text
            elif len(self.came) > LONGEST_LINE:
                raise LinkLost("it answers a line that does not end")
            elif not await self.wait(seconds):
                raise LinkLost("it does not answer")


async def call(
    host: str,
    port: int,
    seconds: float,
    clock_ms: Callable[[], int],
    context: ssl.SSLContext | None,
) -> Wire:
    """Connect to a node; LinkLost if nobody is there."""
    loop = asyncio.get_running_loop()
    name = None if context is None else host
    try:
        async with asyncio.timeout(seconds):
            _, wire = await loop.create_connection(
                lambda: Wire(clock_ms),
                host,
                port,
                ssl=context,
                server_hostname=name,
                ssl_handshake_timeout=None if context is None else min(seconds, TLS_PATIENCE_S),
            )
    except TimeoutError:
        raise LinkLost("the connection takes too long") from None
    except ssl.SSLError as error:
        raise LinkLost(of_tls(error)) from None
    except ConnectionAbortedError:
        raise LinkLost(MAY_SPEAK_NO_TLS) from None
    except OSError as error:
        raise LinkLost(f"no connection: {error.strerror or error}") from None
    except UnicodeError:
        raise LinkLost("no connection: no host has such a name") from None
    return wire
