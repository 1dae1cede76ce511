"""Sockets on the reactor: many clients, odd ends, slow readers, and who may disturb whom."""

import gc
import os
import random
import select
import socket
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from dflite.native.clock import Clock
from dflite.native.connection import HELD_BLOCKED, HELD_OUTPUT, HELD_PAUSED, input_memory
from dflite.native.lane import Lane
from dflite.native.reactor import Reactor, SocketConnection
from dflite.native.reply import buffer_memory
from dflite.native.requests import Limits
from dflite.native.resp import RespParser
from dflite.native.table import Table
from tests.support.resp import encode, encode_all

PATIENCE_S = 20.0  # of a test that would otherwise wait for ever


def bulk(text: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(text), text)


def open_files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


class Session:
    """Answers each request with its last word, unless `on_request` does otherwise."""

    def __init__(self) -> None:
        self.connection: SocketConnection
        self.requests: list[list[bytes]] = []
        self.errors: list[bytes] = []
        self.ends = 0
        self.on_request: Callable[[list[bytes]], None] = self.echo

    def echo(self, argv: list[bytes]) -> None:
        self.connection.reply.bulk(argv[-1])

    def request(self, argv: list[bytes]) -> None:
        self.requests.append(argv)
        self.on_request(argv)

    def inline(self, argv: list[bytes]) -> None:
        self.request(argv)

    def resume_postponed(self) -> None:
        return

    def protocol_error(self, text: bytes) -> None:
        self.errors.append(text)
        self.connection.reply.error(b"ERR " + text)

    def input_too_long(self) -> None:
        self.errors.append(b"too long")

    def closed(self) -> None:
        self.ends += 1


class Client:
    """The other end of a connection; never waits by itself."""

    def __init__(self, stage: "Stage", sock: socket.socket, session: Session) -> None:
        self.stage = stage
        self.sock = sock
        self.session = session
        self.unsent = b""
        self.got = b""
        self.ended = False

    @property
    def connection(self) -> SocketConnection:
        return self.session.connection

    def send(self, data: bytes) -> None:
        self.unsent += data
        self.push()

    def push(self) -> None:
        """Send what the socket takes now."""
        try:
            while self.unsent:
                self.unsent = self.unsent[self.sock.send(self.unsent[:1_000_000]) :]
        except BlockingIOError:
            return
        except OSError:
            self.unsent = b""

    def pull(self, most: int = 1_000_000) -> bytes:
        """Read what is there now."""
        try:
            data = self.sock.recv(most)
            self.ended = self.ended or not data
        except BlockingIOError:
            return b""
        except OSError:
            self.ended = True
            return b""
        self.got += data
        return data

    def expect(self, data: bytes) -> None:
        """Exactly this arrives next."""
        self.stage.until(lambda: self.pull() == b"" and len(self.got) >= len(data))
        assert self.got == data
        self.got = b""

    def expect_end(self) -> None:
        self.stage.until(lambda: self.pull() == b"" and self.ended)


