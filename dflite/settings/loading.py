"""Where the settings of a node come from, and which source goes first.

From the weakest to the strongest: the defaults, redis.conf, flag files, the environment, the
command line. Within one source a later line goes before an earlier one.
"""

import os
import re
from collections.abc import Mapping
from typing import Final

from dflite.settings.command_line import (
    Assignment,
    CommandLine,
    Flag,
    UsageError,
    assignment,
    find_flag,
    find_switch,
    unknown_flag,
)
from dflite.settings.conf_file import (
    DEEPEST_INCLUDE,
    FLAG_ONLY,
    FileProblem,
    Line,
    read_conf_file,
    read_text,
)
from dflite.settings.registry import find_setting, nearest_name
from dflite.settings.settings import Settings
from dflite.settings.upstream import is_ignored
from dflite.settings.values import Refused

# Variables made for Dragonfly are read too; those for dflite go before them.
PREFIXES: Final = ("DFLY_", "DFLITE_")
# Kubernetes puts such variables in place for a service that is called like the program.
OF_A_SERVICE: Final = re.compile(r"SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_\d+_(TCP|UDP|SCTP)(_.*)?")
OF_BUILD_AND_TESTS: Final = frozenset(
    {"AGAINST_EXAMPLES", "FUZZ_REQUESTS", "FUZZ_SEED", "PURE", "REQUIRE_PEERS", "WHEEL"}
)

# Directives of redis.conf that are no settings and that Redis itself has given up.
RETIRED: Final = frozenset(
    {"list-max-ziplist-entries", "list-max-ziplist-value", "lua-replicate-commands"}
)


