"""Which command a request is, and what is said of one that is none."""

from typing import Final

from dflite.base.errors import UnknownCommand, UnknownSubcommand
from dflite.engine.command import COMMANDS, Command

QUOTED: Final = 128  # bytes of an unknown command that its error quotes


def find(argv: list[bytes]) -> Command:
    """The row of a request; a subcommand's where there is one."""
    command = COMMANDS.get(argv[0])
    if command is None:
        command = COMMANDS.get(argv[0].upper())
        if command is None:
            raise unknown_command(argv)
    if command.subcommands and len(argv) > 1:
        sub = command.subcommands.get(argv[1])
        if sub is None:
            sub = command.subcommands.get(argv[1].upper())
            if sub is None:
                raise unknown_subcommand(command, argv[1])
        return sub
    return command


def unknown_command(argv: list[bytes]) -> UnknownCommand:
    quoted = b""
    for word in argv[1:]:
        if len(quoted) >= QUOTED:
            break
        quoted += b"'%b' " % word[: QUOTED - len(quoted)]
    return UnknownCommand(
        b"ERR unknown command '%b', with args beginning with: %b" % (argv[0][:QUOTED], quoted)
    )


def unknown_subcommand(command: Command, word: bytes) -> UnknownSubcommand:
    return UnknownSubcommand(
        b"ERR unknown subcommand '%b'. Try %b HELP."
        % (word[:QUOTED], command.name.upper().encode())
    )
