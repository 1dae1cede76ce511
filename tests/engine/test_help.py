"""HELP's lines, made of rows."""

from collections.abc import Iterator

import pytest

from dflite.engine.args import Args
from dflite.engine.command import COMMANDS, Command, Family
from dflite.engine.context import Context
from dflite.engine.help import help_lines


def answer_ok(ctx: Context, args: Args) -> None:
    ctx.reply.ok()


@pytest.fixture
def container() -> Iterator[Command]:
    family = Family("server")
    container = family.container("XTEST", since="1.0.0", summary="Holds others.")
    for usage in ("XTEST ONE key [COUNT count]", "XTEST TWO"):
        enter = family.command(
            usage, arity=-2, flags=0, since="1.0.0", complexity="", summary=f"{usage[6:9]} of two."
        )
        enter(answer_ok)
    yield container
    del COMMANDS[b"XTEST"], COMMANDS[b"xtest"]


def test_help_has_a_line_for_each_way_to_call_it_and_its_summary_below(container: Command) -> None:
    assert help_lines(container) == [
        b"XTEST <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        b"ONE key [COUNT count]",
        b"    ONE of two.",
        b"TWO",
        b"    TWO of two.",
    ]


def test_a_container_with_an_answer_of_its_own_says_so(container: Command) -> None:
    container.handler = answer_ok
    assert help_lines(container)[1:3] == [b"(no subcommand)", b"    Holds others."]
