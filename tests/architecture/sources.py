"""The package's source files, as they stand in the checkout."""

import ast
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
PACKAGE: Final = CHECKOUT / "dflite"


def modules() -> list[Path]:
    """Every Python module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def native_modules() -> list[Path]:
    return sorted((PACKAGE / "native").rglob("*.pyx"))


def short(path: Path) -> str:
    """`dflite/engine/args.py`, as messages and lists name it."""
    return path.relative_to(CHECKOUT).as_posix()


def floor(path: Path) -> str:
    """The floor that a module belongs to: `engine` for dflite/engine/args.py."""
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))
