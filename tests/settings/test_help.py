"""The text of --help and --helpfull."""

from dflite.settings.help import flags_help, terminal_width
from dflite.settings.registry import GROUPS, SETTINGS


def test_help_shows_what_does_something_by_group() -> None:
    text = flags_help(90, False)
    for row in SETTINGS:
        assert (f"--{row.name}=" in text) == row.honoured, row.name
    assert f"{GROUPS[0].title}:" in text


def test_full_help_shows_everything() -> None:
    text = flags_help(90, True)
    assert all(f"--{row.name}=" in text for row in SETTINGS)
    assert "alsologtostderr" in text
    assert "(Without effect here.)" in text


def test_no_line_is_wider_than_the_terminal() -> None:
    for width in (50, 80, 100):
        for line in flags_help(width, True).splitlines():
            assert len(line) <= width or line.startswith("  --"), line


def test_the_other_name_is_told() -> None:
    assert "In redis.conf: databases." in " ".join(flags_help(100, False).split())


def test_the_width_comes_from_columns_and_has_bounds() -> None:
    assert terminal_width({"COLUMNS": "72"}) == 72
    assert terminal_width({"COLUMNS": "500"}) == 100
    assert terminal_width({"COLUMNS": "5"}) == 50
    assert 50 <= terminal_width({}) <= 100
