"""The package under test is the one that pip installed, compiled unless it was asked not to be."""

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import dflite

CHECKOUT: Final = Path(__file__).resolve().parents[2]
NATIVE: Final = ("base.bytesops", "keyspace.table", "wire.connection", "wire.lane", "wire.reactor")


def is_development_install() -> bool:
    """Was it installed by `pip install -e`?"""
    text = importlib.metadata.distribution("dflite").read_text("direct_url.json")
    about = json.loads(text or "{}")
    return bool(about.get("dir_info", {}).get("editable"))


INTERPRETED: Final = is_development_install() or os.environ.get("DFLITE_PURE") == "1"


def test_the_tests_do_not_import_the_package_beside_them() -> None:
    beside = Path(dflite.__file__).resolve().parent == CHECKOUT / "dflite"
    assert beside == is_development_install(), dflite.__file__


@pytest.mark.parametrize(
    "name",
    ["dflite.engine.executor", "dflite.engine.command", "dflite.store.db", "dflite.base.numbers"],
)
def test_what_runs_per_request_is_compiled(name: str) -> None:
    file = importlib.import_module(name).__file__
    assert file is not None
    assert file.endswith(".py" if INTERPRETED else ".so")


@pytest.mark.parametrize("name", NATIVE)
def test_the_native_floor_is_always_compiled(name: str) -> None:
    file = importlib.import_module(f"dflite.native.{name}").__file__
    assert file is not None
    assert file.endswith(".so")


def test_the_version_is_one_for_all() -> None:
    assert importlib.metadata.version("dflite") == dflite.__version__
    script = Path(sys.executable).parent / "dflite"
    for command in ([str(script)], [sys.executable, "-P", "-m", "dflite"]):
        done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"dflite {dflite.__version__} ")
