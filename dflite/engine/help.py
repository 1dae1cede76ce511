"""What `<container> HELP` answers, made of the subcommands' rows."""

from dflite.engine.command import Command, own_subcommands
from dflite.native.wire.reply import Reply


def help_lines(container: Command) -> list[bytes]:
    """A line for each way to call it, its summary indented below."""
    name = container.name.upper()
    lines = [f"{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
    if container.handler is not None:
        lines += ["(no subcommand)", "    " + container.summary]
    for row in own_subcommands(container):
        lines += [row.usage[len(name) + 1 :], "    " + row.summary]
    return [line.encode() for line in lines]


def write_help(reply: Reply, container: Command) -> None:
    """Answer `help_lines`."""
    lines = help_lines(container)
    reply.array(len(lines))
    for line in lines:
        reply.simple(line)
