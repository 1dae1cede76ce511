"""Between a connection and the engine: what a connection calls for each request, and at its end."""

from collections.abc import Iterator
from typing import Final

from dflite.engine.client import REPLY_ON
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.native.base.clock import monotonic_us
from dflite.native.wire.connection import HELD_OTHER, HELD_PAUSED

ATTACKS: Final = (b"POST", b"HOST:")  # a browser made to talk to us
METHODS: Final = (b"GET", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"TRACE", b"CONNECT")
LONGEST_HEAD: Final = 64 * 1024
MOMENT_US: Final = 1000


class Conversation:
    """What sessions of all protocols have in common. `ctx` is given right after the connection."""

    ctx: Context

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.admin = False

    def request(self, argv: list[bytes]) -> None:
        """Answer one request."""
        raise NotImplementedError

    def input_too_long(self) -> None:
        """The query buffer limit is reached; the connection closes after this."""
        self.executor.closed_for_input += 1
        self.ctx.host.log_of_many(
            "warning",
            "input",
            f"closing client {self.ctx.client.addr}: it exceeds client-query-buffer-limit",
        )

    def output_too_long(self) -> None:
        """The hard limit of unsent replies is exceeded; the connection closes after this."""
        self.executor.closed_for_output += 1
        self.ctx.host.log_of_many(
            "warning",
            "output",
            f"closing client {self.ctx.client.addr}: it exceeds client-output-buffer-limit",
        )

    def resume_postponed(self) -> None:
        """Run the request that CLIENT PAUSE held back."""
        client = self.ctx.client
        argv = client.postponed
        if argv is not None and not client.conn.held & HELD_PAUSED:
            client.postponed = None
            self.request(argv)

    def closed(self) -> None:
        """The connection is gone."""
        self.executor.forget_client(self.ctx.client)


class Session(Conversation):
    """RESP's side of a connection, and HTTP's. The native parser calls the methods."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self.http_enabled = True
        self.http_method = ""  # of the request whose head is being read
        self.http_target = ""
        self.http_length = 0
        self.moment_us = MOMENT_US
        self.pieces: Iterator[bytes] = iter(())  # of the response that are still to be made

    def request(self, argv: list[bytes]) -> None:
        """Answer one request."""
        self.executor.execute(self.ctx, argv)

    def inline(self, argv: list[bytes]) -> None:
        """Answer a request that came as a line; it may be the first one of HTTP's."""
        name = argv[0].upper()
        if name in ATTACKS:
            self.ctx.host.log_of_many(
                "warning",
                "attack",
                f"possible attack: {self.ctx.client.addr} sends HTTP, perhaps with commands in it; "
                "connection closed",
            )
            self.ctx.client.conn.close_after_reply()
        elif (
            len(argv) == 3
            and argv[2].startswith(b"HTTP/1.")
            and argv[0] in METHODS
            and self.http_enabled
        ):
            self.http_method = argv[0].decode()
            self.http_target = argv[1].decode("latin-1")
            self.ctx.client.conn.by_line = True
        else:
            self.request(argv)

    def line(self, text: bytes) -> None:
        """Take a line of an HTTP request's head; at the head's end it is answered."""
        self.http_length += len(text)
        if self.http_length > LONGEST_HEAD:
            self.respond(431)
        elif not text:
            self.respond(0)

    def respond(self, status: int) -> None:
        """Answer the HTTP request, with an error if status is not 0, and close."""
        self.pieces = self.ctx.host.http(self.http_method, self.http_target, status)
        self.ctx.client.conn.hold(HELD_OTHER)
        self.send_pieces()

    def send_pieces(self) -> None:
        """Write what takes a moment to make; the rest of a long response after a pause."""
        conn = self.ctx.client.conn
        if conn.closed:
            return
        started = monotonic_us()
        for piece in self.pieces:
            self.ctx.reply.raw(piece)
            if monotonic_us() - started > self.moment_us:
                conn.mark_dirty()
                self.executor.timers.at(self.executor.clock.now_ms + 1, self.send_pieces)
                return
        conn.close_after_reply()

    def protocol_error(self, text: bytes) -> None:
        """The input is no request; the connection closes after this."""
        client = self.ctx.client
        if self.http_method:
            self.respond(431)  # an endless line is all that can be wrong
            return
        if client.reply_mode == REPLY_ON:
            self.ctx.reply.error(b"ERR Protocol error: " + text)
        self.executor.count_error(b"ERR")
        self.ctx.host.log_of_many(
            "verbose",
            "protocol",
            f"protocol error from client {client.addr}: {text.decode('latin-1')}",
        )
