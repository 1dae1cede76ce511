"""Whatever clients do, and in whatever order the reactor learns of it: nobody waits for ever.

Clients ask, read, wait for something and end in random programs, with bounds so narrow that they
are always made to wait. When all that holds them back is over, each has every reply, and the end if
it has ended.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dflite.native.wire.connection import HELD_BLOCKED, HELD_PAUSED
from dflite.native.wire.requests import Limits
from tests.support.resp import encode, encode_all
from tests.support.stage import Client, Stage, bulk
from tests.support.tls_stage import Contexts, TlsClient

Kind = tuple[bool, bool, int]  # TLS, TCP, and room for replies in the kernel, or 0
SIZES: Final = (1, 20, 2_000, 65_509, 100_000)  # one request of 65,509 is what one read takes


@dataclass(slots=True)
class Actor:
    """A client and what it is to have in the end."""

    client: Client
    stage: Stage
    asked: int = 0
    expected: bytearray = field(default_factory=bytearray)
    ends: bool = False  # it sends no more
    told: bool = False  # and has said so
    waits_for: bytes = b""  # the word of a WAIT that is not answered yet
    may_be_dropped: bool = False  # ended while it waited: nobody is left to answer

    def __post_init__(self) -> None:
        self.client.session.on_request = self.answer

    def answer(self, argv: list[bytes]) -> None:
        session = self.client.session
        if argv[0] == b"WAIT":
            self.waits_for = argv[1]
            session.connection.hold(HELD_BLOCKED)
            return
        if argv[0] == b"LONG":
            self.stage.reactor.poll_others()
        session.echo(argv)

    def ask(self, name: bytes, count: int, size: int) -> None:
        if self.ends:
            return
        words = [bytes([ord("a") + (self.asked + n) % 26]) * size for n in range(count)]
        self.asked += count
        self.expected += b"".join(map(bulk, words))
        self.client.send(encode_all([name, word] for word in words))

    def wait(self) -> None:
        if not self.ends:
            self.may_be_dropped = True
            self.ask(b"WAIT", 1, 1)

    def release(self) -> None:
        connection = self.client.connection
        if self.waits_for and not connection.closed:
            connection.reply.bulk(self.waits_for)
            self.waits_for = b""
            connection.mark_dirty()
            connection.release(HELD_BLOCKED)

    def end(self) -> None:
        self.ends = True
        if not self.client.has_unsent() and not self.told:
            self.told = True
            self.client.end_sending()

    def is_done(self) -> bool:
        """Help it along; has it everything?"""
        self.release()
        if self.ends:
            self.end()
        while self.client.pull(10_000):
            continue
        if self.client.ended:
            return True
        return not self.ends and len(self.client.got) >= len(self.expected)

    def check(self) -> None:
        if self.may_be_dropped and self.ends:
            assert bytes(self.expected).startswith(self.client.got)
        else:
            assert self.client.got == self.expected
        assert self.client.ended == self.ends
        if not self.ends:
            assert self.client.connection.held == 0
            self.client.got = b""
            self.client.send(encode([b"ECHO", b"still here"]))
            self.client.expect(bulk(b"still here"))


class Program:
    """A stage with its actors; each step is a method called with the numbers that were drawn."""

    def __init__(self, kinds: list[Kind], limits: Limits, contexts: Contexts) -> None:
        self.stage = Stage(limits)
        self.actors = [Actor(self.join(*kind, contexts), self.stage) for kind in kinds]

    def join(self, tls: bool, tcp: bool, room: int, contexts: Contexts) -> Client:
        if not tls:
            return self.stage.join(tcp, room)
        client = TlsClient.join(self.stage, contexts, tcp, room)
        client.shake()
        return client

    def step(self, name: str, who: int, count: int, size: int) -> None:
        actor = self.actors[who % len(self.actors)]
        steps: dict[str, Callable[[], object]] = {
            "ask": partial(actor.ask, b"ECHO", count, size),
            "ask and end": partial(self.ask_and_end, actor, count, size),
            "long": partial(actor.ask, b"LONG", 1, size),
            "wait": actor.wait,
            "release": actor.release,
            "end": actor.end,
            "read": partial(actor.client.pull, size),
            "pause": self.pause,
            "unpause": partial(self.stage.reactor.release_all, HELD_PAUSED),
            "poll": self.stage.reactor.poll,
            "turn": self.stage.turn,
        }
        steps[name]()

    def ask_and_end(self, actor: Actor, count: int, size: int) -> None:
        actor.ask(b"ECHO", count, size)
        actor.end()

    def pause(self) -> None:
        for actor in self.actors:
            actor.may_be_dropped = True
        self.stage.reactor.hold_all(HELD_PAUSED)

    def finish(self) -> None:
        self.stage.reactor.release_all(HELD_PAUSED)
        self.stage.until(lambda: sum(actor.is_done() for actor in self.actors) == len(self.actors))
        for actor in self.actors:
            actor.check()
        assert not self.stage.errors


STEPS: Final = (
    *("ask", "ask", "ask and end", "long", "wait", "release", "end", "read"),
    *("pause", "unpause", "poll", "turn", "turn"),
)
PROGRAMS: Final = st.lists(
    st.tuples(
        st.sampled_from(STEPS),
        st.integers(0, 2),
        st.sampled_from([1, 2, 10]),
        st.sampled_from(SIZES),
    ),
    min_size=1,
    max_size=30,
)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    return Contexts(tmp_path_factory.mktemp("certificates"))


@st.composite
def limits(draw: st.DrawFn) -> Limits:
    drawn = Limits()
    drawn.turn_us = draw(st.sampled_from([0, 250]))
    drawn.turn_bytes = draw(st.sampled_from([1, 5_000, 128 * 1024]))
    drawn.high_water = draw(st.sampled_from([100, 70_000, 1024 * 1024]))
    drawn.round_us = draw(st.sampled_from([0, 1_000]))
    return drawn


@given(
    kinds=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.sampled_from([0, 4_608])), min_size=1, max_size=3
    ),
    bounds=limits(),
    program=PROGRAMS,
)
@settings(max_examples=200)
def test_nobody_waits_for_ever(
    contexts: Contexts, kinds: list[Kind], bounds: Limits, program: list[tuple[str, int, int, int]]
) -> None:
    played = Program(kinds, bounds, contexts)
    try:
        for name, who, count, size in program:
            played.step(name, who, count, size)
        played.finish()
    finally:
        played.stage.close()
