"""The settings of one node: their values, and CONFIG GET, CONFIG SET and CONFIG REWRITE on them."""

import os
from collections.abc import Callable, Iterable
from typing import Final, cast

from dflite.settings.patterns import has_wildcard, matches
from dflite.settings.registry import SETTINGS, SHOWN, find_setting
from dflite.settings.rewrite import rewrite_conf_file, rewrite_flag_file
from dflite.settings.setting import FIXED, HOOKED, Setting, plain
from dflite.settings.typed import TypedSettings
from dflite.settings.values import ChangeRefused, Refused

NO_FILE: Final = "The server is running without a config file"


class Settings(TypedSettings):
    """Read `settings.maxmemory` and its like; write them only before the node serves.

    `origins` tells where a setting was given, for those that do not stand at their default.
    """

    def __init__(self) -> None:
        self.config_file = ""
        self.flag_file = ""
        self.origins: dict[str, str] = {}
        # What redis.conf says in directives that are not settings.
        self.acl_users: list[list[str]] = []
        self.describe_users: Callable[[], list[str]] | None = None  # lines for CONFIG REWRITE
        self.renamed_commands: list[tuple[str, str]] = []
        self.modules: list[list[str]] = []
        self._defaults: dict[str, object] = {}
        self._below_flag_file: dict[str, object] = {}
        self._hooks: dict[str, list[Callable[[], None]]] = {}
        self._followed: set[str] = set()
        self._last: list[Callable[[], None]] = []
        # Passwords of the default user that are being replaced by requirepass.
        self.older_passkeys: list[str] = []
        self.passkey_kept = False  # in a file of its own, by the node
        for row in SETTINGS:
            value = row.default()
            if row.name == "dir":
                value = os.getcwd()
            self._defaults[row.name] = value
            self.put(row, value)

    def get(self, row: Setting) -> object:
        return cast(object, getattr(self, row.name))

    def put(self, row: Setting, value: object) -> None:
        setattr(self, row.name, value)

    def derive(self, name: str, value: object) -> None:
        """Gives what follows from other settings: a default, as far as files and CONFIG go."""
        setattr(self, name, value)
        self._defaults[name] = value
        self._below_flag_file[name] = value

    def text(self, name: str) -> str:
        """The value of a setting as CONFIG GET shows it."""
        row = find_setting(name)
        if row is None:
            raise KeyError(name)
        return row.kind.text(self.get(row))

    def given(self, name: str) -> bool:
        """Whether someone set it, be it to its default."""
        return name in self.origins

    def differs(self, row: Setting) -> bool:
        """Whether it stands at something else than its default."""
        return self.get(row) != self._defaults[row.name]

    # CONFIG GET

    def get_matching(self, patterns: list[str]) -> list[tuple[str, str]]:
        """Names and texts, each once. Who asks for one by name hears it under that name."""
        found: dict[str, tuple[str, str]] = {}
        for pattern in patterns:
            if has_wildcard(pattern):
                for name, row in SHOWN:
                    if name not in found and matches(pattern, name):
                        found[name] = (name, row.kind.text(self.get(row)))
            elif pattern.lower() not in found:
                asked = find_setting(pattern)
                if asked is not None:
                    found[pattern.lower()] = (pattern, asked.kind.text(self.get(asked)))
        return list(found.values())

    # CONFIG SET

    def change(self, pairs: Iterable[tuple[str, str]], from_here: bool = True) -> list[str]:
        """All of the pairs or none of them; `from_here` says that the client is of this machine.

        Returns the names of those among them that have no effect here.
        """
        chosen = self._choose(list(pairs), from_here)
        before: dict[str, object] = {}
        for name, row, text in chosen:
            # Two names of one setting are two changes, and the last one stands.
            current = self.get(row)
            before.setdefault(row.name, current)
            try:
                self.put(row, read_change(row, text, current))
            except Refused as refusal:
                self._restore(before)
                raise failed(name, str(refusal)) from None
        self._call_hooks(chosen, before)
        for _, row, _ in chosen:
            self.origins[row.name] = "CONFIG SET"
        return [name for name, row, _ in chosen if not row.honoured]

    def on_change(
        self, name: str, hook: Callable[[], None], always: bool = False, last: bool = False
    ) -> None:
        """Has the hook called after CONFIG SET gave that setting another value, or `always`, any.

        It sees all new values. It may raise Refused or OSError: then all are taken back, and
        hooks that had already been called are called again. One given for several settings is
        called once for a change of several. Those that cannot be taken back come last.
        """
        row = find_setting(name)
        if row is None:
            raise KeyError(name)
        self._hooks.setdefault(row.name, []).append(hook)
        if always:
            self._followed.add(row.name)
        if last:
            self._last.append(hook)

    def _choose(
        self, pairs: list[tuple[str, str]], from_here: bool
    ) -> list[tuple[str, Setting, str]]:
        chosen: list[tuple[str, Setting, str]] = []
        seen: set[str] = set()
        for asked, text in pairs:
            name = asked.lower()
            row = find_setting(name)
            if row is None:
                raise ChangeRefused(
                    f"Unknown option or number of arguments for CONFIG SET - '{asked}'"
                )
            if row.when == FIXED or (row.when == HOOKED and row.name not in self._hooks):
                raise failed(name, "can't set immutable config")
            if row.protected and not allows(self.enable_protected_configs, from_here):
                raise failed(name, "can't set protected config")
            if plain(name) in seen:
                raise failed(name, "duplicate parameter")
            seen.add(plain(name))
            chosen.append((name, row, text))
        return chosen

    def _call_hooks(
        self, chosen: list[tuple[str, Setting, str]], before: dict[str, object]
    ) -> None:
        concerned = [
            (name, hook)
            for name, row, _ in chosen
            if self.get(row) != before[row.name] or row.name in self._followed
            for hook in self._hooks.get(row.name, [])
        ]
        soon = [(name, hook) for name, hook in concerned if hook not in self._last]
        late = [(name, hook) for name, hook in concerned if hook in self._last]
        called: list[Callable[[], None]] = []
        for name, hook in soon + late:
            if hook in called:
                continue
            try:
                hook()
            except Exception as error:
                self._restore(before)
                for earlier in called:
                    earlier()
                if isinstance(error, Refused):
                    raise failed(name, str(error)) from None
                if isinstance(error, OSError):
                    raise failed(name, error.strerror or str(error)) from error
                raise
            called.append(hook)

    def _restore(self, before: dict[str, object]) -> None:
        for name, value in before.items():
            setattr(self, name, value)

    # CONFIG REWRITE

    def start_flag_file(self, path: str) -> None:
        """Remembers what stood before the flag file, which need not repeat it."""
        self.flag_file = path
        self._below_flag_file = {row.name: self.get(row) for row in SETTINGS}

    def rewrite(self) -> None:
        """Writes what differs from the defaults to the file that the node was started with."""
        try:
            if self.flag_file:
                below = self._below_flag_file
                changed = [row for row in SETTINGS if self.get(row) != below[row.name]]
                rewrite_flag_file(self.flag_file, self._lines(SETTINGS), changed)
            elif self.config_file:
                changed = [row for row in SETTINGS if self.differs(row)]
                users = self.describe_users() if self.describe_users is not None else None
                rewrite_conf_file(self.config_file, self._lines(SETTINGS), changed, users)
            else:
                raise ChangeRefused(NO_FILE)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ChangeRefused(f"Rewriting config file: {reason}") from error

    def _lines(self, rows: list[Setting]) -> dict[str, list[str]]:
        return {row.name: row.kind.file_lines(self.get(row)) for row in rows}


def read_change(row: Setting, text: str, current: object) -> object:
    """The value that CONFIG SET gives; settings that only flags know read as flags do."""
    if row.own:
        return row.kind.parse_loosely(row.kind.split_loosely(text), current)
    return row.kind.parse(row.kind.split(text), current)


def allows(word: str, from_here: bool) -> bool:
    """What yes, no and local mean to a client."""
    return word == "yes" or (word == "local" and from_here)


def failed(name: str, reason: str) -> ChangeRefused:
    return ChangeRefused(f"CONFIG SET failed (possibly related to argument '{name}') - {reason}")
