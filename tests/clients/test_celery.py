"""Celery with dflite as broker and as backend: every task that was sent is run."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server, wait_until
from tests.support.workers import PATIENCE, JobSetting, Worker

CONCURRENCY: Final = 2


class Setting(JobSetting):
    """Tasks of one server: the module as a client sees it, and workers."""

    def worker(self) -> Worker:
        words = ["-A", "celery_jobs", "worker", "--without-mingle", "--without-gossip"]
        words += ["-c", str(CONCURRENCY), "--loglevel=WARNING"]
        return Worker([sys.executable, "-m", "celery", *words], self.folder, self.env)


@pytest.fixture
def setting(
    run_dflite: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Setting]:
    made = Setting("celery", f"redis://127.0.0.1:{run_dflite().port}/0", tmp_path, monkeypatch)
    yield made
    made.jobs.app.close()


def test_chords_and_retries(setting: Setting) -> None:
    from celery import chain, chord, group

    jobs = setting.jobs
    with setting.worker():
        summed = chord([jobs.note.s(number) for number in range(20)])(jobs.total.s())
        nested = chord(
            [group(jobs.note.s(n) for n in (100, 101)), jobs.note.s(102)], jobs.total.s()
        ).delay()
        chained = chain(jobs.note.s(1000), jobs.retried.si(7)).delay()
        later = jobs.note.apply_async((2000,), countdown=0.2)
        assert summed.get(timeout=PATIENCE) == sum(range(20))
        assert nested.get(timeout=PATIENCE) == 303
        assert chained.get(timeout=PATIENCE) == 7
        assert later.get(timeout=PATIENCE) == 2000
        results = [jobs.note.delay(number) for number in range(3000, 3050)]
        assert [each.get(timeout=PATIENCE) for each in results] == list(range(3000, 3050))
    lines = setting.notes.lines()
    assert lines.pop("try7") == 3
    expected = [*range(20), 100, 101, 102, 1000, 2000, *range(3000, 3050)]
    assert lines == {str(number): 1 for number in expected}


def test_tasks_of_a_killed_worker_are_run_by_another(setting: Setting) -> None:
    jobs = setting.jobs
    results = [jobs.held.delay(number) for number in range(6)]
    with setting.worker() as first:
        setting.notes.wait_for([f"held{number}" for number in range(CONCURRENCY)])
        first.kill()
    (setting.folder / "released").touch()
    with setting.worker():
        assert [each.get(timeout=PATIENCE) for each in results] == list(range(6))
    lines = setting.notes.lines()
    assert {f"done{number}" for number in range(6)} <= set(lines)
    # late acknowledgement: those in hand are run again, and only those
    assert lines.total() <= 6 + 2 * CONCURRENCY


def is_done(node: LastingNode) -> bool:
    """No task waits, and none is in a worker's hands."""
    return node.server.call("LLEN", "celery") == node.server.call("HLEN", "unacked") == 0


@pytest.mark.parametrize("end", ENDS)
def test_tasks_outlive_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    node = LastingNode(tmp_path / "node", end)
    try:
        setting = Setting("celery", node.url, tmp_path, monkeypatch)
        count = 200
        for number in range(count):
            setting.jobs.note.apply_async((number,), ignore_result=True)
        with setting.worker():
            setting.notes.wait_for_count(20)
            node.restart()
            # Celery's worker may or may not get over the lost connection
            with setting.worker():
                wait_until(lambda: is_done(node), PATIENCE)
                setting.notes.wait_for_count(count - 1)
        lines = setting.notes.lines()
        # Celery takes a task out of its list and then notes that it has it: the one between both
        # is gone with the connection. Those that were in hand may be run twice.
        assert len(lines) >= count - 1
        assert lines.total() <= count + 4 * CONCURRENCY
        setting.jobs.app.close()
    finally:
        node.stop()
