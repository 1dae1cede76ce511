"""The README's commands have the shape that is promised, and its links lead somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PAGES: Final = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
START: Final = "python3 -m venv .venv && .venv/bin/pip install "


def commands() -> list[str]:
    """The lines of the README's blocks of shell, in order."""
    blocks = re.findall(r"```sh\n(.*?)```", (CHECKOUT / "README.md").read_text(), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_first_command_installs_and_serves() -> None:
    assert commands()[0] == START + ". && .venv/bin/dflite serve"


def test_one_command_installs_and_passes_the_tests() -> None:
    assert [line for line in commands() if line.endswith("pytest")] == [
        START + "'.[test]' && .venv/bin/pytest"
    ]


def test_the_test_command_is_found_by_ci() -> None:
    found = re.search(r"grep -E '([^']+)' README.md", (CHECKOUT / ".ci/run").read_text())
    assert found is not None
    lines = (CHECKOUT / "README.md").read_text().splitlines()
    assert len([line for line in lines if re.match(found[1], line)]) == 1


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
            for heading in headings}  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(CHECKOUT).as_posix())
def test_links_lead_to_pages_that_exist(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(there), f"{page.name} links to {target}"


def test_every_page_of_the_documentation_is_listed() -> None:
    listed = {
        ((CHECKOUT / "docs") / target.partition("#")[0]).resolve()
        for target in LINK.findall((CHECKOUT / "docs/README.md").read_text())
        if not target.startswith("http")
    }
    missing = [page for page in PAGES[1:] if page.name != "README.md" and page not in listed]
    assert not missing
