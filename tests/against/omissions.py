"""What is not asked of a reference: what ends it, or writes what only its version writes.

Differences that show in one reply are in differences.py. Here is what would make the servers go on
from different states, or one of them not at all. Each entry has its reason; a request that is left
out is a PING instead, so that programs keep their steps.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.against.programs import LISTEN, Step, call
from tests.against.references import Reference, Where, redis, redis_before

PING: Final = (b"PING",)

Asks = Callable[[Sequence[bytes]], bool]


class Omission(NamedTuple):
    reason: str
    where: Where
    asks: Asks


def named(*names: bytes) -> Asks:
    """Requests for these commands, in any case; a subcommand stands behind a space."""

    def asks(argv: Sequence[bytes]) -> bool:
        words = [word.upper() for word in argv[:2]]
        return words[0] in names or b" ".join(words) in names

    return asks


def script_with(*parts: bytes) -> Asks:
    """Scripts whose text has one of these parts."""

    def asks(argv: Sequence[bytes]) -> bool:
        return argv[0].upper().startswith((b"EVAL", b"SCRIPT")) and any(
            part in word for word in argv[1:3] for part in parts
        )

    return asks


OMISSIONS: Final = (
    Omission(
        "an error that is a table without a text ends Redis 7.0",
        redis_before(7, 2),
        script_with(b"error({})", b"error()"),
    ),
    Omission("no Redis shows scripts", redis, named(b"SCRIPT SHOW")),
    Omission(
        "Redis 7.0 calls commands with 17 digits of a number, and keeps the zero's sign",
        redis_before(7, 2),
        script_with(b"'echo',1e17", b"'echo',-0.0", b"'hset','script:hash','f',0.1"),
    ),
)


def omitted(reference: Reference, argv: Sequence[bytes]) -> Omission | None:
    """The entry that says why this reference is not asked this, if there is one."""
    for omission in OMISSIONS:
        if omission.where(reference) and omission.asks(argv):
            return omission
    return None


def bearable(reference: Reference, step: Step) -> Step:
    """The step itself, or what is done in its place."""
    left_out = [omitted(reference, argv) is not None for argv in step.requests]
    if not any(left_out):
        return step
    if step.kind != LISTEN:
        return call(step.connection, PING)
    pairs = zip(step.requests, left_out, strict=True)
    return step._replace(requests=tuple(PING if without else argv for argv, without in pairs))
