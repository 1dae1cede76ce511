"""Options that say when a key expires, as SET, GETEX and MSETEX take them."""

from typing import Final

from dflite.base.errors import BadSyntax, InvalidExpireTime, NotAnInteger
from dflite.base.numbers import INT64_MAX
from dflite.engine.args import Args
from dflite.native.base.bytesops import parse_int
from dflite.store.db import NEVER

KEEP: Final = b"KEEPTTL"
PERSIST: Final = b"PERSIST"
TIMES: Final = (b"EX", b"PX", b"EXAT", b"PXAT")


class ExpiryOption:
    """At most one of EX, PX, EXAT, PXAT, KEEPTTL and PERSIST, and the time that belongs to it."""

    def __init__(self) -> None:
        self.word = b""
        self.text = b""

    def take(self, word: bytes, args: Args) -> None:
        """Take the option `word` with its time; it may come again, but no other with it."""
        if self.word and self.word != word:
            raise BadSyntax
        self.word = word
        if word in TIMES:
            self.text = args.next()

    def deadline(self, now_ms: int, command: bytes) -> int:
        """The deadline it stands for, in Unix ms; NEVER if it stands for none."""
        if self.word not in TIMES:
            return NEVER
        return read_deadline(self.text, self.word, now_ms, command)


def read_deadline(text: bytes, unit: bytes, now_ms: int, command: bytes) -> int:
    """Unix ms of a time in the unit of the option EX, PX, EXAT or PXAT; it must be positive."""
    time = parse_int(text)
    if time is None:
        raise NotAnInteger
    if unit in (b"EX", b"EXAT"):
        time *= 1000
    if not 0 < time <= INT64_MAX:
        raise InvalidExpireTime(command)
    if unit in (b"EX", b"PX"):
        time += now_ms
    if time > INT64_MAX:
        raise InvalidExpireTime(command)
    return time