class Loader:
    """Gives values to settings and keeps what there is to say about them."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.warnings: list[str] = []
        self.idle: dict[str, list[str]] = {}
        self.seen: set[str] = set()

    def start_source(self) -> None:
        """Lines of one setting add up within a source only."""
        self.seen.clear()

    def assign(self, given: Assignment, source: str, loosely: bool) -> None:
        row = given.row
        current = self.settings.get(row)
        try:
            if row.name in self.seen and row.kind.takes_several:
                value = row.kind.parse_more(given.words, current)
            elif loosely:
                value = row.kind.parse_loosely(given.words, current)
            else:
                value = row.kind.parse(given.words, current)
        except Refused as refusal:
            raise UsageError(
                f"{given.shown}: {refusal}; {row.name} takes {row.kind.allowed()}."
            ) from None
        self.seen.add(row.name)
        self.settings.put(row, value)
        self.settings.origins[row.name] = given.place
        if not row.honoured:
            self.ignore(row.main_name(), source)

    def ignore(self, name: str, source: str) -> None:
        names = self.idle.setdefault(source, [])
        if name not in names:
            names.append(name)

    def load_conf_file(self, path: str) -> None:
        self.start_source()
        self.settings.config_file = "" if path == "-" else os.path.abspath(path)
        source = "standard input" if path == "-" else path
        for line in read_conf_file(path):
            row = None if line.words[0] in FLAG_ONLY else find_setting(line.words[0])
            if row is None:
                self.take_directive(line, source)
                continue
            words = line.words[1:]
            value = "***" if row.secret else " ".join(words)
            shown = f"{line.place}: '{line.words[0]} {value}'"
            if not words and not row.kind.takes_several:
                raise UsageError(f"{shown}: wrong number of arguments.")
            if row.kind.takes_several and len(words) == 1:
                words = row.kind.split(words[0])
            self.assign(Assignment(row, words, shown, line.place), source, row.own)

    def take_directive(self, line: Line, source: str) -> None:
        """What redis.conf may say besides settings."""
        name, words = line.words[0], line.words[1:]
        if name == "user" and words:
            self.settings.acl_users.append(words)
            return
        if name == "rename-command" and len(words) == 2:
            self.settings.renamed_commands.append((words[0], words[1]))
        elif name == "loadmodule" and words:
            self.settings.modules.append(words)
        elif name in ("user", "rename-command", "loadmodule"):
            raise UsageError(f"{line.place}: wrong number of words behind {name}.")
        elif name not in RETIRED and not is_ignored(name.replace("-", "_")):
            near = nearest_name(name, [])
            hint = f"; did you mean {near}?" if near else "."
            raise UsageError(f"{line.place}: there is no setting '{name}'{hint}")
        self.ignore(name, source)

    def load_flag_file(self, path: str, depth: int = 0) -> None:
        if depth > DEEPEST_INCLUDE:
            raise UsageError(f"{path}: flag files name each other more than {depth - 1} deep.")
        if depth == 0:
            self.start_source()
            self.settings.start_flag_file(os.path.abspath(path))
        for number, text in enumerate(read_text(path).split("\n"), 1):
            text = text.strip()
            if not text or text.startswith(("#", "//")):
                continue
            flag = Flag(text)
            if flag.value is None and len(text.split(None, 1)) == 2:
                flag = Flag("=".join(text.split(None, 1)))
            if flag.name == "flagfile" and flag.value:
                self.load_flag_file(flag.value, depth + 1)
            else:
                self.take_flag(flag, f"{path}, line {number}", path)

    def take_flag(self, flag: Flag, place: str, source: str) -> None:
        """A flag whose value, if it has one, stands behind its `=`."""
        row = find_flag(flag.name)
        negated = find_switch(flag) if row is None else None
        if row is not None:
            words = ["yes"] if flag.value is None else row.kind.split_loosely(flag.value)
            self.assign(assignment(row, flag, words, place), source, True)
        elif negated is not None:
            self.assign(assignment(negated, flag, ["no"], place), source, True)
        elif is_ignored(flag.name):
            self.ignore(flag.written, source)
        else:
            raise UsageError(f"{place}: {unknown_flag(flag.written)}")

    def load_environment(self, environ: Mapping[str, str]) -> None:
        for prefix in PREFIXES:
            self.start_source()
            for variable in sorted(environ):
                if variable.startswith(prefix):
                    self.take_variable(variable, variable[len(prefix) :], environ[variable])

    def take_variable(self, variable: str, name: str, value: str) -> None:
        if name.upper() in OF_BUILD_AND_TESTS or name.lower() == "flagfile":
            return
        if OF_A_SERVICE.fullmatch(name) or (name == "PORT" and "://" in value):
            return
        row = find_setting(name)
        if row is not None:
            words = row.kind.split_loosely(value)
            shown = f"{variable}={'***' if row.secret else value}"
            self.assign(Assignment(row, words, shown, variable), "environment", True)
        elif is_ignored(name.lower()):
            self.ignore(variable, "environment")
        elif variable.startswith("DFLITE_"):
            near = nearest_name(name, [])
            hint = f"; did you mean DFLITE_{near.upper()}?" if near else "."
            self.warnings.append(f"environment: {variable} names no setting{hint}")

    def finish(self) -> None:
        settings = self.settings
        settings.dir = os.path.abspath(settings.dir or ".")
        for source, names in self.idle.items():
            self.warnings.append(f"{source}: accepted, but without effect here: {', '.join(names)}")


def load_settings(line: CommandLine, environ: Mapping[str, str]) -> tuple[Settings, list[str]]:
    """The settings that all sources give together, and warnings to log once the log is open."""
    loader = Loader()
    try:
        if line.config_file:
            loader.load_conf_file(line.config_file)
        for path in environment_flag_files(environ) + line.flag_files:
            loader.load_flag_file(path)
    except FileProblem as problem:
        raise UsageError(f"{problem}.") from None
    loader.load_environment(environ)
    loader.start_source()
    for given in line.assignments:
        loader.assign(given, "command line", True)
    for name in line.ignored:
        loader.ignore(name, "command line")
    loader.finish()
    return loader.settings, loader.warnings


def environment_flag_files(environ: Mapping[str, str]) -> list[str]:
    for variable in ("DFLITE_FLAGFILE", "DFLITE_flagfile", "DFLY_flagfile"):
        if environ.get(variable):
            return [path for path in environ[variable].split(",") if path]
    return []


def check_settings(settings: Settings) -> None:
    """What no single value shows: ports that clash, TLS without a certificate, no way in."""
    ports: dict[int, str] = {}
    for name in ("port", "tls_port", "admin_port"):
        port = getattr(settings, name)
        if port > 0 and port in ports:
            raise UsageError(
                f"{ports[port]} and {name} are both {port}: give one of them another port, or 0."
            )
        ports[port] = name
    makes_own = settings.endpoint == "public" and not (
        settings.tls_cert_file or settings.tls_key_file
    )
    if (settings.tls or settings.tls_port) and not makes_own:
        for name in ("tls_cert_file", "tls_key_file"):
            if not getattr(settings, name):
                wanted = "tls" if settings.tls else "tls_port"
                raise UsageError(f"--{wanted} needs --{name} too.")
    main = settings.bind and (settings.port or settings.tls_port)
    admin = settings.admin_port and (settings.bind or settings.admin_bind)
    if not settings.unixsocket and not main and not admin:
        raise UsageError(
            "There is nothing to listen on: give --port (with --bind) or --unixsocket."
        )
