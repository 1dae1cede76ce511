"""Pages that are made from tables are written, and found stale."""

from pathlib import Path

import pytest

from dflite.base.pages import write_or_check


def test_a_stale_page_is_noticed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = str(tmp_path / "page.md")
    assert write_or_check(["--check"], page, "text", "some.module") == 1
    assert capsys.readouterr().err == f"{page} is stale: run python -m some.module\n"
    assert write_or_check([], page, "text", "some.module") == 0
    assert write_or_check(["--check"], page, "text", "some.module") == 0
    assert write_or_check(["--check"], page, "another text", "some.module") == 1


def test_another_path_may_be_named(tmp_path: Path) -> None:
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    assert write_or_check([str(other)], str(page), "text", "some.module") == 0
    assert other.read_text() == "text"
    assert not page.exists()
