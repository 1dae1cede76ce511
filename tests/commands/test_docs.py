"""docs/commands.md is made from the table."""

from pathlib import Path

from dflite.commands.docs import PAGE, page
from dflite.engine.command import every_command

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    assert (CHECKOUT / PAGE).read_text(encoding="utf-8") == page(), (
        "run python -m dflite.commands.docs"
    )


def test_the_page_has_every_command_and_subcommand_once() -> None:
    entries = [line for line in page().splitlines() if line.lstrip().startswith("* `")]
    usages = [line.split("`")[1] for line in entries]
    assert sorted(usages) == sorted(row.usage for row in every_command())
