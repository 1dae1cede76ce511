"""Native modules import what they use: the linter reads Python only."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.sources import PACKAGE, short

IMPORTED: Final = re.compile(
    r"^from [\w.]+ (?:cimport|import) (?:\(([^)]*)\)|([^\n(]+))$|^(?:cimport|import) (\w+)$",
    re.MULTILINE,
)
# Brings in its declarations without a name: their #includes and definitions are wanted.
FOR_ITS_CODE: Final = "*"


def names_of(text: str) -> list[str]:
    """The names that a module imports, as it calls them."""
    found = []
    for several, line, alone in IMPORTED.findall(re.sub(r"#.*", "", text)):
        for name in (several or line or alone).split(","):
            found.append(name.split(" as ")[-1].strip())
    return [name for name in found if name not in ("", FOR_ITS_CODE)]


def unused(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    body = IMPORTED.sub("", text)
    implementation = path.with_suffix(".pyx")
    if path.suffix == ".pxd" and implementation.exists():  # which has all that this one imports
        body += IMPORTED.sub("", implementation.read_text(encoding="utf-8"))
    return [name for name in names_of(text) if not re.search(rf"\b{name}\b", body)]


def test_names_of_imports_are_found() -> None:
    text = (
        "from a cimport b, c as d\nfrom e import (\n    f,  # why\n    g,\n)\nimport h\ncimport i\n"
    )
    assert names_of(text) == ["b", "d", "f", "g", "h", "i"]


@pytest.mark.parametrize("suffix", ["pyx", "pxd"])
def test_native_modules_use_what_they_import(suffix: str) -> None:
    found = {short(path): unused(path) for path in sorted(PACKAGE.rglob(f"*.{suffix}"))}
    assert {name: names for name, names in found.items() if names} == {}