class Stage:
    """A reactor, the loop that watches it, and its clients."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.clock = Clock()
        self.limits = limits or Limits()
        self.lane = Lane(self.clock, [[Table(self.clock)]])
        self.reactor = Reactor(self.clock, self.lane, self.limits)
        self.errors: list[Exception] = []
        self.pending = 0
        self.reactor.wanted = self.want
        self.reactor.on_error = self.errors.append
        self.clients: list[Client] = []

    def want(self) -> None:
        self.pending += 1

    def join(self, tcp: bool = False, room: int = 0) -> Client:
        """A new client; `room` bounds what the kernel keeps of replies."""
        if tcp:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                far = socket.create_connection(listener.getsockname())
                near = listener.accept()[0]
        else:
            near, far = socket.socketpair()
        if room:
            # A receive buffer below the loopback's packet size would make TCP wait for its timers.
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, room)
        near.setblocking(False)
        far.setblocking(False)
        session = Session()
        session.connection = self.reactor.attach(near.detach(), session, RespParser())
        session.connection.trusted = True
        client = Client(self, far, session)
        self.clients.append(client)
        return client

    def turn(self, wait_s: float = 0.0) -> bool:
        """One turn of the event loop; was there anything to do?"""
        ready = bool(select.select([self.reactor.fd], [], [], wait_s)[0])
        if ready:
            self.reactor.poll()
        if self.pending:
            self.pending = 0
            self.reactor.run_pending()
            ready = True
        return ready

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, "it never came"
            for client in self.clients:
                if client.unsent:
                    client.push()
            self.turn(0.001)

    def settle(self) -> None:
        """Turn until nothing is left to do."""
        while self.turn():
            continue

    def close(self) -> None:
        for client in self.clients:
            client.sock.close()
            client.connection.abort()


@pytest.fixture
def stage() -> Iterator[Stage]:
    files, kept, replies = open_files(), input_memory(), buffer_memory()
    stage = Stage()
    yield stage
    stage.close()
    del stage.reactor, stage.clients
    assert not stage.errors
    assert open_files() == files
    assert input_memory() == kept
    assert buffer_memory() == replies


# --- serving -------------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_request_is_answered(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]))
    client.expect(bulk(b"a"))
    assert client.connection.bytes_in == stage.reactor.bytes_in == 21
    assert client.connection.bytes_out == stage.reactor.bytes_out == 7
    assert stage.reactor.reads >= 1
    assert stage.reactor.writes == 1
    assert stage.reactor.wakeups >= 1


def test_a_pipeline_is_answered_with_one_write(stage: Stage) -> None:
    client = stage.join()
    client.send(encode([b"ECHO", b"a"]) * 500)
    client.expect(bulk(b"a") * 500)
    assert stage.reactor.writes == 1


def test_many_clients_are_served_in_any_mixture(stage: Stage) -> None:
    chance = random.Random(5)
    clients = [stage.join() for _ in range(400)]
    wanted: dict[Client, bytes] = dict.fromkeys(clients, b"")
    for turn in range(2_000):
        client = chance.choice(clients)
        words = [b"%d-%d" % (turn, number) for number in range(chance.randrange(1, 50))]
        client.send(encode_all([b"ECHO", word] for word in words))
        wanted[client] += b"".join(map(bulk, words))
        if chance.random() < 0.3:
            stage.turn()
    for client in clients:
        client.expect(wanted[client])


@pytest.mark.parametrize("length", [1, 65_535, 65_536, 65_537, 200_000, 3_000_000])
def test_a_request_of_any_length_arrives_whole(stage: Stage, length: int) -> None:
    client = stage.join()
    word = random.Random(length).randbytes(length)
    client.send(encode([b"ECHO", word]) + encode([b"ECHO", b"next"]))
    client.expect(bulk(word) + bulk(b"next"))
    assert client.connection.input_capacity == 0


def test_input_byte_by_byte_is_served(stage: Stage) -> None:
    client = stage.join()
    for byte in encode_all([[b"ECHO", b"abc"], [b"ECHO", b"d"]]):
        client.send(bytes([byte]))
        stage.settle()
    client.expect(bulk(b"abc") + bulk(b"d"))


def test_the_beginning_of_a_request_takes_no_more_memory_than_it_has(stage: Stage) -> None:
    before = input_memory()
    for _ in range(50):
        stage.join().send(b"*2\r\n$4\r\nECHO\r\n$500000000\r\nab")
    stage.settle()
    assert input_memory() - before < 50 * 200


def test_the_lane_answers_without_the_session(stage: Stage) -> None:
    for name in ("SET", "GET"):
        stage.lane.enable(name)
    stage.lane.reads = stage.lane.writes = True
    client = stage.join()
    client.connection.plain = True
    client.send(encode_all([[b"SET", b"k", b"v"], [b"GET", b"k"]]))
    client.expect(b"+OK\r\n" + bulk(b"v"))
    assert not client.session.requests


# --- the end of a connection ---------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_client_that_closes_is_forgotten(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]))
    client.expect(bulk(b"a"))
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)
    assert client.connection.closed
    stage.settle()
    assert client.session.ends == 1


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_half_a_request_before_the_end_is_dropped(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp)
    client.send(encode([b"ECHO", b"a"]) + b"*2\r\n$4\r\nEC")
    client.sock.shutdown(socket.SHUT_WR)
    client.expect_end()
    assert client.got == bulk(b"a")
    assert client.session.ends == 1


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_client_that_sends_no_more_gets_every_reply(stage: Stage, tcp: bool) -> None:
    stage.limits.high_water = 10_000
    client = stage.join(tcp, room=4096)
    count = 3_000
    client.send(encode_all([b"ECHO", b"%d" % number + b"x" * 500] for number in range(count)))
    stage.until(lambda: not client.unsent or client.connection.held == HELD_OUTPUT)
    # It reads nothing until it has sent all and closed its half.
    while client.unsent:
        client.push()
        stage.turn()
        if client.unsent:
            client.pull(1000)
    client.sock.shutdown(socket.SHUT_WR)
    stage.settle()
    client.expect_end()
    assert client.got == b"".join(bulk(b"%d" % number + b"x" * 500) for number in range(count))


def test_a_reset_ends_the_connection(stage: Stage) -> None:
    client = stage.join(tcp=True)
    client.send(encode([b"ECHO", b"x" * 100_000]))
    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)


@pytest.mark.parametrize("reason", [HELD_BLOCKED, HELD_PAUSED])
def test_a_client_that_waits_and_goes_is_noticed(stage: Stage, reason: int) -> None:
    client = stage.join()
    client.session.on_request = lambda argv: client.connection.hold(reason)
    client.send(encode([b"BLPOP"]))
    stage.until(lambda: client.connection.held == reason)
    client.sock.shutdown(socket.SHUT_WR)
    stage.until(lambda: client.session.ends == 1)


def test_a_client_that_stopped_sending_and_waits_later_is_noticed_too(stage: Stage) -> None:
    stage.limits.high_water = 1_000
    client = stage.join(tcp=True, room=4096)
    session = client.session
    client.send(encode([b"ECHO", b"x" * 60_000]) * 3 + encode([b"BLPOP"]))

    def answer(argv: list[bytes]) -> None:
        if argv[0] == b"BLPOP":
            session.connection.hold(HELD_BLOCKED)
        else:
            session.echo(argv)

    session.on_request = answer
    stage.until(lambda: client.connection.held == HELD_OUTPUT and not client.unsent)
    client.sock.shutdown(socket.SHUT_WR)
    stage.settle()
    assert session.ends == 0
    client.expect_end()
    assert client.got == bulk(b"x" * 60_000) * 3
    assert session.ends == 1


def test_a_protocol_error_is_told_and_ends_the_connection(stage: Stage) -> None:
    client = stage.join()
    client.send(encode([b"ECHO", b"a"]) + b"*1\r\n!\r\n" + encode([b"ECHO", b"b"]))
    client.expect_end()
    assert client.got == bulk(b"a") + b"-ERR expected '$', got '!'\r\n"
    assert client.session.ends == 1


def test_closing_after_the_reply_sends_it_first(stage: Stage) -> None:
    client = stage.join(room=4096)
    session = client.session

    def quit_after(argv: list[bytes]) -> None:
        session.connection.reply.bulk(b"x" * 300_000)
        session.connection.close_after_reply()

    session.on_request = quit_after
    client.send(encode([b"QUIT"]) * 3)
    client.expect_end()
    assert client.got == bulk(b"x" * 300_000)
    assert len(session.requests) == 1


def test_closing_from_outside_is_done_by_run_pending(stage: Stage) -> None:
    client = stage.join()
    client.connection.reply.simple(b"bye")
    client.connection.close_after_reply()
    assert stage.pending == 1
    client.expect_end()
    assert client.got == b"+bye\r\n"


@pytest.mark.parametrize("lead", [0, 70_000])
@pytest.mark.parametrize("count", [1, 100])
def test_a_connection_may_be_aborted_from_within_its_request(
    stage: Stage, lead: int, count: int
) -> None:
    client = stage.join()
    session = client.session

    def leave(argv: list[bytes]) -> None:
        session.connection.reply.bulk(b"x" * 100)
        session.connection.abort()
        session.connection.reply.bulk(b"x" * 100_000)
        session.connection.abort()

    session.on_request = leave
    client.send(b"*2\r\n$5\r\nABORT\r\n$%d\r\n" % lead)
    stage.settle()
    client.send(b"y" * lead + b"\r\n" + encode([b"ABORT", b"x" * 10]) * count)
    client.expect_end()
    assert len(session.requests) == 1
    assert session.ends == 1
    assert client.got == b""


def test_a_session_that_raises_loses_its_client_only(stage: Stage) -> None:
    good, bad = stage.join(), stage.join()

    def fail(argv: list[bytes]) -> None:
        bad.connection.reply.ok()
        raise LookupError("a bug")

    bad.session.on_request = fail
    bad.send(encode([b"x"]) * 3)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    bad.expect_end()
    assert bad.got == b""
    assert len(bad.session.requests) == 1
    assert bad.session.ends == 1
    assert [str(error) for error in stage.errors] == ["a bug"]
    stage.errors.clear()


def test_a_session_that_raises_at_its_end_harms_nobody(stage: Stage) -> None:
    good, bad = stage.join(), stage.join()

    def fail() -> None:
        raise LookupError("a bug")

    bad.session.closed = fail  # type: ignore[method-assign]
    bad.sock.close()
    stage.until(lambda: bad.connection.closed)
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    assert len(stage.errors) == 1
    stage.errors.clear()


def test_events_of_a_closed_connection_do_not_reach_the_next_on_its_number(stage: Stage) -> None:
    first, second = stage.join(), stage.join()
    old = second.connection.fd
    third: list[Client] = []

    def replace(argv: list[bytes]) -> None:
        for victim in (first, second):
            if victim is not current and not victim.connection.closed:
                victim.connection.abort()
        third.append(stage.join())

    current = first
    first.session.on_request = second.session.on_request = replace
    first.send(encode([b"x"]))
    second.send(encode([b"y"]))
    stage.turn()
    assert second.connection.closed
    assert not second.session.requests
    ends = [third[0].connection.fd, third[0].sock.fileno()]
    assert old in ends
    stage.settle()
    assert not third[0].session.requests
    assert third[0].session.ends == 0
    third[0].send(encode([b"ECHO", b"z"]))
    third[0].expect(bulk(b"z"))


def test_what_is_no_socket_is_refused_and_stays_the_callers(stage: Stage) -> None:
    with tempfile.TemporaryFile() as file:
        with pytest.raises(PermissionError):
            stage.reactor.attach(file.fileno(), Session(), RespParser())
        file.write(b"still open")


def test_a_reactor_that_goes_closes_its_sockets() -> None:
    files = open_files()
    stage = Stage()
    clients = [stage.join() for _ in range(10)]
    for client in clients:
        client.sock.close()
    del client, clients, stage
    assert open_files() == files


# --- slow readers --------------------------------------------------------------------------------


@pytest.mark.parametrize("tcp", [False, True], ids=["unix", "tcp"])
def test_a_reply_leaves_in_as_many_parts_as_the_reader_takes(stage: Stage, tcp: bool) -> None:
    client = stage.join(tcp, room=4096)
    word = random.Random(1).randbytes(1_000_000)
    client.send(encode([b"ECHO", word]))
    stage.until(lambda: not client.unsent and bool(client.session.requests))
    wanted = bulk(word)
    chance = random.Random(2)
    while len(client.got) < len(wanted):
        client.pull(chance.randrange(1, 40_000))
        stage.turn(0.001)
    assert client.got == wanted
    assert stage.reactor.writes > 10
    assert buffer_memory() < 1_000_000


def test_replies_written_while_others_are_being_sent_follow_in_order(stage: Stage) -> None:
    client = stage.join(room=4096)
    chance = random.Random(3)
    wanted = b""
    for number in range(3_000):
        word = b"%d:" % number + b"x" * chance.randrange(2_000)
        wanted += bulk(word)
        client.send(encode([b"ECHO", word]))
        stage.turn()
        client.pull(chance.randrange(1, 3_000))
    stage.until(lambda: client.pull() == b"" and len(client.got) == len(wanted))
    assert client.got == wanted


def test_a_client_that_never_reads_is_not_read_either(stage: Stage) -> None:
    stage.limits.high_water = 50_000
    lazy, good = stage.join(room=4096), stage.join()
    before = buffer_memory()
    lazy.send(encode([b"ECHO", b"x" * 1_000]) * 10_000)
    stage.settle()
    for _ in range(100):
        lazy.push()
        stage.settle()
    assert lazy.unsent
    assert lazy.connection.held == HELD_OUTPUT
    assert buffer_memory() - before < 50_000 * 2
    assert len(lazy.session.requests) < 1_000
    good.send(encode([b"ECHO", b"a"]))
    good.expect(bulk(b"a"))
    stage.until(lambda: lazy.pull() == b"" and len(lazy.got) == 10_000 * 1_009)
    assert lazy.got == bulk(b"x" * 1_000) * 10_000
    assert lazy.connection.held == 0


def test_a_high_water_mark_of_nothing_still_moves(stage: Stage) -> None:
    stage.limits.high_water = 0
    client = stage.join(room=4096)
    client.send(encode([b"ECHO", b"x" * 5_000]) * 200)
    stage.until(lambda: client.pull() == b"" and len(client.got) == 200 * 5_009)
    assert client.got == bulk(b"x" * 5_000) * 200


def test_a_slow_reader_that_goes_takes_its_replies_with_it(stage: Stage) -> None:
    before = buffer_memory()
    client = stage.join(room=4096)
    client.send(encode([b"ECHO", b"x" * 500_000]))
    stage.until(lambda: client.connection.unsent > 100_000)
    client.sock.close()
    stage.until(lambda: client.session.ends == 1)
    assert buffer_memory() == before


# --- waiting -------------------------------------------------------------------------------------


def test_a_held_client_is_served_when_released_from_outside(stage: Stage) -> None:
    client = stage.join()
    session = client.session

    def block(argv: list[bytes]) -> None:
        if argv[0] == b"BLPOP":
            session.connection.hold(HELD_BLOCKED)
        else:
            session.echo(argv)

    session.on_request = block
    client.send(encode_all([[b"ECHO", b"a"], [b"BLPOP"], [b"ECHO", b"b"], [b"ECHO", b"c"]]))
    client.expect(bulk(b"a"))
    client.send(encode([b"ECHO", b"d"]))
    stage.settle()
    assert len(session.requests) == 2
    client.connection.reply.bulk(b"popped")
    client.connection.release(HELD_BLOCKED)
    assert stage.pending == 1
    client.expect(b"".join(map(bulk, (b"popped", b"b", b"c", b"d"))))


def test_a_client_released_by_anothers_request_is_served_in_the_same_turn(stage: Stage) -> None:
    waiting, giving = stage.join(), stage.join()
    waiting.session.on_request = lambda argv: waiting.connection.hold(HELD_BLOCKED)
    waiting.send(encode([b"BLPOP"]))
    stage.until(lambda: bool(waiting.connection.held))

    def give(argv: list[bytes]) -> None:
        waiting.connection.reply.bulk(argv[-1])
        waiting.connection.release(HELD_BLOCKED)
        waiting.session.on_request = waiting.session.echo
        giving.connection.reply.ok()

    giving.session.on_request = give
    giving.send(encode([b"LPUSH", b"gift"]))
    waiting.send(encode([b"ECHO", b"next"]))
    giving.expect(b"+OK\r\n")
    waiting.expect(bulk(b"gift") + bulk(b"next"))
    assert stage.pending == 0


def test_a_message_for_an_idle_client_is_sent_by_run_pending(stage: Stage) -> None:
    client = stage.join()
    client.connection.reply.simple(b"hello")
    client.connection.mark_dirty()
    client.connection.mark_dirty()
    assert stage.pending == 1
    client.expect(b"+hello\r\n")


def test_a_reactor_is_not_entered_twice(stage: Stage) -> None:
    clients = [stage.join() for _ in range(20)]

    def enter(argv: list[bytes]) -> None:
        for other in clients:
            if other.connection.fd % 3 == 0:
                other.connection.abort()
        stage.reactor.poll()
        stage.reactor.run_pending()
        gc.collect()

    for client in clients:
        client.session.on_request = enter
        client.send(encode([b"x"]) * 3)
    stage.settle()
    for client in clients:
        assert len(client.session.requests) == (0 if client.connection.closed else 3) or (
            client.connection.fd % 3 == 0
        )


# --- what comes before a reply leaves ------------------------------------------------------------


def test_everything_is_settled_before_a_reply_leaves(stage: Stage) -> None:
    stage.limits.high_water = 10_000
    clients = [stage.join(room=4096) for _ in range(3)]
    settled = [0, 0, 0]

    def settle() -> None:
        for number, client in enumerate(clients):
            settled[number] = len(client.session.requests)

    stage.reactor.before_flush = settle
    for client in clients:
        client.send(encode([b"ECHO", b"x" * 1_000]) * 300)
    wanted = bulk(b"x" * 1_000) * 300

    def sent_no_more_than_settled() -> bool:
        for number, client in enumerate(clients):
            client.pull(5_000)
            assert len(client.got) <= settled[number] * 1_009
        return all(client.got == wanted for client in clients)

    stage.until(sent_no_more_than_settled)


def test_a_failure_to_settle_holds_every_reply_back(stage: Stage) -> None:
    client = stage.join()

    def fail() -> None:
        raise OSError("the disk is full")

    stage.reactor.before_flush = fail
    client.send(encode([b"ECHO", b"a"]))
    with pytest.raises(OSError, match="disk"):
        stage.turn(PATIENCE_S)
    assert client.pull() == b""
    stage.reactor.before_flush = None
    stage.reactor.run_pending()
    client.expect(bulk(b"a"))


def test_settling_may_flush_without_being_asked_again(stage: Stage) -> None:
    client = stage.join()
    calls = []

    def settle() -> None:
        calls.append(1)
        client.connection.flush()

    stage.reactor.before_flush = settle
    client.send(encode([b"ECHO", b"a"]))
    client.expect(bulk(b"a"))
    assert len(calls) == 1


# --- coming and going ----------------------------------------------------------------------------


def test_a_thousand_clients_come_and_go_and_leave_nothing(stage: Stage) -> None:
    files, kept, replies = open_files(), input_memory(), buffer_memory()
    chance = random.Random(7)
    sessions: list[weakref.ref[Session]] = []
    gc.disable()  # what goes must go without it
    try:
        for _ in range(40):
            come_and_go(stage, chance, sessions)
        assert len(sessions) == 1_000
        assert not [session for session in sessions if session() is not None]
    finally:
        gc.enable()
    assert open_files() == files
    assert input_memory() == kept
    assert buffer_memory() == replies


def come_and_go(stage: Stage, chance: random.Random, sessions: list[weakref.ref[Session]]) -> None:
    """25 clients ask for something and end in one way or the other."""
    for _ in range(25):
        client = stage.join()
        sessions.append(weakref.ref(client.session))
        client.send(encode([b"ECHO", b"x" * chance.randrange(3_000)]) * 3)
        if chance.random() < 0.5:
            client.send(b"*2\r\n$3\r\nGET\r\n$100\r\nabc")
    stage.turn()
    for client in stage.clients:
        way = chance.randrange(4)
        if way == 0:
            client.connection.abort()
        elif way == 1:
            client.connection.close_after_reply()
        elif way == 2:
            client.sock.shutdown(socket.SHUT_WR)
        else:
            client.sock.close()
    stage.until(lambda: all(client.session.ends == 1 for client in stage.clients))
    stage.settle()
    for client in stage.clients:
        client.sock.close()
        client.session.on_request = len  # type: ignore[assignment]  # its own ring, not the reactor's
    stage.clients.clear()
