"""When snapshots are taken, in the words of cron: `*/30 * * * *`.

minute | hour | day of the month | month | day of the week (0 and 7 are Sunday), in local time, each
`*`, numbers, names, ranges `a-b`, steps `/n`, and lists of those. If both days are given, either is
enough.

The format: crontab(5), POSIX.1-2017.
"""

import time
from typing import Final

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
SHORTHANDS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class BadCron(ValueError):
    """What is wrong with an expression."""


class Field:
    """One of the five: its least and greatest number, and names for them."""

    def __init__(self, name: str, low: int, high: int, names: tuple[str, ...] = ()) -> None:
        self.name = name
        self.low = low
        self.high = high
        self.names = names

    def number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        if not text.isdigit() or not self.low <= int(text) <= self.high:
            raise BadCron(f"'{text}' is no {self.name}: {self.low} to {self.high}")
        return int(text)

    def parse(self, text: str) -> frozenset[int]:
        """The numbers that the field stands for."""
        found: set[int] = set()
        for part in text.split(","):
            what, slash, step = part.partition("/")
            if slash and (not step.isdigit() or int(step) == 0):
                raise BadCron(f"'{step}' is no step")
            first, dash, last = what.partition("-")
            if what == "*":
                low, high = self.low, self.high
            else:
                low = self.number(first)
                high = self.number(last) if dash else self.high if slash else low
            if low > high:
                raise BadCron(f"'{what}' ends before it begins")
            found.update(range(low, high + 1, int(step) if slash else 1))
        return frozenset(found)


FIELDS: Final = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("day of the week", 0, 7, DAYS),
)


class Cron:
    """A parsed expression. Raises BadCron."""

    def __init__(self, text: str) -> None:
        words = SHORTHANDS.get(text.strip().lower(), text).split()
        if len(words) != len(FIELDS):
            raise BadCron(f"an expression has five fields, not {len(words)}")
        parsed = [field.parse(word) for field, word in zip(FIELDS, words, strict=True)]
        self.minutes, self.hours, self.days, self.months, weekdays = parsed
        self.weekdays = frozenset(day % 7 for day in weekdays)
        self.any_day = words[2].startswith("*")
        self.any_weekday = words[4].startswith("*")

    def fits(self, now: time.struct_time) -> bool:
        """Is it that minute?"""
        weekday = (now.tm_wday + 1) % 7 in self.weekdays
        day = now.tm_mday in self.days
        today = (day and weekday) if self.any_day or self.any_weekday else (day or weekday)
        return (
            today
            and now.tm_mon in self.months
            and now.tm_hour in self.hours
            and now.tm_min in self.minutes
        )
