"""Programs: requests of some families on a few connections, drawn from a source of choices."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.against.arguments import spelled
from tests.against.references import REDIS, Reference
from tests.against.sources import Source

CALL: Final = "call"
# SCAN to the end of its cursor: where a single SCAN stops is each server's own business.
WALK: Final = "walk"
# QUIT: one reply, then the end of the connection.
QUIT: Final = "quit"
# Requests that are answered by `replies` replies together, as CLIENT REPLY makes them.
BLOCK: Final = "block"
# What reaches every connection is compared, replies or not: see listening.py.
LISTEN: Final = "listen"
# Clients speak in turns, and some have to wait: each reply is compared when it comes.
TALK: Final = "talk"
LEAVE: Final = (b"(leaves)",)  # in a talk, in the place of a request


class Step(NamedTuple):
    """What is sent at once on one connection."""

    connection: int
    kind: str
    requests: tuple[tuple[bytes, ...], ...]
    replies: int
    speakers: tuple[int, ...] = ()  # whose connection each request of a talk is

    def __repr__(self) -> str:
        shown = "; ".join(spell(argv) for argv in self.requests)
        if self.speakers:
            said = zip(self.speakers, self.requests, strict=True)
            shown = "; ".join(f"<{speaker}> {spell(argv)}" for speaker, argv in said)
        return f"[{self.connection}] {shown}" + ("" if self.kind == CALL else f"   ({self.kind})")


Program = list[Step]
Words = list[bytes]
Maker = Callable[[Source], Words]
StepMaker = Callable[[Source], Step]


class Family:
    """Commands about one thing, with how likely each is."""

    def __init__(
        self,
        name: str,
        makers: Sequence[tuple[int, Maker]],
        steps: Sequence[tuple[int, StepMaker]] = (),
        connections: int = 1,
        steps_percent: int = 6,
        alone: bool = False,
        own_connections: bool = False,
        oldest_redis: tuple[int, ...] = (7, 2),
    ) -> None:
        self.name = name
        # Nobody has listed in what an older Redis differs.
        self.oldest_redis = oldest_redis
        # Not to be mixed with families whose commands tidy up, or look behind the scenes.
        self.alone = alone
        # Its steps say themselves on which connection they are sent.
        self.own_connections = own_connections
        self.steps_percent = steps_percent
        self.connections = connections
        self.makers: list[Maker] = [maker for weight, maker in makers for _ in range(weight)]
        self.steps: list[StepMaker] = [maker for weight, maker in steps for _ in range(weight)]

    def suits(self, reference: Reference) -> bool:
        """Can all of it be compared with this reference?"""
        return reference.make != REDIS or reference.version >= self.oldest_redis


def spell(argv: Sequence[bytes]) -> str:
    """A request as one would type it into redis-cli."""
    return " ".join(spell_word(word) for word in argv)


def spell_word(word: bytes) -> str:
    if len(word) > 120:
        return f"{spell_word(word[:20])}...({len(word)} bytes)"
    shown = "".join(
        chr(code) if 32 <= code < 127 and code not in (34, 92) else f"\\x{code:02x}"
        for code in word
    )
    return shown if shown and " " not in shown and "\\" not in shown else f'"{shown}"'


def call(connection: int, argv: Sequence[bytes]) -> Step:
    return Step(connection, CALL, (tuple(argv),), 1)


def walk(argv: Sequence[bytes]) -> Step:
    return Step(0, WALK, (tuple(argv),), 1)


def block(requests: Sequence[Sequence[bytes]], replies: int) -> Step:
    return Step(0, BLOCK, tuple(tuple(argv) for argv in requests), replies)


def talk(speakers: Sequence[int], requests: Sequence[Sequence[bytes]]) -> Step:
    return Step(0, TALK, tuple(tuple(argv) for argv in requests), 0, tuple(speakers))


def draw_step(source: Source, families: Sequence[Family]) -> Step:
    """One step of one of the families, sometimes with too few or too many words."""
    family = source.pick(families)
    connection = 0
    if family.connections > 1 and source.chance(30):
        connection = source.number(1, family.connections - 1)
    if family.steps and source.chance(family.steps_percent):
        step = source.pick(family.steps)(source)
        return step if family.own_connections else step._replace(connection=connection)
    argv = source.pick(family.makers)(source)
    argv[0] = spelled(source, argv[0])
    if source.chance(4):
        argv = wrong_length(source, argv)
    return call(connection, argv)


# A word too few or too many must not turn these into something that ends the server, waits,
# or says what no two processes say alike.
EXACT: Final = (b"SHUTDOWN", b"DEBUG", b"CLIENT", b"CONFIG", b"COMMAND", b"SPOP")


def wrong_length(source: Source, argv: Words) -> Words:
    if argv[0].upper() in EXACT:
        return argv
    if len(argv) > 1 and source.chance(60):
        return argv[:-1]
    return [*argv, source.pick((b"x", b"", b"GET", b"1"))]


def draw_program(source: Source, families: Sequence[Family], length: int) -> Program:
    return [draw_step(source, families) for _ in range(length)]
