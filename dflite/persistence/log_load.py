"""Requests of an append-only log, run as they came: from some byte of a file to its end.

They are fed to a connection without a socket, so that parser and hot lane are those of every
client. Nothing is due meanwhile: what had expired, the log says. A transaction counts when its EXEC
has come.
"""

import mmap
import os
from typing import Final

from dflite.base.errors import CommandError, WrongArity
from dflite.engine.client import Client
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.engine.lookup import find
from dflite.engine.session import Conversation
from dflite.native.base.clock import monotonic_us
from dflite.native.wire.connection import Connection
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.resp import RespParser
from dflite.persistence.log_tail import CUT, damage_before_end, end_of
from dflite.persistence.rdb_file import DamagedFile

ANY: Final = 1 << 62  # bytes of a request, or of replies that nobody reads
PIECE: Final = 256 * 1024
FATAL: Final = (b"-ERR unknown command", b"-ERR wrong number of arguments", b"-ERR DB index")
SHOWN_ERRORS: Final = 10


class LogSession(Conversation):
    """What the parser calls for the requests of a log."""

    def __init__(self, executor: Executor, parser: RespParser, keeping: bool) -> None:
        super().__init__(executor)
        self.parser = parser
        self.keeping = keeping
        self.in_transaction = False
        self.base = 0  # where in the file the parser's input begins
        self.transaction = 0  # where in it the last MULTI stands
        self.broken = ""
        self.broken_at = 0  # where in it the request stands that cannot be taken
        self.failed = 0  # requests that were answered with an error
        self.requests = 0  # that the hot lane did not answer

    def request(self, argv: list[bytes]) -> None:
        name = argv[0].upper()
        if name == b"MULTI":
            if self.in_transaction:
                self.give_up("MULTI within a transaction: its EXEC is not there")
                return
            self.transaction = self.base + self.parser.began
            self.in_transaction = True
        elif name == b"EXEC":
            self.in_transaction = False
        self.requests += 1
        if not self.keeping:
            self.look_at(argv)
            return
        executor = self.executor
        errors = executor.error_replies
        executor.execute(self.ctx, argv)
        if executor.error_replies != errors:
            self.note_error(argv)

    def look_at(self, argv: list[bytes]) -> None:
        """Could it be run?"""
        try:
            command = find(argv)
            if not command.fits(len(argv)) or command.handler is None:
                raise WrongArity(command.name.encode())
        except CommandError as error:
            name = printable(argv[0][:64])
            self.give_up(f"{name}: {error.wire().decode('latin-1')}")

    def give_up(self, problem: str) -> None:
        """The request that the parser is at cannot be taken: nor is what stands behind it."""
        if not self.broken:
            self.broken = problem
            self.broken_at = self.base + self.parser.began
            self.ctx.client.conn.close_after_reply()

    def note_error(self, argv: list[bytes]) -> None:
        """What was done once cannot be done now."""
        reply = self.ctx.reply.take()
        text = reply[reply.rfind(b"\r\n-", 0, -2) + 2 if not reply.startswith(b"-") else 0 :]
        text = text.strip(b"\r\n")
        name = printable(argv[0][:64])
        if text.startswith(FATAL):
            self.give_up(f"{name}: {printable(text[1:])}")
        self.failed += 1
        divergence = self.executor.divergence
        divergence.errors += 1
        if divergence.ends_loading:
            self.give_up(f"{name} was answered with an error: {printable(text[1:200])}")
        if self.failed <= SHOWN_ERRORS:
            shown = printable(text[1:200])
            self.ctx.host.log("warning", f"{name} in the log was answered with an error: {shown}")

    def inline(self, argv: list[bytes]) -> None:
        """Only annotations are no requests of RESP."""
        if not argv[0].startswith(b"#"):
            self.give_up("there is something that is no request")

    def line(self, text: bytes) -> None:
        self.give_up("there is something that is no request")

    def protocol_error(self, text: bytes) -> None:
        self.give_up(f"no request: {printable(text)}")

    def input_too_long(self) -> None:
        self.give_up("a request without an end")


