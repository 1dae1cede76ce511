"""Slow readers, clients that wait, and what has to be settled before a reply leaves."""

import gc
import random
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import HELD_BLOCKED, HELD_OUTPUT
from dflite.native.wire.reply import buffer_memory
from tests.support.resp import encode, encode_all
from tests.support.stage import PATIENCE_S, Stage, a_stage, bulk


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


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
