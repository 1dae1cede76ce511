"""The kinds of settings that hold several words or letters: addresses, schedules, limits, flags."""

import math
import re
from collections.abc import Callable
from typing import Final, cast

from dflite.base.hosts import is_host
from dflite.settings.kinds import Kind, only
from dflite.settings.values import (
    Refused,
    listed,
    quoted_if_needed,
    read_integer,
    read_size,
    read_size_loosely,
    size_text,
)

MAX_BIND_ADDRESSES: Final = 16
BETWEEN_WORDS: Final = re.compile(r"[\s,]+")

# The rows of client-output-buffer-limit, in the order Redis shows them.
NORMAL: Final = 0
REPLICA: Final = 1
PUBSUB: Final = 2
CLIENT_CLASSES: Final = ("normal", "slave", "pubsub")

# Letters of notify-keyspace-events: those that A stands for, in Redis' order, then the others.
ALL_EVENTS: Final = "g$lshzxetd"
OTHER_EVENTS: Final = "KEmn"


class Words(Kind):
    """A list of words, such as the addresses to listen on."""

    python_type = "list[str]"
    takes_several = True

    def __init__(
        self,
        what: str,
        most: int = 1 << 30,
        too_many: str = "",
        check: Callable[[str], str] | None = None,
    ) -> None:
        self.what = what
        self.most = most
        self.too_many = too_many
        self.check = check  # of each word, as with a text

    def parse(self, words: list[str], current: object) -> object:
        if len(words) > self.most:
            raise Refused(self.too_many)
        if words == [""]:
            return []
        for word in words:
            wrong = self.check(word) if self.check is not None else ""
            if wrong:
                raise Refused(wrong)
        return words.copy()

    def split_loosely(self, text: str) -> list[str]:
        return [word for word in BETWEEN_WORDS.split(text) if word]

    def text(self, value: object) -> str:
        return " ".join(cast(list[str], value))

    def file_lines(self, value: object) -> list[str]:
        words = cast(list[str], value)
        return [" ".join([quoted_if_needed(word) for word in words]) or '""']

    def allowed(self) -> str:
        return self.what


class SaveSchedule(Kind):
    """Pairs of seconds and changes."""

    python_type = "list[tuple[int, int]]"
    takes_several = True

    def parse(self, words: list[str], current: object) -> object:
        if words == [""]:
            return []
        if len(words) % 2:
            raise Refused("Invalid save parameters")
        numbers = [read_integer(word) for word in words]
        pairs: list[tuple[int, int]] = []
        for seconds, changes in zip(numbers[::2], numbers[1::2], strict=True):
            if seconds is None or changes is None or seconds < 1 or changes < 0:
                raise Refused("Invalid save parameters")
            pairs.append((seconds, changes))
        return pairs

    def parse_more(self, words: list[str], current: object) -> object:
        more = cast(list[tuple[int, int]], self.parse(words, current))
        return [*cast(list[tuple[int, int]], current), *more] if more else []

    def text(self, value: object) -> str:
        pairs = cast(list[tuple[int, int]], value)
        return " ".join(f"{seconds} {changes}" for seconds, changes in pairs)

    def file_lines(self, value: object) -> list[str]:
        pairs = cast(list[tuple[int, int]], value)
        return [f"{seconds} {changes}" for seconds, changes in pairs] or ['""']

    def allowed(self) -> str:
        return 'pairs of seconds and changes such as "3600 1 300 100", or ""'


class OutputLimits(Kind):
    """For each class of clients: a hard limit, a soft limit, seconds that the soft one may last."""

    python_type = "list[tuple[int, int, int]]"
    takes_several = True

    def parse(self, words: list[str], current: object) -> object:
        return self.changed(words, current, False)

    def parse_loosely(self, words: list[str], current: object) -> object:
        return self.changed(words, current, True)

    def changed(self, words: list[str], current: object, loosely: bool) -> object:
        limits = list(cast(list[tuple[int, int, int]], current))
        if len(words) % 4:
            raise Refused("Wrong number of arguments in buffer limit configuration.")
        read = read_size_loosely if loosely else read_size
        for at in range(0, len(words), 4):
            name = words[at].lower()
            name = "slave" if name == "replica" else name
            if name not in CLIENT_CLASSES:
                raise Refused("Invalid client class specified in buffer limit configuration.")
            hard, soft = read(words[at + 1]), read(words[at + 2])
            seconds = read_integer(words[at + 3])
            if hard is None or soft is None or seconds is None or seconds < 0:
                raise Refused(
                    "Error in hard, soft or soft_seconds setting in buffer limit configuration."
                )
            limits[CLIENT_CLASSES.index(name)] = (hard, soft, seconds)
        return limits

    def text(self, value: object) -> str:
        limits = cast(list[tuple[int, int, int]], value)
        return " ".join(
            f"{name} {hard} {soft} {seconds}"
            for name, (hard, soft, seconds) in zip(CLIENT_CLASSES, limits, strict=True)
        )

    def file_lines(self, value: object) -> list[str]:
        limits = cast(list[tuple[int, int, int]], value)
        return [
            f"{name} {size_text(hard)} {size_text(soft)} {seconds}"
            for name, (hard, soft, seconds) in zip(
                ("normal", "replica", "pubsub"), limits, strict=True
            )
        ]

    def allowed(self) -> str:
        return 'for each class a hard limit, a soft limit and seconds: "pubsub 32mb 8mb 60"'


