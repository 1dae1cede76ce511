"""A node without sockets: the engine with a stopped clock, and clients that feed it bytes.

    node = Node()
    client = node.client()
    assert client.run("SET k v EX 10") == "OK"
    node.advance(10_000)
    assert client.run("GET k") is None

Replies are Python values: a simple string is a `str`, a bulk is `bytes`, an error is an `Error`,
which equals its text and its class (`client.run("INCR k") == NotAnInteger`). The hot lane is off
unless asked for, because handlers are what is tested; the journal is on, unless `journal=False`.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import dflite.commands  # noqa: F401  (enters every command in the table)
from dflite.base.conversation_errors import NoUserFile
from dflite.base.errors import CommandError, CustomError
from dflite.base.server_errors import NoShutdown
from dflite.engine.client import Client
from dflite.engine.context import Context
from dflite.engine.executor import Executor
from dflite.engine.memory import MemoryFigures
from dflite.engine.replication import Replica
from dflite.engine.session import Session
from dflite.native.base.clock import Clock
from dflite.native.keyspace.value import free_buried
from dflite.native.wire.connection import HELD_OUTPUT, Connection
from dflite.native.wire.inline import split_inline
from dflite.native.wire.lane import Lane
from dflite.native.wire.operations import OPERATIONS
from dflite.native.wire.requests import Batch, Limits
from dflite.native.wire.resp import RespParser
from dflite.settings.settings import Settings
from dflite.settings.values import ChangeRefused
from dflite.store.db import Db
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace
from tests.support import resp
from tests.support.resp import Word, encode, parse_all
from tests.support.steps import Step, StreamReader

START_MS: Final = 1_800_000_000_000


class Error:
    """An error reply. Equal to its text (`str` or `bytes`), and to the class of that text."""

    def __init__(self, text: bytes) -> None:
        self.text = text

    @property
    def code(self) -> str:
        return self.text.split(b" ", 1)[0].decode()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, bytes):
            return self.text == other
        if isinstance(other, str):
            return self.text == other.encode()
        if isinstance(other, type) and issubclass(other, CommandError):
            before, quoted, after = other.text.partition(b"%b")
            if not quoted:
                return self.text == before
            return self.text.startswith(before) and self.text.endswith(after)
        if isinstance(other, CommandError):
            return self.text == other.wire()
        return isinstance(other, Error) and self.text == other.text

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Error({self.text!r})"


class Waiting:
    """What `run` answers while there is no reply."""

    def __repr__(self) -> str:
        return "WAITING"


class Push(list[object]):
    """An out-of-band message of RESP3."""


WAITING: Final = Waiting()


def plain(reply: resp.Reply) -> object:
    """A reply as a Python value."""
    kind, value = reply
    if kind in (resp.ERROR, resp.BULK_ERROR):
        return Error(reply.data)
    if kind == resp.SIMPLE:
        return reply.text
    if kind == resp.DOUBLE:
        return float(reply.data)
    if kind == resp.BIG_NUMBER:
        return int(reply.data)
    if kind == resp.VERBATIM:
        return reply.data[4:]
    if kind == resp.ARRAY:
        return [plain(item) for item in reply.items]
    if kind == resp.PUSH:
        return Push(plain(item) for item in reply.items)
    if kind == resp.SET:
        return {plain(item) for item in reply.items}
    if kind in (resp.MAP, resp.ATTRIBUTE):
        assert isinstance(value, list)
        return {plain(key): plain(item) for key, item in value}
    return value  # integers, bulks, booleans, nulls


class FakeHost:
    """The process around the engine, as far as commands see it. Settings are real ones."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.users_file: bytes | None = None
        self.logged: list[tuple[str, str]] = []
        self.shutdown_failed: Callable[[], None] | None = None
        self.failures: list[str] = []  # why the process was to end at once
        self.shutdowns: list[tuple[bool | None, bool, bool]] = []
        self.info_text = b"# Server\r\nredis_version:7.4.0\r\n"
        self.info_asked: list[list[str]] = []
        self.saves: list[str] = []
        self.flushes = 0
        self.rewrites = 0
        self.resets = 0
        self.http_pieces: list[bytes] = []
        self.asking_for_sync: list[Replica] = []
        self.following: tuple[str, int] | None = None
        self.own_place = ("", 0)
        self.failovers: list[tuple[tuple[str, int] | None, bool, int]] = []
        self.takeovers: list[tuple[int, bool, Callable[[str], None]]] = []
        self.memory_figures = MemoryFigures(0, 0, 0, 0, 0, 0, [])

    def setting(self, name: str) -> object:
        return getattr(self.settings, name)

    def settings_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        return self.settings.get_matching(patterns)

    def change_settings(self, pairs: list[tuple[str, str]], from_here: bool) -> None:
        try:
            self.settings.change(pairs, from_here)
        except ChangeRefused as refusal:
            raise CustomError(f"ERR {refusal}".encode()) from refusal

    def rewrite_settings(self) -> None:
        self.rewrites += 1

    def reset_figures(self) -> None:
        self.resets += 1

    def info(self, sections: list[str]) -> bytes:
        self.info_asked.append(sections)
        return self.info_text

    def memory(self) -> MemoryFigures:
        return self.memory_figures

    def save(self) -> None:
        self.saves.append("SAVE")

    def save_in_background(self, scheduled: bool) -> bool:
        self.saves.append("SCHEDULE" if scheduled else "BGSAVE")
        return not scheduled

    def cancel_save(self) -> bool:
        self.saves.append("CANCEL")
        return len(self.saves) > 1

    def flushed_all(self) -> None:
        self.flushes += 1

    def rewrite_log(self) -> bool:
        self.saves.append("REWRITE")
        return len(self.saves) < 2

    def load_log(self) -> None:
        self.saves.append("LOADAOF")

    def reload(self, save: bool, flush: bool, merge: bool) -> None:
        self.saves.append(f"RELOAD {save} {flush} {merge}")

    def sync_fully(self, replica: Replica) -> None:
        self.asking_for_sync.append(replica)

    def replicate(self, host: str, port: int) -> bool:
        before, self.following = self.following, (host, port)
        return before != self.following

    def is_itself(self, host: str, port: int) -> bool:
        return (host, port) == self.own_place

    def stop_replicating(self) -> None:
        self.following = None

    def begin_failover(self, target: tuple[str, int] | None, force: bool, timeout_ms: int) -> None:
        self.failovers.append((target, force, timeout_ms))

    def abort_failover(self) -> None:
        self.failovers.append((None, False, -1))

    def take_over(self, seconds: int, save: bool, done: Callable[[str], None]) -> None:
        self.takeovers.append((seconds, save, done))

    def last_save_s(self) -> int:
        return START_MS // 1000

    def read_users(self) -> bytes:
        if self.users_file is None:
            raise NoUserFile
        return self.users_file

    def write_users(self, text: bytes) -> None:
        if self.users_file is None:
            raise NoUserFile
        self.users_file = text

    def http(self, method: str, target: str, status: int) -> Iterator[bytes]:
        whole = f"HTTP/1.1 {status or 200} {method} {target}\r\n\r\n".encode()
        return iter(self.http_pieces or [whole])

    def shutdown(
        self, save: bool | None, now: bool, force: bool, failed: Callable[[], None]
    ) -> None:
        self.shutdown_failed = failed
        self.shutdowns.append((save, now, force))

    def fail(self, reason: str) -> None:
        self.failures.append(reason)

    def abort_shutdown(self) -> None:
        raise NoShutdown

    def log(self, level: str, message: str) -> None:
        self.logged.append((level, message))

    def log_of_many(self, level: str, kind: str, message: str) -> None:
        self.logged.append((level, message))