class RequestsLoad:
    """A file of requests that is being run, in slices; `close` it in the end.

    Raises OSError, and DamagedFile where it is not as it should be. A file whose end was cut off is
    no damage to it: then `valid` is less than `size`, and there the last whole request has ended.
    With `keeping` off requests are looked at, and nothing is done.
    """

    def __init__(self, path: str, executor: Executor, start: int = 0, keeping: bool = True) -> None:
        self.path = path
        self.keeping = keeping
        self.executor = executor
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.size = os.fstat(self.fd).st_size
        self.at = start  # what was fed to the parser
        self.valid = start
        self.unfinished = start  # where the request begins that has no end yet
        os.lseek(self.fd, start, os.SEEK_SET)
        limits = Limits()
        limits.bulk_length = limits.query_buffer = limits.high_water = limits.output_buffer = ANY
        self.parser = RespParser()
        self.parser.strict = True
        self.conn = Connection(executor.lane, limits, Batch(), self.parser)
        self.client = Client(
            executor.next_client_id, self.conn, executor.users.operator, executor.clock.now_ms
        )
        executor.next_client_id += 1
        self.client.primary = self.client.authenticated = self.client.no_evict = True
        self.session = LogSession(executor, self.parser, keeping)
        self.conn.session = self.session
        self.session.ctx = Context(executor, executor.host, self.client, self.conn.reply)
        self.client.update_lane()
        self.let_expire(False)

    def let_expire(self, by_itself: bool) -> None:
        executor = self.executor
        executor.expiry.repeating = not by_itself
        executor.expiry.apply()
        if by_itself:
            executor.keyspace.dbs[0].effects_of_deadline(0)  # some may be due for long

    @property
    def loaded_bytes(self) -> int:
        return self.at

    @property
    def truncated(self) -> bool:
        """Does it end too soon, as far as it was read?"""
        return self.valid < self.at

    def run(self, budget_us: int) -> bool:
        """Run requests for about so long; False when the end was read."""
        executor = self.executor
        end_us = monotonic_us() + budget_us
        executor.clock.let_nothing_be_due(True)
        executor.applying = executor.lane.boundless = self.keeping
        executor.observers_changed()
        try:
            while True:
                data = os.read(self.fd, PIECE)
                if not data:
                    self.look_at_end()
                    return False
                if not self.feed(data):
                    return False
                if monotonic_us() >= end_us:
                    return True
        finally:
            executor.applying = executor.lane.boundless = False
            executor.clock.let_nothing_be_due(False)
            executor.observers_changed()

    def feed(self, data: bytes) -> bool:
        """False if nothing but the rest of a request that was cut off is there any more."""
        conn, session = self.conn, self.session
        session.base = self.at - conn.input_length
        self.at += len(data)
        conn.feed(data)
        conn.reply.rollback(0)
        if session.broken:
            self.valid = session.broken_at
            if not self.ends_in_zeros():
                raise damaged(session.broken, self.valid)
            self.at = self.size
        else:
            self.valid = self.at - conn.input_length
        self.unfinished = self.valid
        if session.in_transaction:
            self.valid = session.transaction
        return not session.broken

    def ends_in_zeros(self) -> bool:
        """Was what cannot be taken never written, as far as it is missing?"""
        with mmap.mmap(self.fd, 0, prot=mmap.PROT_READ) as data:
            zeros = end_of(data, self.valid) < len(data)
            return zeros and not damage_before_end(data, self.valid)

    def look_at_end(self) -> None:
        """DamagedFile unless the file ends as it should, or was cut off."""
        if not self.truncated:
            return
        transaction = self.valid if self.session.in_transaction else CUT
        with mmap.mmap(self.fd, 0, prot=mmap.PROT_READ) as data:
            problem = damage_before_end(data, self.unfinished, transaction)
        if problem:
            raise damaged(problem, self.unfinished)

    def close(self) -> None:
        """Give the file back. What was run stays; a transaction without its end does not."""
        self.let_expire(True)
        self.executor.drop_queue(self.client)
        self.conn.mark_closed()
        os.close(self.fd)


def printable(text: bytes) -> str:
    """A line, whatever byte of the file is in it."""
    return text.decode("latin-1").encode("unicode_escape").decode("latin-1")


def damaged(problem: str, at: int) -> DamagedFile:
    return DamagedFile(f"{problem}: at byte {at}")
