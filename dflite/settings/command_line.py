"""The words behind `dflite serve`: flags in absl's forms and in Redis', and one redis.conf.

`--flag=value`, `--flag value`, `--flag`, `--noflag`; `-` and `_` are one; a setting of several
words takes all that follow it, as redis-server does (`--save 900 1 --bind 127.0.0.1 ::1`).
"""

from typing import Final

from dflite.settings.kinds import NO_WORDS, YES_WORDS, YesNo, YesNoOr
from dflite.settings.registry import find_setting, nearest_name
from dflite.settings.setting import Setting
from dflite.settings.upstream import is_ignored, is_ignored_switch

HELP: Final = "help"
HELP_FULL: Final = "helpfull"
VERSION: Final = "version"
WANTS: Final = {
    "h": HELP,
    "help": HELP,
    "helpshort": HELP,
    "helpon": HELP,
    "helpfull": HELP_FULL,
    "version": VERSION,
}


class UsageError(Exception):
    """What was asked for cannot be done; the text is one sentence for whoever started it."""


class Assignment:
    """A value that one source gives to a setting, in words, and how to name it in a message."""

    def __init__(self, row: Setting, words: list[str], shown: str, place: str) -> None:
        self.row = row
        self.words = words
        self.shown = shown
        self.place = place


class CommandLine:
    def __init__(self) -> None:
        self.config_file = ""
        self.flag_files: list[str] = []
        self.assignments: list[Assignment] = []
        self.ignored: list[str] = []
        self.wants = ""
        self.switches: set[str] = set()


class Flag:
    """One flag as it is written: its name with `_`, and its value if that came behind `=`."""

    def __init__(self, text: str) -> None:
        name, equals, value = text.lstrip("-").partition("=")
        self.written = name
        self.name = name.replace("-", "_")
        self.value: str | None = value if equals else None


def read_command_line(arguments: list[str], switches: frozenset[str]) -> CommandLine:
    """Takes the words apart; `switches` are flags of the subcommand that are no settings."""
    line = CommandLine()
    undefok = undefined_ok(arguments)
    at = 0
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if word == "--":
            for rest in arguments[at:]:
                take_config_file(line, rest)
            return line
        if not word.startswith("-") or word == "-":
            take_config_file(line, word)
            continue
        flag = Flag(word)
        if flag.name in WANTS and flag.value is None:
            line.wants = line.wants or WANTS[flag.name]
        elif flag.name in switches:
            line.switches.add(flag.name)
        elif flag.name in ("flagfile", "undefok"):
            if flag.value is None:
                flag.value, at = next_word(flag, arguments, at), at + 1
            if flag.name == "flagfile":
                line.flag_files += [path for path in flag.value.split(",") if path]
        else:
            at = take_flag(line, flag, arguments, at, undefok)
    return line


def take_flag(
    line: CommandLine, flag: Flag, arguments: list[str], at: int, undefok: set[str]
) -> int:
    """Reads one flag whose value may follow; returns where the next word to read stands."""
    row = find_flag(flag.name)
    if row is not None:
        words, at = words_for(row, flag, arguments, at)
        line.assignments.append(assignment(row, flag, words))
        return at
    negated = find_switch(flag)
    if negated is not None:
        line.assignments.append(assignment(negated, flag, ["no"]))
        return at
    if is_ignored(flag.name):
        line.ignored.append(flag.written)
        switch = is_ignored_switch(flag.name)
        follows = at < len(arguments) and (not switch or is_yes_or_no(arguments[at]))
        return at + 1 if flag.value is None and follows else at
    if flag.name in undefok:
        line.ignored.append(flag.written)
        return at
    raise UsageError(unknown_flag(flag.written))


def words_for(row: Setting, flag: Flag, arguments: list[str], at: int) -> tuple[list[str], int]:
    """The words that a flag gives to its setting, and where the next flag starts."""
    if flag.value is not None:
        return row.kind.split_loosely(flag.value), at
    if isinstance(row.kind, (YesNo, YesNoOr)):
        if at < len(arguments) and takes_word(row, arguments[at]):
            return [arguments[at]], at + 1
        return ["yes"], at
    first = next_word(flag, arguments, at)
    at += 1
    if not row.kind.takes_several:
        return [first], at
    words = [first]
    while at < len(arguments) and not arguments[at].startswith("--"):
        words.append(arguments[at])
        at += 1
    return (row.kind.split_loosely(first) if len(words) == 1 and first else words), at


def takes_word(row: Setting, word: str) -> bool:
    """Whether a word behind a flag for yes or no is its value."""
    if isinstance(row.kind, YesNoOr) and word.lower() in row.kind.options:
        return True
    return is_yes_or_no(word)


def is_yes_or_no(word: str) -> bool:
    return word.lower() in YES_WORDS or word.lower() in NO_WORDS


def next_word(flag: Flag, arguments: list[str], at: int) -> str:
    if at == len(arguments) or (arguments[at].startswith("--") and len(arguments[at]) > 2):
        raise UsageError(f"--{flag.written} needs a value, as in --{flag.written}=VALUE.")
    return arguments[at]


def find_flag(name: str) -> Setting | None:
    """Flags are taken as they are written: small letters."""
    return find_setting(name) if name == name.lower() else None


def find_switch(flag: Flag) -> Setting | None:
    """The setting that `--noflag` switches off."""
    if not flag.name.startswith("no") or flag.value is not None:
        return None
    row = find_flag(flag.name[2:].lstrip("_"))
    return row if row is not None and isinstance(row.kind, YesNo) else None


def assignment(row: Setting, flag: Flag, words: list[str], place: str = "") -> Assignment:
    """`place` is where a flag file says so."""
    value = "***" if row.secret else " ".join(words)
    shown = f"--{flag.written}={value}"
    return Assignment(row, words, f"{place}: {shown}" if place else shown, place or "command line")


def take_config_file(line: CommandLine, path: str) -> None:
    if line.config_file:
        raise UsageError(
            f"'{path}' is one word too many: one configuration file, '{line.config_file}', "
            "was given already, and flags start with --."
        )
    line.config_file = path


def undefined_ok(arguments: list[str]) -> set[str]:
    """absl's --undefok: names that may be unknown."""
    names: set[str] = set()
    for at, word in enumerate(arguments):
        flag = Flag(word)
        if word.startswith("-") and flag.name == "undefok":
            value = flag.value
            if value is None:
                value = arguments[at + 1] if at + 1 < len(arguments) else ""
            names.update(name.replace("-", "_") for name in value.split(","))
    return names


def unknown_flag(written: str) -> str:
    near = nearest_name(written, [])
    hint = f"; did you mean --{near}?" if near else "; --helpfull lists all there are."
    return f"There is no flag --{written}{hint}"
