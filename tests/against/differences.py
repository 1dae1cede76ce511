"""What dflite answers otherwise than Valkey 9 on purpose: each entry with its reason.

An entry may look at the request and at both replies. It should be as narrow as its reason.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tests.support.resp import ERROR, Reply

Applies = Callable[[Sequence[bytes], Reply, Reply], bool]


class Difference(NamedTuple):
    reason: str
    applies: Applies


def request(*words: bytes) -> Applies:
    """Requests that start with these words, in any case."""

    def applies(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
        return tuple(word.upper() for word in argv[: len(words)]) == words

    return applies


def any_help(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> bool:
    return (
        len(argv) == 2
        and argv[1].upper() == b"HELP"
        and theirs.kind == ours.kind
        and theirs.kind != ERROR
    )


DIFFERENCES: Final = (Difference("the help texts are our own words", any_help),)


# Commands of Dragonfly's and our own that Valkey does not know.
ONLY_HERE: Final = ("delex", "digest", "prepend")
# Rows of the command table that differ in one field, each with its reason.
TABLE: Final[dict[tuple[str, str], str]] = {}


def intended(argv: Sequence[bytes], theirs: Reply, ours: Reply) -> Difference | None:
    """The entry that allows these two replies to differ, if there is one."""
    for difference in DIFFERENCES:
        if difference.applies(argv, theirs, ours):
            return difference
    return None
