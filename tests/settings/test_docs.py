"""docs/flags.md is made from the table."""

from pathlib import Path

from dflite.settings.docs import PAGE, page
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