class FakeConnection(Connection):
    """A native connection whose peer is the test; with `reading = False` it reads nothing."""

    node: "Node"
    sent: bytearray
    reading: bool

    def flush(self) -> None:
        if self.reading and not self.closed:
            self.sent += self.reply.take()

    def schedule(self) -> None:
        if self not in self.node.ready:
            self.node.ready.append(self)

    def mark_dirty(self) -> None:
        self.schedule()

    def abort(self) -> None:
        if not self.closed:
            self.mark_closed()
            self.session.closed()


def forget_other_nodes() -> None:
    """Memory is counted for the process: have nothing left of the nodes of other tests."""
    gc.collect()
    while free_buried(1 << 20):
        continue


class Node:
    """The engine in this process. Time stands still until `advance`, unless `now_ms` is None."""

    def __init__(
        self,
        databases: int = 16,
        shards: int = 1,
        lane: bool = False,
        journal: bool = True,
        now_ms: int | None = START_MS,
    ) -> None:
        while free_buried(1 << 20):  # of tests before: it would count here
            continue
        self.clock = Clock(now_ms)
        self.effects = Effects()
        self.keyspace = Keyspace(self.clock, self.effects, databases, shards)
        self.lane = Lane(self.clock, self.keyspace.tables)
        self.host = FakeHost()
        self.limits = Limits()
        self.batch = Batch()
        self.executor = Executor(self.keyspace, self.lane, self.clock, self.effects, self.host)
        if not lane:
            for name in OPERATIONS:
                self.lane.operations.disable(name)
        self.host.settings.on_change("maxmemory_policy", self.apply_policy)
        self.ready: list[FakeConnection] = []
        self.steps_read: list[Step] = []
        self.stream: StreamReader | None = None
        if journal:
            self.executor.replication.want_stream("test", True)
            self.stream = StreamReader(self.executor.backlog.cursor(0))

    def apply_policy(self) -> None:
        self.lane.evictor.set_policy(self.host.settings.maxmemory_policy)

    @property
    def steps(self) -> list[Step]:
        """What the steps so far, or since the list was emptied, put into the stream."""
        if self.stream is not None:
            self.steps_read += self.stream.read()
        return self.steps_read

    @property
    def db(self) -> Db:
        return self.keyspace.dbs[0]

    @property
    def journal(self) -> list[str]:
        """All journaled requests so far as lines; `steps` knows databases and transactions."""
        return [line for step in self.steps for line in step.lines]

    def take_journal(self) -> list[str]:
        """The journal since the last call."""
        lines = self.journal
        self.steps.clear()
        return lines

    def client(self, resp3: bool = False) -> "NodeClient":
        """A new connection; of RESP3 if asked."""
        return NodeClient(self, resp3)

    def advance(self, ms: int) -> None:
        """Let time pass: timers that are due run, keys expire only when touched."""
        self.clock.advance(ms)
        self.executor.timers.run()
        self.executor.settle(False)
        self.pump()

    def expire_actively(self) -> None:
        """Run the active expire cycle to its end."""
        while self.executor.expiry.run_slice():
            self.executor.settle(False)
        self.executor.settle(False)
        self.pump()

    def pump(self) -> None:
        """The end of a wake-up: released connections go on, replies leave."""
        self.executor.before_replies()
        while self.ready:
            conn = self.ready.pop(0)
            if conn.closed:
                continue
            conn.resume()
            conn.flush()
            if conn.closing and not conn.unsent:
                conn.abort()


