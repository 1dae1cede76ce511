"""The kinds of settings that are one word: what text each takes, and what it becomes.

Every kind reads two dialects. `parse` is Redis', for CONFIG SET and redis.conf, with its error
texts; `parse_loosely` is for flags, flag files and the environment, where `--tls=true`,
`--maxmemory=1.5GiB` and `--maxclients=+5` are usual. What the second takes is a superset.
"""

import re
from collections.abc import Callable
from typing import Final, cast

from dflite.settings.values import (
    INT64_MAX,
    Refused,
    listed,
    quoted,
    read_integer,
    read_size,
    read_size_loosely,
    size_text,
)

YES_WORDS: Final = ("yes", "true", "1", "on", "t", "y")
NO_WORDS: Final = ("no", "false", "0", "off", "f", "n")
BREAKS: Final = re.compile(r"[\0\r\n]")
TIME_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Kind:
    """How values of one sort are read from text and written back."""

    python_type = "object"
    takes_several = False  # `save 900 1 300 10`: several words in a file or on a command line

    def parse(self, words: list[str], current: object) -> object:
        raise NotImplementedError

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.parse(words, current)

    def parse_more(self, words: list[str], current: object) -> object:
        """A further line of the same setting in one file."""
        return self.parse(words, current)

    def text(self, value: object) -> str:
        """As CONFIG GET shows it."""
        return str(value)

    def file_lines(self, value: object) -> list[str]:
        """What stands behind the name in redis.conf, one item a line."""
        return [self.text(value)]

    def allowed(self) -> str:
        """Ends the sentence 'it takes ...'."""
        raise NotImplementedError

    def split(self, text: str) -> list[str]:
        """The words of a value given as one string, as CONFIG SET gives it."""
        if not self.takes_several:
            return [text]
        return text.split(" ") if text else []

    def split_loosely(self, text: str) -> list[str]:
        """The words of a value given as one string, as a flag gives it."""
        return text.split() if self.takes_several else [text]


class YesNo(Kind):
    python_type = "bool"

    def parse(self, words: list[str], current: object) -> object:
        word = only(words).lower()
        if word not in ("yes", "no"):
            raise Refused("argument must be 'yes' or 'no'")
        return word == "yes"

    def parse_loosely(self, words: list[str], current: object) -> object:
        word = only(words).strip().lower()
        if word in YES_WORDS:
            return True
        if word in NO_WORDS:
            return False
        raise Refused("argument must be 'yes' or 'no'")

    def text(self, value: object) -> str:
        return "yes" if value else "no"

    def allowed(self) -> str:
        return "yes or no"


class Int(Kind):
    """A whole number. One outside `clamp` is taken and moved to its nearer end, as Redis does."""

    python_type = "int"

    def __init__(self, low: int, high: int, clamp: tuple[int, int] | None = None) -> None:
        self.low = low
        self.high = high
        self.clamp = clamp

    def parse(self, words: list[str], current: object) -> object:
        number = read_integer(only(words))
        if number is None:
            raise Refused("argument couldn't be parsed into an integer")
        return self.within(number)

    def parse_loosely(self, words: list[str], current: object) -> object:
        try:
            number = int(only(words).strip())
        except ValueError:
            raise Refused("argument couldn't be parsed into an integer") from None
        return self.within(number)

    def within(self, number: int) -> int:
        if not self.low <= number <= self.high:
            raise Refused(f"argument must be between {self.low} and {self.high} inclusive")
        if self.clamp is None:
            return number
        return min(max(number, self.clamp[0]), self.clamp[1])

    def allowed(self) -> str:
        return f"a whole number from {self.low} to {self.high}"


class Size(Int):
    """Bytes. Where the least value is below zero, it stands for something else than a size."""

    def __init__(
        self, low: int = 0, high: int = INT64_MAX, clamp: tuple[int, int] | None = None
    ) -> None:
        super().__init__(low, high, clamp)

    def parse(self, words: list[str], current: object) -> object:
        return self.sized(only(words), read_size)

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.sized(only(words), read_size_loosely)

    def sized(self, word: str, read: Callable[[str], int | None]) -> int:
        if self.low < 0 and word == str(self.low):
            return self.low
        size = read(word)
        if size is None:
            raise Refused("argument must be a memory value")
        return self.within(size)

    def file_lines(self, value: object) -> list[str]:
        return [size_text(cast(int, value))]

    def allowed(self) -> str:
        least = f" of at least {size_text(self.low)}" if self.low > 1 else ""
        return f"a size in bytes{least}, such as 1048576, 512mb or 2gb"


class SizeOrPercent(Size):
    """Bytes, or, kept as a negative number, a percentage of something the reader knows."""

    def parse(self, words: list[str], current: object) -> object:
        return self.percent_or(words, read_size)

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.percent_or(words, read_size_loosely)

    def percent_or(self, words: list[str], read: Callable[[str], int | None]) -> int:
        word = only(words)
        if word.endswith("%"):
            percent = read_integer(word[:-1])
            if percent is None or percent < 0:
                raise Refused("argument must be a memory or percent value")
            if percent > 100:
                raise Refused("percentage argument must be less or equal to 100")
            return -percent
        size = read(word)
        if size is None:
            raise Refused("argument must be a memory or percent value")
        return self.within(size)

    def text(self, value: object) -> str:
        number = cast(int, value)
        return f"{-number}%" if number < 0 else str(number)

    def file_lines(self, value: object) -> list[str]:
        number = cast(int, value)
        return [self.text(number) if number < 0 else size_text(number)]

    def allowed(self) -> str:
        return "a size in bytes such as 512mb, or a percentage such as 5%"


