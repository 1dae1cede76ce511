"""docs/flags.md is made from the table."""

from pathlib import Path

import pytest

from dflite.settings.docs import PAGE, main, page
from dflite.settings.registry import SETTINGS

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    assert (CHECKOUT / PAGE).read_text(encoding="utf-8") == page(), (
        "run python -m dflite.settings.docs"
    )


def test_the_page_lists_every_setting_in_a_row_of_the_table() -> None:
    rows = [line for line in page().splitlines() if line.startswith("| `--")]
    assert len(rows) == len(SETTINGS)
    assert all(row.count(" | ") == 4 for row in rows)


def test_a_stale_page_is_noticed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "flags.md"
    assert main(["--check", str(path)]) == 1
    assert "is stale" in capsys.readouterr().err
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0
