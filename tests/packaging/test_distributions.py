"""What goes into the sdist and what pip installs; what a machine without a compiler is told."""

import ast
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.docker.dockerfile import CHECKOUT, copy_sources
from tests.packaging.test_installed import INTERPRETED


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout without what builds have left in it."""
    folder = tmp_path_factory.mktemp("sources")
    copy_sources(folder)
    shutil.copy2(CHECKOUT / "MANIFEST.in", folder)
    shutil.copytree(CHECKOUT / "docs", folder / "docs")
    return folder


def modules(pattern: str) -> set[str]:
    """Files of the package, as paths from the checkout without their suffix."""
    return {
        path.relative_to(CHECKOUT).with_suffix("").as_posix()
        for path in (CHECKOUT / "dflite").rglob(pattern)
    }


def interpreted() -> set[str]:
    """What setup.py leaves to the interpreter."""
    return listed("INTERPRETED")


def listed(name: str) -> set[str]:
    """A list of setup.py's."""
    for node in ast.parse((CHECKOUT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"setup.py has no {name}")


def test_what_stays_interpreted_exists() -> None:
    for place in interpreted():
        assert (CHECKOUT / place).exists()


def test_the_sdist_has_all_that_a_build_needs(sources: Path, tmp_path: Path) -> None:
    build = "import setuptools.build_meta as backend, sys; print(backend.build_sdist(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(tmp_path)],
        cwd=sources,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for suffix in ("py", "pyx", "pxd", "pyi"):
        wanted = {f"{name}.{suffix}" for name in modules(f"*.{suffix}")}
        assert wanted <= names
    assert {"setup.py", "pyproject.toml", "LICENSE", "README.md", "dflite/py.typed"} <= names
    assert not any(name.endswith((".so", ".c", ".pyc")) for name in names)


@pytest.mark.skipif(INTERPRETED, reason="a development install has no files of its own")
def test_the_install_has_every_module_compiled_and_no_sources_in_c() -> None:
    names = {str(path) for path in importlib.metadata.files("dflite") or []}
    found = {name.partition(".")[0] for name in names if name.endswith(".so")}
    left_out, taken_in = interpreted(), listed("COMPILED")
    compiled = {
        name
        for name in modules("*.py")
        if not name.endswith("/__init__")
        and (
            f"{name}.py" in taken_in
            or not any(f"{name}.py" == place or name.startswith(f"{place}/") for place in left_out)
        )
    }
    group = {name for name in found if "/" not in name}
    assert len(group) == 1
    assert found - group == compiled | modules("*.pyx")
    assert not any(name.endswith((".c", ".pyx")) for name in names)
    assert "dflite/py.typed" in names


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"CC": "no-such-compiler"}, "needs a C compiler, but 'no-such-compiler' was not found"),
        ({"CC": "/no/such/gcc -pthread"}, "needs a C compiler, but '/no/such/gcc' was not found"),
    ],
)
def test_without_a_compiler_the_install_says_what_to_install(
    sources: Path, tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    words = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), "."]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *words],
        cwd=sources,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    shown = done.stdout + done.stderr
    assert sentence in shown
    assert "apt install gcc python3-dev" in shown
    assert "Traceback" not in shown
