"""Who asks for much gives way to others, and gets all of it in the end."""

import socket
from collections.abc import Iterator

import pytest

from dflite.native.wire.connection import HELD_BLOCKED, HELD_TURN
from tests.support.resp import encode, encode_all
from tests.support.stage import Client, Stage, a_stage, bulk

WORDS = [b"%d" % number for number in range(2_000)]
MUCH = encode_all([b"ECHO", word] for word in WORDS)
ANSWERS = b"".join(map(bulk, WORDS))
NEVER = 1 << 60
READ = 64 * 1024  # bytes that one read takes at most


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from a_stage()


@pytest.fixture(params=["time", "bytes"])
def turns(request: pytest.FixtureRequest, stage: Stage) -> None:
    """A turn is two or three requests long."""
    if request.param == "time":
        stage.limits.turn_us = 0
    else:
        stage.limits.turn_us = NEVER
        stage.limits.turn_bytes = 10


@pytest.mark.usefixtures("turns")
def test_another_is_answered_before_all_of_a_pipeline(stage: Stage) -> None:
    busy, other = stage.join(), stage.join()
    busy.send(MUCH)
    other.send(encode([b"ECHO", b"x"]))
    stage.reactor.poll()
    other.pull()
    assert other.got == bulk(b"x")
    assert 0 < len(busy.session.requests) < len(WORDS)
    assert busy.connection.held == HELD_TURN
    assert stage.pending
    other.send(encode([b"ECHO", b"y"]))
    stage.reactor.poll()
    other.pull()
    assert other.got == bulk(b"x") + bulk(b"y")
    assert len(busy.session.requests) < len(WORDS)
    busy.expect(ANSWERS)
    assert busy.connection.held == 0


@pytest.mark.usefixtures("turns")
def test_all_take_turns(stage: Stage) -> None:
    clients = [stage.join() for _ in range(20)]
    for client in clients:
        client.send(MUCH)
    stage.reactor.poll()
    assert all(0 < len(client.session.requests) < len(WORDS) for client in clients)
    for client in clients:
        client.expect(ANSWERS)


@pytest.mark.usefixtures("turns")
def test_what_comes_meanwhile_is_answered_behind_it(stage: Stage) -> None:
    client = stage.join()
    client.send(MUCH)
    stage.reactor.poll()
    assert client.connection.held == HELD_TURN
    client.send(encode([b"ECHO", b"more"]))
    stage.reactor.poll()
    client.expect(ANSWERS + bulk(b"more"))


@pytest.mark.usefixtures("turns")
def test_who_sends_no_more_gets_all_the_same(stage: Stage) -> None:
    client = stage.join()
    client.send(MUCH)
    stage.reactor.poll()
    client.sock.shutdown(socket.SHUT_WR)
    stage.reactor.poll()
    client.expect(ANSWERS)
    client.expect_end()


@pytest.mark.usefixtures("turns")
@pytest.mark.parametrize("more", [0, 1, 30, 300])
def test_whose_end_is_told_of_while_others_have_their_turn_is_read_to_it(
    stage: Stage, more: int
) -> None:
    """There is more than one read takes, and the end behind it, which epoll tells of only once."""
    words = [b"x" * (READ // 8 - len(encode([b"ECHO", b"x" * 1000])) + 1000)] * 8
    sent = encode_all([b"ECHO", word] for word in words)
    assert len(sent) == READ
    short = encode([b"ECHO", b"y"])
    client = stage.join()
    client.send(sent + (short * 20)[:more])
    client.sock.shutdown(socket.SHUT_WR)
    client.expect(b"".join(map(bulk, words)) + bulk(b"y") * (more // len(short)))
    client.expect_end()


@pytest.mark.usefixtures("turns")
def test_who_goes_is_forgotten(stage: Stage) -> None:
    client = stage.join()
    client.send(MUCH)
    stage.reactor.poll()
    client.sock.close()
    stage.settle()
    assert client.session.ends == 1
    assert stage.join().session.ends == 0


@pytest.mark.usefixtures("turns")
def test_other_reasons_to_wait_outlast_it(stage: Stage) -> None:
    client = stage.join()

    def wait_at(argv: list[bytes]) -> None:
        client.session.echo(argv)
        if argv[1] == b"1000":
            client.connection.hold(HELD_BLOCKED)

    client.session.on_request = wait_at
    client.send(MUCH)
    stage.settle()
    assert client.connection.held == HELD_BLOCKED
    assert len(client.session.requests) == 1_001
    client.connection.release(HELD_BLOCKED)
    client.expect(ANSWERS)


@pytest.mark.usefixtures("turns")
def test_they_have_their_turns_in_the_middle_of_a_long_request(stage: Stage) -> None:
    waiting: list[Client] = [stage.join() for _ in range(3)]
    for client in waiting:
        client.send(MUCH)
    stage.reactor.poll()
    long = stage.join()

    def take_long(argv: list[bytes]) -> None:
        while not all(len(client.session.requests) == len(WORDS) for client in waiting):
            for client in waiting:
                client.pull()
            stage.reactor.poll_others()
        long.session.echo(argv)

    long.session.on_request = take_long
    long.send(encode([b"ECHO", b"long"]))
    stage.reactor.poll()
    for client in waiting:
        client.expect(ANSWERS)
    long.expect(bulk(b"long"))


def test_few_requests_are_one_turn_whatever_they_answer(stage: Stage) -> None:
    stage.limits.turn_us = NEVER
    client = stage.join()
    client.send(encode_all([b"ECHO", b"x" * 1000] for _ in range(50)))
    stage.reactor.poll()
    assert len(client.session.requests) == 50
    assert stage.reactor.writes == 1
    client.expect(bulk(b"x" * 1000) * 50)


def test_a_newcomer_is_not_behind_all_who_came_before(stage: Stage) -> None:
    """A round ends when it is long: who is not served yet is asked for again."""
    stage.limits.round_us = 0
    clients = [stage.join() for _ in range(100)]
    newcomer = stage.join()
    served: list[Client] = []

    def record(client: Client) -> None:
        def on_request(argv: list[bytes]) -> None:
            if not served:
                newcomer.send(encode([b"ECHO", b"new"]))
            served.append(client)
            client.session.echo(argv)

        client.session.on_request = on_request

    for client in (*clients, newcomer):
        record(client)
    for client in clients:
        client.send(encode([b"ECHO", b"x"]))
    for client in clients:
        client.expect(bulk(b"x"))
    newcomer.expect(bulk(b"new"))
    assert served.index(newcomer) < 10
    assert len(served) == 101


def test_a_round_ends_behind_a_long_answer(stage: Stage) -> None:
    stage.limits.round_us = 0
    stage.limits.turn_bytes = 1000
    stage.limits.turn_us = NEVER
    clients = [stage.join() for _ in range(3)]
    rounds: list[int] = []
    stage.reactor.after_reading = lambda: rounds.append(
        sum(len(client.session.requests) for client in clients)
    )
    for client in clients:
        client.send(encode([b"ECHO", b"x" * 5000]))
    for client in clients:
        client.expect(bulk(b"x" * 5000))
    assert sorted(set(rounds) - {0}) == [1, 2, 3]