class Percentiles(Kind):
    python_type = "list[float]"
    takes_several = True

    def parse(self, words: list[str], current: object) -> object:
        percentiles: list[float] = []
        for word in [] if words == [""] else words:
            try:
                number = float(word)
            except ValueError:
                number = math.nan
            if math.isnan(number) or word != word.strip():
                raise Refused("Invalid latency-tracking-info-percentiles parameters")
            if not 0.0 <= number <= 100.0:
                raise Refused(
                    "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
                )
            percentiles.append(number)
        return percentiles

    def text(self, value: object) -> str:
        numbers = cast(list[float], value)
        return " ".join(f"{number:.6f}".rstrip("0").rstrip(".") for number in numbers)

    def file_lines(self, value: object) -> list[str]:
        return [self.text(value) or '""']

    def allowed(self) -> str:
        return 'numbers from 0 to 100, such as "50 99 99.9"'


class ScoreAdjustments(Kind):
    """oom-score-adj-values: for a primary, a replica and a background child."""

    python_type = "list[int]"
    takes_several = True

    def parse(self, words: list[str], current: object) -> object:
        if len(words) != 3:
            raise Refused("wrong number of arguments")
        numbers: list[int] = []
        for word in words:
            number = read_integer(word)
            if number is None or not -2000 <= number <= 2000:
                raise Refused(
                    "Invalid oom-score-adj-values, elements must be between -2000 and 2000."
                )
            numbers.append(number)
        return numbers

    def text(self, value: object) -> str:
        return " ".join(str(number) for number in cast(list[int], value))

    def allowed(self) -> str:
        return "three whole numbers from -2000 to 2000"


class ShutdownFlags(Kind):
    """What a signal adds to SHUTDOWN."""

    python_type = "list[str]"
    takes_several = True

    def __init__(self) -> None:
        self.options = ["default", "save", "nosave", "now", "force", "safe", "failover"]

    def parse(self, words: list[str], current: object) -> object:
        given = [word.lower() for word in words or [""]]
        for word in given:
            if word not in self.options:
                raise Refused(
                    "argument(s) must be one of the following: " + ", ".join(self.options)
                )
        if "save" in given and "nosave" in given:
            raise Refused("shutdown options SAVE and NOSAVE can't be used simultaneously")
        return [option for option in self.options[1:] if option in given]

    def text(self, value: object) -> str:
        return " ".join(cast(list[str], value)) or "default"

    def allowed(self) -> str:
        return "one or more of " + listed(self.options)


class KeyspaceEvents(Kind):
    """Letters for classes of events, kept in Redis' order with A for all of them."""

    python_type = "str"

    def parse(self, words: list[str], current: object) -> object:
        letters = only(words)
        for letter in letters:
            if letter not in ALL_EVENTS and letter not in OTHER_EVENTS and letter != "A":
                raise Refused("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
        if "A" in letters or all(letter in letters for letter in ALL_EVENTS):
            classes = "A"
        else:
            classes = "".join(letter for letter in ALL_EVENTS + "n" if letter in letters)
        classes += "".join(letter for letter in "KEm" if letter in letters)
        # Redis forgets n beside A when it shows the flags; forgetting it would switch it off here.
        return classes + ("n" if "n" in letters and classes.startswith("A") else "")

    def text(self, value: object) -> str:
        return str(value)

    def file_lines(self, value: object) -> list[str]:
        return [f'"{value}"']

    def allowed(self) -> str:
        return "letters out of Ag$lshzxeKEtmdn"


class Primary(Kind):
    """Whom to follow: `host port` in a file, `host:port` in a flag, nothing for nobody."""

    python_type = "str"
    takes_several = True

    def parse(self, words: list[str], current: object) -> object:
        if words in ([], [""]):
            return ""
        if len(words) != 2:
            raise Refused("wrong number of arguments")
        if words[0].lower() == "no" and words[1].lower() == "one":
            return ""
        port = read_integer(words[1])
        if port is None or not 0 <= port <= 65535:
            raise Refused("Invalid master port")
        if not is_host(words[0]):
            raise Refused("Invalid master host")
        return f"{words[0]} {port}"

    def split_loosely(self, text: str) -> list[str]:
        words = text.split()
        if len(words) == 1 and ":" in words[0]:
            host, _, port = words[0].rpartition(":")
            return [host.strip("[]"), port]
        return words

    def file_lines(self, value: object) -> list[str]:
        host, _, port = str(value).rpartition(" ")
        return [f"{quoted_if_needed(host)} {port}" if value else "no one"]

    def allowed(self) -> str:
        return "host:port, [address]:port or nothing"
