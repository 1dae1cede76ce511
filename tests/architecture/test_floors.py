"""A module imports only from floors below its own, and says so at its head."""

import ast
import re
import tomllib
from typing import Final

from tests.architecture.sources import CHECKOUT, floor, modules, native_modules, parsed, short


def floors() -> list[list[str]]:
    """From the top down, as import-linter is told; those on one floor are strangers."""
    settings = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    return [[package.removeprefix("dflite.") for package in layer.split(" | ")] for layer in layers]


def heights() -> dict[str, int]:
    """The number of each package's floor, from the top."""
    return {package: height for height, names in enumerate(floors()) for package in names}


# Modules that know the top without standing there.
ENTRANCES: Final = ("dflite/__main__.py",)


def imported(tree: ast.AST) -> list[str]:
    """Names of the modules imported anywhere below this node."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module is not None
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_every_package_has_a_floor() -> None:
    assert {floor(path) for path in modules()} - {""} == set(heights())


def test_modules_import_only_from_their_floor_and_those_below() -> None:
    height = heights()
    broken = []
    for path in modules():
        if not floor(path):
            continue
        own = height[floor(path)]
        for name in imported(parsed(path)):
            parts = name.split(".")
            if parts[0] != "dflite" or parts[1] not in height or parts[1] == floor(path):
                continue
            if height[parts[1]] <= own:
                broken.append(f"{short(path)} imports {name}")
    assert broken == []


def test_the_native_floor_knows_nothing_above_it() -> None:
    broken = []
    for path in native_modules():
        text = path.read_text(encoding="utf-8")
        for name in re.findall(r"^\s*(?:from|c?import)\s+(dflite[\w.]*)", text, re.MULTILINE):
            if not name.startswith("dflite.native"):
                broken.append(f"{short(path)} imports {name}")
    assert broken == []


def test_imports_stand_at_the_head() -> None:
    broken = []
    for path in modules():
        if short(path) in ENTRANCES or floor(path) == "server":
            continue  # the command line loads what its subcommand needs
        tree = parsed(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and imported(node):
                broken.append(f"{short(path)}: {node.name}")
        if "TYPE_CHECKING" in path.read_text(encoding="utf-8"):
            broken.append(f"{short(path)}: TYPE_CHECKING")
    assert broken == []