class MemoryLimit(SizeOrPercent):
    """As that; what is neither is refused in the words for a size; 0% would be no share.

    CONFIG SET and files take what Redis does, and beyond it what the flag does, as `1.5gb`.
    """

    def parse(self, words: list[str], current: object) -> object:
        return self.percent_or(words, read_limit)

    def percent_or(self, words: list[str], read: Callable[[str], int | None]) -> int:
        try:
            limit = super().percent_or(words, read)
        except Refused as refusal:
            if "memory or percent" in str(refusal):
                raise Refused("argument must be a memory value") from None
            raise
        if limit == 0 and only(words).endswith("%"):
            raise Refused("percentage argument must be at least 1")
        return limit


def read_limit(text: str) -> int | None:
    """Where Redis and flags read a text in two ways, Redis' is meant."""
    size = read_size(text)
    return read_size_loosely(text) if size is None else size


class Octal(Int):
    """File permissions."""

    def parse(self, words: list[str], current: object) -> object:
        word = only(words)
        try:
            number = int(word, 8) if word else 0
        except ValueError:
            raise Refused("argument couldn't be parsed as an octal number") from None
        if not self.low <= number <= self.high:
            raise Refused(f"argument must be between {self.low:o} and {self.high:o} inclusive")
        return number

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.parse(words, current)

    def text(self, value: object) -> str:
        return format(cast(int, value), "o")

    def allowed(self) -> str:
        return f"an octal number from {self.low:o} to {self.high:o}, such as 770"


class Float(Kind):
    python_type = "float"

    def __init__(self, low: float, high: float) -> None:
        self.low = low
        self.high = high

    def parse(self, words: list[str], current: object) -> object:
        try:
            number = float(only(words))
        except ValueError:
            raise Refused("argument couldn't be parsed into a number") from None
        if not self.low <= number <= self.high:
            raise Refused(f"argument must be between {self.low:g} and {self.high:g} inclusive")
        return number

    def text(self, value: object) -> str:
        return format(cast(float, value), "g")

    def allowed(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"


class Duration(Float):
    """Seconds; `500ms`, `5s`, `2m` and `1h` are taken too."""

    def parse(self, words: list[str], current: object) -> object:
        word = only(words).strip().lower()
        for unit in ("ms", "s", "m", "h"):
            number = word.removesuffix(unit)
            if number != word:
                try:
                    word = repr(float(number) * TIME_UNITS[unit])
                except ValueError:
                    break
                break
        return super().parse([word], current)

    def allowed(self) -> str:
        return "seconds, or a time such as 500ms, 5s or 2m"


class Choice(Kind):
    """One of some words; `same_as` maps further spellings to them."""

    python_type = "str"

    def __init__(self, options: list[str], same_as: dict[str, str] | None = None) -> None:
        self.options = options
        self.same_as = same_as or {}

    def parse(self, words: list[str], current: object) -> object:
        word = only(words).lower()
        word = self.same_as.get(word, word)
        for option in self.options:
            if option.lower() == word:
                return option
        raise Refused("argument(s) must be one of the following: " + ", ".join(self.options))

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.parse([only(words).strip()], current)

    def file_lines(self, value: object) -> list[str]:
        return [str(value) or '""']

    def allowed(self) -> str:
        return listed([option or '""' for option in self.options])


class YesNoOr(Choice):
    """yes, no and further words; a flag may say true and false."""

    def parse_loosely(self, words: list[str], current: object) -> object:
        word = only(words).strip().lower()
        if word in YES_WORDS:
            word = "yes"
        elif word in NO_WORDS:
            word = "no"
        return self.parse([word], current)


class Text(Kind):
    """Any text that `check` has nothing against; it returns what is wrong, or ''."""

    python_type = "str"

    def __init__(self, what: str = "any text", check: Callable[[str], str] | None = None) -> None:
        self.what = what
        self.check = check

    def parse(self, words: list[str], current: object) -> object:
        text = only(words)
        wrong = self.check(text) if self.check is not None else ""
        if wrong:
            raise Refused(wrong)
        return text

    def file_lines(self, value: object) -> list[str]:
        return [quoted(str(value))]

    def allowed(self) -> str:
        return self.what


def check_path(path: str) -> str:
    """What no file's name has, or what would end its line in a file of settings."""
    return "a path can't hold a line break or a NUL" if BREAKS.search(path) else ""


YES_NO: Final = YesNo()
TEXT: Final = Text()
PATH: Final = Text("a path", check_path)
PORT: Final = Int(0, 65535)


def only(words: list[str]) -> str:
    if len(words) != 1:
        raise Refused("wrong number of arguments")
    return words[0]