class NodeClient:
    """A connected client of a `Node`."""

    def __init__(self, node: Node, resp3: bool = False) -> None:
        executor = node.executor
        self.node = node
        self.session = Session(executor)
        self.conn = FakeConnection(node.lane, node.limits, node.batch, RespParser())
        self.conn.node = node
        self.conn.sent = bytearray()
        self.conn.reading = True
        self.conn.session = self.session
        self.state = Client(
            executor.next_client_id, self.conn, executor.users.default, node.clock.now_ms
        )
        executor.next_client_id += 1
        self.state.fd = 8 + self.state.id
        self.state.addr = f"127.0.0.1:{50000 + self.state.id}"
        self.state.laddr = "127.0.0.1:6379"
        self.state.authenticated = executor.users.is_open()
        self.ctx = Context(executor, node.host, self.state, self.conn.reply)
        self.session.ctx = self.ctx
        executor.clients[self.state.id] = self.state
        executor.contexts[self.state.id] = self.ctx
        self.state.update_lane()
        self.unread: list[resp.Reply] = []
        if resp3:
            self.run("HELLO 3")

    @property
    def id(self) -> int:
        return self.state.id

    @property
    def closed(self) -> bool:
        return bool(self.conn.closed)

    def raw(self, data: bytes) -> bytes:
        """Send bytes; whatever has been answered by the end of the wake-up."""
        self.conn.feed(data)
        self.conn.schedule()
        self.node.pump()
        return self.take()

    def take(self) -> bytes:
        """What has come since the last look."""
        self.conn.flush()
        data = bytes(self.conn.sent)
        self.conn.sent.clear()
        return data

    def send(self, *words: Word) -> None:
        """A request, its reply left for `read`. One string is split like a line of redis-cli."""
        self.conn.feed(encode(words_of(words)))
        self.conn.schedule()
        self.node.pump()

    def read(self) -> object:
        """The next reply, or WAITING."""
        self.unread += parse_all(self.take())
        return plain(self.unread.pop(0)) if self.unread else WAITING

    def read_all(self) -> list[object]:
        """All replies that have come."""
        self.unread += parse_all(self.take())
        replies, self.unread = self.unread, []
        return [plain(reply) for reply in replies]

    def run(self, *words: Word) -> object:
        """One request and its reply; WAITING if there is none yet."""
        before = self.read_all()
        assert not before, f"unread: {before}"
        self.send(*words)
        return self.read()

    def run_exactly(self, *words: Word) -> resp.Reply:
        """As `run`, with the reply's exact kind."""
        replies = parse_all(self.raw(encode(words_of(words))))
        assert len(replies) == 1, replies
        return replies[0]

    def run_all(self, *lines: str) -> list[object]:
        """Several requests in one pipeline."""
        self.conn.feed(b"".join([encode(words_of((line,))) for line in lines]))
        self.conn.schedule()
        self.node.pump()
        return self.read_all()

    def read_on(self) -> None:
        """Begin to read again after `conn.reading = False`."""
        self.conn.reading = True
        self.conn.flush()
        self.conn.release(HELD_OUTPUT)
        self.node.pump()

    def disconnect(self) -> None:
        """Be gone, as after a reset."""
        self.conn.abort()
        self.node.pump()


def words_of(words: Iterable[Word]) -> list[Word]:
    """The words of a request; of a single string, as redis-cli would split it."""
    argv = list(words)
    if len(argv) == 1 and isinstance(argv[0], str):
        parts = split_inline(argv[0].encode())
        assert parts, f"no request: {argv[0]!r}"
        return list(parts)
    return argv
