"""The command `dflite`: picks the subcommand, turns mistakes into a sentence and exit status 2."""

import os
import platform
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Final

from dflite import __version__
from dflite.server import healthcheck, passkey_command
from dflite.server.endpoint import apply_profile
from dflite.server.specialization import specialize
from dflite.settings.command_line import HELP, HELP_FULL, VERSION, UsageError, read_command_line
from dflite.settings.help import flags_help, terminal_width
from dflite.settings.loading import check_settings, load_settings
from dflite.settings.settings import Settings

USAGE: Final = """\
Usage: dflite serve [redis.conf] [--flag=value ...]   start a node
       dflite healthcheck [--ready] [flags]           ask a node whether it lives: 0 or 1
       dflite memory report [URI]                     tell what takes the memory of a node
       dflite check FILE                              verify a snapshot: 0 or 1
       dflite passkey show|rotate|drop-old [flags]    the passkey of a public endpoint
       dflite --version                               print the version
       dflite --help | --helpfull                     print this and the flags
"""
SOURCES: Final = """\
Flags are also read from --flagfile=PATH and, as DFLITE_PORT and so on, from the environment.
- and _ in names are the same; --noflag stands for --flag=no.
"""
COMMANDS: Final = ("serve", "healthcheck", "check", "passkey", "memory")


def main(argv: list[str] | None = None) -> int:
    """The exit status: 0, or 2 for what was asked wrongly, or what the subcommand says."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        return run(arguments)
    except UsageError as error:
        print(f"dflite: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # who read the help has seen enough; nothing more may be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def run(arguments: list[str]) -> int:
    if not arguments:
        print(USAGE, end="", file=sys.stderr)
        return 2
    name, rest = arguments[0], arguments[1:]
    if name == "serve":
        return serve(rest)
    if name == "memory":
        report: Callable[[list[str]], int] = import_module("dflite.server.memory_report").main
        return report(rest)
    if name == "healthcheck":
        return healthcheck.main(rest, os.environ)
    if name == "check":
        # By name, because it loads all that reads values.
        check: Callable[[list[str]], int] = import_module("dflite.server.check_command").main
        return check(rest)
    if name == "passkey":
        return passkey_command.main(rest, os.environ)
    if name in ("version", "--version", "-v", "-V"):
        print_version()
        return 0
    if name in ("help", "--help", "-h"):
        print_help(False)
        return 0
    if name == "--helpfull":
        print_help(True)
        return 0
    raise UsageError(wrong_command(name))


def serve(arguments: list[str]) -> int:
    line = read_command_line(arguments, frozenset())
    if line.wants == VERSION:
        print_version()
        return 0
    if line.wants in (HELP, HELP_FULL):
        print_help(line.wants == HELP_FULL)
        return 0
    settings, warnings = load_settings(line, os.environ)
    warnings += specialize(settings)
    warnings += apply_profile(settings)
    check_settings(settings)
    # By name, because a health check every few seconds must not load the whole node.
    start: Callable[[Settings, list[str]], int] = import_module("dflite.server.node").serve
    return start(settings, warnings)


def wrong_command(name: str) -> str:
    if name.startswith("-"):
        return f"flags come behind a command: dflite serve {name} ..."
    near = [command for command in COMMANDS if command[:2] == name[:2].lower()]
    known = f"there are {', '.join(COMMANDS)}."
    hint = f"did you mean dflite {near[0]}?" if near else known
    return f"there is no command '{name}'; {hint}"


def print_version() -> None:
    print(f"dflite {__version__} (Python {platform.python_version()})")


def print_help(full: bool) -> None:
    print(f"{USAGE}\n{SOURCES}\n{flags_help(terminal_width(os.environ), full)}", end="")
