"""The table of verbs: a row for each, written at its handler.

    @verb("touch", 3, 4, WRITE | FAST)
    def mc_touch(call: Call) -> bytes: ...

`least` and `most` count the words of the line, the verb too; other numbers of words are ERROR. A
handler answers with the reply's bytes. A verb with a block of data behind its line gets that as the
last word; `refused` answers for it when the line is wrong or its block is. `like` is the command of
RESP that a user must be allowed for it.
"""

from collections.abc import Callable
from typing import Final

from dflite.engine.command import FOREIGN, Command, categories_of
from dflite.memcached.service import Call
from dflite.native.memcached.mc_verbs import OPERATIONS

Handler = Callable[[Call], bytes]
Refusal = Callable[[Call, int], bytes]

# What is wrong with a verb that has a block.
BAD_LINE: Final = 1
BAD_BLOCK: Final = 2
TOO_LARGE: Final = 3
NO_MEMORY: Final = 4

MANY: Final = 1 << 30

ERROR: Final = b"ERROR\r\n"
OK: Final = b"OK\r\n"
BAD_FORMAT: Final = b"CLIENT_ERROR bad command line format\r\n"
LONGEST_KEY: Final = 250


class Verb:
    """A row. `quiet_word` says that `noreply` as the last word of the line is heard."""

    def __init__(
        self,
        name: str,
        least: int,
        most: int,
        flags: int,
        quiet_word: bool,
        handler: Handler,
        refused: Refusal | None,
        like: str,
    ) -> None:
        self.least = least
        self.most = most
        self.quiet_word = quiet_word
        self.handler = handler
        self.refused = refused
        self.like = like.encode()
        self.row = Command(
            "memcached|" + name, name, "memcached", -1, flags, categories_of(flags, 0, ""), [],
            "1.0.0", "", "", [], None,
        )  # fmt: skip
        self.row.lane = OPERATIONS.get(name, 0)
        FOREIGN.append(self.row)


VERBS: Final[dict[bytes, Verb]] = {}


def verb(
    name: str,
    least: int,
    most: int,
    flags: int,
    quiet_word: bool = True,
    refused: Refusal | None = None,
    like: str = "",
) -> Callable[[Handler], Handler]:
    """Enter the function below in the table."""

    def enter(handler: Handler) -> Handler:
        VERBS[name.encode()] = Verb(name, least, most, flags, quiet_word, handler, refused, like)
        return handler

    return enter
