"""Dramatiq on dflite: every message is acted on, by workers that may be killed."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server
from tests.support.workers import JobSetting, Worker

THREADS: Final = 2


class Setting(JobSetting):
    """Actors of one server: the module as a client sees it, and workers."""

    def worker(self) -> Worker:
        words = ["--processes", "1", "--threads", str(THREADS), "dramatiq_jobs"]
        return Worker([sys.executable, "-m", "dramatiq", *words], self.folder, self.env)


@pytest.fixture
def setting(
    run_dflite: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Setting]:
    made = Setting("dramatiq", f"redis://127.0.0.1:{run_dflite().port}/0", tmp_path, monkeypatch)
    yield made
    made.jobs.broker.close()


def test_messages_that_are_late_or_fail_at_first(setting: Setting) -> None:
    jobs = setting.jobs
    for number in range(30):
        jobs.note.send(number)
    jobs.note.send_with_options(args=(100,), delay=200)
    jobs.flaky.send(101)
    expected = {str(number): 1 for number in [*range(30), 100]}
    with setting.worker():
        setting.notes.wait_for(expected)
        setting.notes.wait_for_count(len(expected) + 3)
    lines = setting.notes.lines()
    assert lines.pop("try101") == 3
    assert lines == expected


def test_messages_of_a_killed_worker_are_acted_on_by_another(setting: Setting) -> None:
    jobs = setting.jobs
    for number in range(6):
        jobs.held.send(number)
    with setting.worker() as worker:
        setting.notes.wait_for([f"held{number}" for number in range(THREADS)])
        worker.kill()
    (setting.folder / "released").touch()
    with setting.worker():
        setting.notes.wait_for([f"done{number}" for number in range(6)])
    lines = setting.notes.lines()
    assert lines == {"held0": 1, "held1": 1} | {f"done{number}": 1 for number in range(6)}


@pytest.mark.parametrize("end", ENDS)
def test_messages_outlive_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    node = LastingNode(tmp_path / "node", end)
    try:
        setting = Setting("dramatiq", node.url, tmp_path, monkeypatch)
        count = 500
        for number in range(count):
            setting.jobs.note.send(number)
        with setting.worker() as first:
            setting.notes.wait_for_count(20)
            node.restart()
            # What was handed out while the connection broke is the worker's until it is gone.
            first.kill()
        with setting.worker():
            setting.notes.wait_for([str(number) for number in range(count)])
        # those that were in hand, or fetched ahead, may be acted on twice
        assert setting.notes.lines().total() <= count + 100
        setting.jobs.broker.close()
    finally:
        node.stop()
