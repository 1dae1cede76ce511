"""Clients that wait, and what has to be settled before a reply leaves."""

import gc
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import HELD_BLOCKED
from tests.support.resp import encode, encode_all
from tests.support.stage import PATIENCE_S, Stage, a_stage, bulk


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


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
