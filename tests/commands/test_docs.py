"""docs/commands.md is made from the table."""

from pathlib import Path

import pytest

from dflite.commands.docs import PAGE, main, page
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


def test_a_stale_page_is_noticed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "commands.md"
    assert main(["--check", str(path)]) == 1
    assert "is stale" in capsys.readouterr().err
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0
