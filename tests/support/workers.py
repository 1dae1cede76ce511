"""Programs that work on jobs, and the file in which jobs note that they have run."""

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pytest

from tests.support.servers import missing, wait_until

PATIENCE: Final = 60.0
MODULES: Final = Path(__file__).parent.parent / "clients" / "jobs"


def environment(url: str, notes: "Notes") -> dict[str, str]:
    """What the modules of jobs, in programs of their own, need to know."""
    return {
        "JOBS_URL": url,
        "JOBS_NOTES": str(notes.path),
        "PYTHONPATH": os.pathsep.join([str(MODULES), os.environ.get("PYTHONPATH", "")]),
    }


class Worker:
    """A program and all its processes. Kill it, or leave its `with`, which stops it."""

    def __init__(self, argv: Iterable[str], folder: Path, env: Mapping[str, str]) -> None:
        self.output = folder / f"worker-{len(list(folder.glob('worker-*')))}"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                list(argv),
                cwd=folder,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> "Worker":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            print(self.text[-4000:])
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    @property
    def text(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def kill(self) -> None:
        """Without mercy, and with all its children."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        finally:
            self.process.wait()


class Notes:
    """A file to which every run of a job adds a line, whatever becomes of the server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self) -> "Counter[str]":
        return Counter(self.path.read_text().split())

    def wait_for(self, words: Iterable[str], what: str = "") -> None:
        """Wait until each of the words is there."""
        wanted = set(words)
        wait_until(lambda: wanted <= set(self.lines()), PATIENCE, what or f"{wanted}")

    def wait_for_count(self, count: int) -> None:
        """Wait until there are so many lines."""
        wait_until(lambda: self.lines().total() >= count, PATIENCE, f"{count} runs")


class JobSetting:
    """Jobs of one server: their module as a client sees it, and workers, which subclasses start."""

    def __init__(self, library: str, url: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        if find_spec(library) is None:
            missing(f"{library} is not installed")
        self.folder = folder
        self.notes = Notes(folder / "notes")
        self.env = environment(url, self.notes)
        for name in ("JOBS_URL", "JOBS_NOTES"):
            patch.setenv(name, self.env[name])
        patch.syspath_prepend(str(MODULES))
        module = f"{library}_jobs"
        sys.modules.pop(module, None)
        self.jobs: Any = import_module(module)
