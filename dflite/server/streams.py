"""Connections that are not plain sockets of the reactor: those that speak TLS.

An asyncio protocol feeds the same native connection that the reactor feeds.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from dflite.engine.session import Session
from dflite.native.connection import HELD_OUTPUT, Connection
from dflite.native.lane import Lane
from dflite.native.requests import Batch, Limits

PIECE: Final = 64 * 1024  # bytes that are encrypted at a time


class Traffic:
    """Bytes of all stream connections together, before encryption."""

    def __init__(self) -> None:
        self.bytes_in = 0
        self.bytes_out = 0


class StreamConnection(Connection):
    """A native connection whose bytes go through an asyncio transport."""

    traffic: Traffic

    transport: asyncio.Transport | None = None
    full = False  # the transport has as much as it wants
    loop: asyncio.AbstractEventLoop
    pump: "Callable[[], None]"

    def flush(self) -> None:
        """Hand over what the transport takes now: the rest waits here, and is not encrypted yet.

        To encrypt many megabytes at once would keep everybody waiting. At the end of the input all
        goes, because the transport closes by itself then.
        """
        while self.transport is not None and len(self.reply) and (self.at_eof or not self.full):
            data = self.reply.take(PIECE)
            self.bytes_out += len(data)
            self.traffic.bytes_out += len(data)
            self.transport.write(data)

    def schedule(self) -> None:
        self.loop.call_soon(self.pump)

    def changed_interest(self) -> None:
        if self.transport is None:
            return
        if self.held:
            self.transport.pause_reading()
        elif not self.closing:
            self.transport.resume_reading()

    def mark_dirty(self) -> None:
        self.schedule()

    def abort(self) -> None:
        super().abort()
        if self.transport is not None:
            self.transport.abort()


class StreamProtocol(asyncio.Protocol):
    """One accepted connection. `entered` lets it in, or says in bytes why it is turned away."""

    def __init__(
        self,
        lane: Lane,
        limits: Limits,
        batch: Batch,
        session: Session,
        entered: "Callable[[StreamProtocol], bytes]",
        settle: Callable[[], None],
        traffic: Traffic,
    ) -> None:
        self.conn = StreamConnection(lane, limits, batch)
        self.conn.traffic = self.traffic = traffic
        self.conn.session = session
        self.session = session
        self.entered = entered
        self.settle = settle
        self.known = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        conn = self.conn
        conn.transport = cast(asyncio.Transport, transport)
        conn.loop = asyncio.get_running_loop()
        conn.pump = self.pump
        conn.transport.set_write_buffer_limits(conn.limits.high_water)
        refusal = self.entered(self)
        if refusal:
            conn.transport.write(refusal)
            conn.transport.close()
        else:
            self.known = True

    def data_received(self, data: bytes) -> None:
        if self.known:
            self.conn.lane.clock.read()
            self.traffic.bytes_in += len(data)
            self.conn.feed(data)
            self.finish()

    def eof_received(self) -> bool:
        self.conn.feed_eof()
        self.finish()
        return not self.conn.closing

    def pause_writing(self) -> None:
        self.conn.full = True
        self.conn.hold(HELD_OUTPUT)

    def resume_writing(self) -> None:
        self.conn.full = False
        self.conn.flush()
        if not self.conn.full:
            self.conn.release(HELD_OUTPUT)
            self.close_if_done()

    def pump(self) -> None:
        """Take what may be taken now, and send."""
        if self.known and not self.conn.closed:
            self.conn.lane.clock.read()
            self.conn.resume()
            self.finish()

    def finish(self) -> None:
        """The end of a wake-up: other clients' replies first, then our own, perhaps the end."""
        self.settle()
        self.conn.flush()
        self.close_if_done()

    def close_if_done(self) -> None:
        """Close once everything is with the transport, if that is what was to be waited for."""
        conn = self.conn
        if conn.closing and not len(conn.reply) and conn.transport is not None:
            conn.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        conn = self.conn
        conn.transport = None
        conn.mark_closed()
        if self.known:
            self.known = False
            self.session.closed()
