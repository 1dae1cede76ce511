"""One row of the table of settings: its names, its kind, when it may change, what it does here.

To add a setting: a row in one of `tables/`, a line in `typed.py`, and `python -m
dflite.settings.docs` for its page. A row's default is written as its file would write it.
"""

from typing import Final

from dflite.settings.kinds import Kind

# When a setting may change.
FIXED: Final = 0  # at start-up only
LIVE: Final = 1  # by CONFIG SET; its reader looks at it each time
HOOKED: Final = 2  # by CONFIG SET, once a part of the node has said that it follows the change

# Names of settings that Redis does not have: CONFIG shows them as the flag is written.
OWN: Final[tuple[str, ...]] = ()


class Setting:
    def __init__(
        self,
        name: str,
        kind: Kind,
        default: str,
        help_text: str,
        config_names: tuple[str, ...] | None,
        when: int,
        honoured: bool,
        shown: bool = True,
        secret: bool = False,
        protected: bool = False,
    ) -> None:
        self.name = name
        self.kind = kind
        self.default_text = default
        self.help_text = help_text
        if config_names is None:
            config_names = (name.replace("_", "-"),)
        self.config_names = config_names or (name,)
        self.when = when
        self.honoured = honoured
        self.shown = shown  # by CONFIG GET with a pattern
        self.secret = secret  # never in a log or a message
        self.protected = protected  # CONFIG SET only as enable-protected-configs says
        self.own = config_names == OWN
        self.group = ""

    def default(self) -> object:
        """A fresh default value: lists are not shared between nodes."""
        words = self.kind.split(self.default_text)
        return self.kind.parse(words, [(0, 0, 0)] * 3)

    def shown_names(self) -> tuple[str, ...]:
        """What CONFIG GET * calls it: Redis' names, and the flag's where it is another word."""
        if any(plain(name) == self.name for name in self.config_names):
            return self.config_names
        return (*self.config_names, self.name)

    def main_name(self) -> str:
        """What redis.conf calls it."""
        return self.config_names[0]


class Group:
    """Settings that stand together in --help and in the docs."""

    def __init__(self, title: str, rows: list[Setting]) -> None:
        self.title = title
        self.rows = rows
        for row in rows:
            row.group = title


def plain(name: str) -> str:
    """A name with `-`, `.` and `_` taken as one, in small letters."""
    return name.lower().replace("-", "_").replace(".", "_")


def live(
    name: str,
    kind: Kind,
    default: str,
    help_text: str,
    config_names: tuple[str, ...] | None = None,
    secret: bool = False,
    shown: bool = True,
) -> Setting:
    """Honoured, and CONFIG SET changes it at once."""
    return Setting(
        name, kind, default, help_text, config_names, LIVE, True, secret=secret, shown=shown
    )


def hooked(
    name: str,
    kind: Kind,
    default: str,
    help_text: str,
    config_names: tuple[str, ...] | None = None,
    secret: bool = False,
) -> Setting:
    """Honoured, and CONFIG SET changes it where a part of the node follows."""
    return Setting(name, kind, default, help_text, config_names, HOOKED, True, secret=secret)


def fixed(
    name: str,
    kind: Kind,
    default: str,
    help_text: str,
    config_names: tuple[str, ...] | None = None,
    protected: bool = False,
) -> Setting:
    """Honoured, at start-up only."""
    when = LIVE if protected else FIXED
    return Setting(name, kind, default, help_text, config_names, when, True, protected=protected)


def idle(
    name: str,
    kind: Kind,
    default: str,
    help_text: str,
    config_names: tuple[str, ...] | None = None,
    when: int = LIVE,
    shown: bool = True,
    secret: bool = False,
    protected: bool = False,
) -> Setting:
    """Known and accepted, kept and shown, but without effect here."""
    return Setting(
        name, kind, default, help_text, config_names, when, False, shown, secret, protected
    )
