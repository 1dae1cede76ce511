"""Jobs per second of BullMQ and Celery: how many are put in, and how many are worked on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.load import LoadFailed
from benchmarks.results import Results
from benchmarks.servers import Running
from benchmarks.settings import RESULTS, Settings

JOBS: Final = Path(__file__).parent / "jobs"
BULLMQ: Final = "BullMQ"
CELERY: Final = "Celery"
PACKAGES: Final = ("bullmq@6.7.0", "ioredis@6.0.0")


class QueueMissing(Exception):
    """The queue's programs are not there; the text says which."""


class Queue:
    """A program that takes a port and a number of jobs, and prints its rates."""

    def __init__(self, name: str, command: list[str], place: Path, jobs: int) -> None:
        self.name = name
        self.command = command
        self.place = place
        self.jobs = jobs

    def measure(self, running: Running, results: Results) -> None:
        """One sample of both rates."""
        words = [*self.command, str(running.port), str(self.jobs)]
        try:
            done = subprocess.run(
                words, cwd=self.place, capture_output=True, text=True, timeout=180, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise LoadFailed(f"{self.name} took too long") from error
        if done.returncode != 0:
            raise LoadFailed(f"{self.name}: {done.stderr.strip()[-300:]}")
        rates: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        for what, rate in rates.items():
            results.add("queues_throughput", f"{self.name}, {what}", running.server.name, rate)


def bullmq(settings: Settings) -> Queue:
    """BullMQ, which npm installs once beside the figures."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise QueueMissing(f"{BULLMQ} is left out: no node and npm on the path")
    place = (RESULTS / "node").resolve()
    place.mkdir(parents=True, exist_ok=True)
    if not all((place / "node_modules" / name.split("@")[0]).is_dir() for name in PACKAGES):
        words = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock"]
        done = subprocess.run(
            [*words, "--prefix", str(place), *PACKAGES],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise QueueMissing(f"{BULLMQ} is left out: {done.stderr.strip()[-200:]}")
    shutil.copy(JOBS / "bullmq.mjs", place / "bullmq.mjs")
    return Queue(BULLMQ, [node, "bullmq.mjs"], place, settings.queue_jobs)


def celery(settings: Settings) -> Queue:
    """Celery, from the environment of the running interpreter."""
    if find_spec("celery") is None:
        raise QueueMissing(f"{CELERY} is left out: pip install celery brings it")
    command = [sys.executable, "celery_tasks.py"]
    return Queue(CELERY, command, JOBS, settings.queue_jobs // 2)


QUEUES: Final[tuple[Callable[[Settings], Queue], ...]] = (bullmq, celery)
