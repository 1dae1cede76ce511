"""A cursor over the arguments of a request."""

from dflite.base.errors import (
    BadSyntax,
    NegativeTimeout,
    NotAFloat,
    NotAnInteger,
    TimeoutNotAFloat,
    TimeoutOutOfRange,
)
from dflite.base.numbers import INT64_MAX
from dflite.native.base.bytesops import parse_int
from dflite.native.base.floattext import parse_float


class Args:
    """The words of a request, behind its name. `argv` and `at` may be used directly."""

    def __init__(self, argv: list[bytes], at: int = 1) -> None:
        self.argv = argv
        self.at = at

    def more(self) -> bool:
        """Is there another argument?"""
        return self.at < len(self.argv)

    def left(self) -> int:
        """How many arguments are left."""
        return len(self.argv) - self.at

    def next(self) -> bytes:
        """The next argument as it is; BadSyntax if there is none."""
        at = self.at
        if at >= len(self.argv):
            raise BadSyntax
        self.at = at + 1
        return self.argv[at]

    def peek(self) -> bytes:
        """The next argument, not taken; empty if there is none."""
        return self.argv[self.at] if self.at < len(self.argv) else b""

    def word(self) -> bytes:
        """The next argument as an option's name, in capitals."""
        return self.next().upper()

    def back(self) -> None:
        """Put the last argument back."""
        self.at -= 1

    def rest(self) -> list[bytes]:
        """All arguments that are left."""
        rest = self.argv[self.at :]
        self.at = len(self.argv)
        return rest

    def integer(self) -> int:
        """The next argument as a signed 64-bit integer."""
        number = parse_int(self.next())
        if number is None:
            raise NotAnInteger
        return number

    def float(self) -> float:
        """The next argument as a double; not NaN."""
        number = parse_float(self.next())
        if number is None:
            raise NotAFloat
        return number

    def timeout_ms(self) -> int:
        """The next argument as a timeout in seconds with a fraction; 0 is for ever."""
        seconds = parse_float(self.next())
        if seconds is None:
            raise TimeoutNotAFloat
        if seconds < 0:
            raise NegativeTimeout
        if seconds * 1000 > INT64_MAX:
            raise TimeoutOutOfRange
        ms = int(seconds * 1000)
        return ms + 1 if ms < seconds * 1000 else ms

    def end(self) -> None:
        """BadSyntax if anything is left."""
        if self.at < len(self.argv):
            raise BadSyntax
