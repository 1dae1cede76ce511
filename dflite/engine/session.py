"""Between a connection and the engine: what a connection calls for each request, and at its end."""

from typing import Final

from dflite.engine.client import REPLY_ON
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.native.connection import HELD_PAUSED

ATTACKS: Final = (b"POST", b"HOST:")  # a browser made to talk to us


class Session:
    """A connection's requests. The native connection calls every method but the constructor.

    `ctx` is given right after the connection is made.
    """

    ctx: Context

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.admin = False
        self.http_path = ""
        self.http_method = ""

    def request(self, argv: list[bytes]) -> None:
        """Answer one request."""
        ctx = self.ctx
        client = ctx.client
        if client.reply_mode == REPLY_ON:
            self.executor.execute(ctx, argv)
            if client.reply_mode != REPLY_ON:  # CLIENT REPLY OFF and SKIP answer nothing themselves
                client.silence(ctx.reply.mark())
            return
        mark = ctx.reply.mark()
        self.executor.execute(ctx, argv)
        if client.reply_mode != REPLY_ON and not client.is_held():
            client.silence(mark)

    def inline(self, argv: list[bytes]) -> None:
        """Answer a request that came as a line; it may be the first one of HTTP's."""
        if self.http_path:
            return
        if len(argv) == 3 and argv[2].startswith(b"HTTP/1.") and argv[0] in (b"GET", b"HEAD"):
            self.http_path = argv[1].decode("latin-1")
            self.http_method = argv[0].decode()
            conn = self.ctx.client.conn
            response = self.ctx.host.http(self.ctx.client, self.http_method, self.http_path)
            self.ctx.reply.raw(response)
            conn.close_after_reply()
            return
        if argv[0].upper() in ATTACKS:
            self.ctx.host.log(
                "warning",
                f"possible security attack: {self.ctx.client.addr} sends HTTP requests with "
                "commands in them; connection closed",
            )
            self.ctx.client.conn.close_after_reply()
            return
        self.request(argv)

    def protocol_error(self, text: bytes) -> None:
        """The input is no request; the connection closes after this."""
        if self.ctx.client.reply_mode == REPLY_ON:
            self.ctx.reply.error(b"ERR Protocol error: " + text)
        self.executor.count_error(b"ERR")
        self.ctx.host.log(
            "verbose",
            f"protocol error from client {self.ctx.client.addr}: {text.decode('latin-1')}",
        )

    def input_too_long(self) -> None:
        """The query buffer limit is reached; the connection closes after this."""
        self.ctx.host.log(
            "warning",
            f"closing client {self.ctx.client.addr}: it exceeds client-query-buffer-limit",
        )

    def output_too_long(self) -> None:
        """The hard limit of unsent replies is exceeded; the connection closes after this."""
        self.ctx.host.log(
            "warning",
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
