"""A primary's stream: its requests are run as they came, and its bytes kept for who follows us.

The stream is fed to a connection without a socket, whose client is the primary. Parser and hot lane
are those of every client, so a replica is as fast as its primary. What is applied is counted in
bytes, and by whole transactions: MULTI counts when its EXEC has run, so that a link that is cut in
between goes on before it. While the primary's requests run no deadline has passed: it says DEL.
"""

from collections import deque
from typing import Final

from dflite.engine.client import Client
from dflite.engine.context import Context, Host
from dflite.engine.executor import Executor
from dflite.engine.session import Conversation
from dflite.native.base.bytesops import parse_int
from dflite.native.wire.connection import Connection
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.resp import RespParser

ANY: Final = 1 << 62  # bytes of a request, or of replies that nobody reads
PIECE: Final = 256 * 1024  # bytes that are applied before others have their turn
LONGEST_NAME: Final = 64
PROTOCOL: Final = "the stream is no sequence of requests"


class BrokenStream(Exception):
    """Why the stream cannot be followed any further, in a sentence."""


class StreamEnded(Exception):
    """Why nothing more is applied; what is, is whole, so that another link may go on from there."""


class PrimarySession(Conversation):
    """What the parser calls for the requests of a primary."""

    def __init__(self, executor: Executor, parser: RespParser) -> None:
        super().__init__(executor)
        self.parser = parser
        self.base = 0  # where in the stream the parser's input begins
        self.transaction = 0  # where in it the last MULTI stands
        self.acknowledge = False  # the primary wants to know how far we are
        self.broken = ""
        self.ends_at = -1  # where in the stream, if what is before that is whole

    def request(self, argv: list[bytes]) -> None:
        name = argv[0].upper()
        if name == b"MULTI":
            self.transaction = self.base + self.parser.began
        elif name == b"REPLCONF":
            self.acknowledge = True
            return
        executor = self.executor
        errors = executor.error_replies
        executor.execute(self.ctx, argv)
        if executor.error_replies != errors:
            self.failed(name, len(argv))
        elif name == b"SELECT" and self.ctx.client.queue is not None and len(argv) > 1:
            index = parse_int(argv[1])
            if index is None or not 0 <= index < len(executor.keyspace.dbs):
                self.end_before("it is in a transaction")

    def failed(self, name: bytes, words: int) -> None:
        """The primary has done what cannot be done here: the data differ."""
        reply = self.ctx.reply.take().rsplit(b"\r\n-", 1)[-1].strip(b"\r\n-")
        text = reply.decode("latin-1")
        shown = name[:LONGEST_NAME].decode("latin-1").lower()
        self.ctx.host.log_of_many(
            "warning",
            f"propagation {shown}",
            f"== CRITICAL == the primary's '{shown}' ({words - 1} arguments) failed here: {text}",
        )
        executor = self.executor
        executor.divergence.errors += 1
        if executor.divergence.ends_replica and executor.read_only:
            self.ctx.host.fail(
                "a replica that cannot do what its primary has done ends, as "
                f"propagation-error-behavior says: {shown}: {text}"
            )
        if name == b"SELECT":
            self.end_before(text)

    def end_before(self, text: str) -> None:
        """What comes behind this SELECT is for no database that is here: nothing of it is done."""
        in_transaction = self.ctx.client.queue is not None
        self.ends_at = self.transaction if in_transaction else self.base + self.parser.began
        self.broken = f"a database that is not here: {text}; see --dbnum"
        self.ctx.client.conn.close_after_reply()

    def inline(self, argv: list[bytes]) -> None:
        self.request(argv)

    def line(self, text: bytes) -> None:
        """There is no HTTP in a stream."""
        self.broken = PROTOCOL

    def protocol_error(self, text: bytes) -> None:
        self.broken = f"{PROTOCOL}: {text.decode('latin-1')}"

    def input_too_long(self) -> None:
        self.broken = PROTOCOL


class PrimaryStream:
    """Applies the stream of the primary at `addr` from the backlog's offset on."""

    def __init__(self, executor: Executor, host: Host, addr: str, database: int) -> None:
        self.executor = executor
        self.backlog = executor.backlog
        limits = Limits()
        limits.bulk_length = limits.query_buffer = limits.high_water = ANY
        parser = RespParser()
        self.conn = Connection(executor.lane, limits, Batch(), parser)
        self.client = Client(
            executor.next_client_id, self.conn, executor.users.operator, executor.clock.now_ms
        )
        executor.next_client_id += 1
        self.session = PrimarySession(executor, parser)
        self.conn.session = self.session
        client = self.client
        client.addr = addr
        client.primary = client.authenticated = client.no_evict = True
        self.ctx = self.session.ctx = Context(executor, host, client, self.conn.reply)
        self.ctx.select(database)
        self.ctx.may_wait = False  # what comes behind would wait, too
        client.update_lane()
        executor.clients[client.id] = client
        executor.contexts[client.id] = self.ctx
        self.pending: deque[bytes] = deque()  # what came and is not applied as a whole
        self.pending_bytes = 0

    @property
    def received(self) -> int:
        """Where the stream stands that came."""
        return self.backlog.offset + self.pending_bytes

    def feed(self, data: bytes) -> None:
        """Apply what came; BrokenStream if that cannot go on."""
        for start in range(0, len(data), PIECE):
            self.apply(data[start : start + PIECE])

    def apply(self, data: bytes) -> None:
        executor, conn, session = self.executor, self.conn, self.session
        if conn.closing:
            # what comes now is not taken: it must not count either
            raise StreamEnded("the client of the primary was killed")
        session.base = self.received - conn.input_length
        self.pending.append(data)
        self.pending_bytes += len(data)
        executor.clock.read()
        executor.clock.let_nothing_be_due(True)
        executor.applying = True
        executor.observers_changed()
        try:
            conn.feed(data)
        finally:
            executor.applying = False
            executor.clock.let_nothing_be_due(False)
            executor.observers_changed()
            conn.reply.rollback(0)
        if session.broken:
            self.keep_to(session.ends_at)
            raise BrokenStream(session.broken)
        if conn.closing:
            raise BrokenStream("the client of the primary was killed while it did something")
        self.keep()

    def keep(self) -> None:
        """What is applied is for those who follow us, and for the log."""
        if self.client.queue is None:
            end = self.received - self.conn.input_length
        else:
            end = self.session.transaction
        self.keep_to(end)

    def keep_to(self, end: int) -> None:
        """The stream is applied up to that offset."""
        n = end - self.backlog.offset
        if n <= 0:
            return
        self.pending_bytes -= n
        while n > 0:  # a long value is in many pieces, and is not copied once more to be one
            piece = self.pending.popleft()
            if len(piece) > n:
                self.pending.appendleft(piece[n:])
                piece = piece[:n]
            self.backlog.raw(piece)
            n -= len(piece)
        self.backlog.selected = self.conn.database

    def take_asked(self) -> bool:
        """Has the primary asked how far we are since the last call?"""
        asked = self.session.acknowledge
        self.session.acknowledge = False
        return asked

    def close(self) -> None:
        """The link is gone; what is not applied as a whole is forgotten."""
        self.executor.forget_client(self.client)
        self.conn.mark_closed()
