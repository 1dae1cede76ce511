"""RQ on dflite: what was put in its queues is called, by workers that may be killed."""

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server, missing, wait_until
from tests.support.workers import PATIENCE, Notes, Worker, environment

if find_spec("rq") is None:
    pytestmark = pytest.mark.usefixtures("rq_is_missing")


@pytest.fixture
def rq_is_missing() -> None:
    missing("rq is not installed")


class Queue:
    """One queue: what a program puts in, and the workers."""

    def __init__(self, port: int, folder: Path) -> None:
        import redis
        import rq

        self.port = port
        self.folder = folder
        self.notes = Notes(folder / "notes")
        self.connection = redis.Redis(port=port)
        self.queue: Any = rq.Queue("work", connection=self.connection)

    def worker(self, *words: str) -> Worker:
        url = f"redis://127.0.0.1:{self.port}/0"
        command = [sys.executable, "-m", "rq.cli", "worker", "--url", url, *words, "work"]
        return Worker(command, self.folder, environment(url, self.notes))

    def put(self, name: str, *words: int, **more: Any) -> Any:
        return self.queue.enqueue(f"rq_jobs.{name}", *words, **more)

    def give_up_those_in_hand(self) -> None:
        """As workers do every few minutes: jobs of those that are gone are put in again."""
        started = self.queue.started_job_registry
        assert started.count == 1
        started.cleanup(timestamp=time.time() + 3600)


def are_finished(jobs: list[Any]) -> bool:
    return all(job.get_status() == "finished" for job in jobs)


def test_jobs_that_wait_retry_and_depend_on_others(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    from rq import Retry

    queue = Queue(run_dflite().port, tmp_path)
    plain = [queue.put("note", number) for number in range(20)]
    first = queue.put("flaky", 100, retry=Retry(max=2))
    after = queue.put("note", 101, depends_on=[first])
    later = queue.queue.enqueue_in(timedelta(seconds=1), "rq_jobs.note", 102)
    front = queue.put("note", 103, at_front=True)
    jobs = [*plain, first, after, later, front]
    with queue.worker("--with-scheduler"):
        wait_until(lambda: are_finished(jobs), PATIENCE)
    assert [job.return_value() for job in jobs] == [*range(20), 100, 101, 102, 103]
    lines = queue.notes.lines()
    assert lines.pop("try100") == 2
    assert lines == {str(number): 1 for number in [*range(20), 101, 102, 103]}
    assert queue.queue.count == 0
    queue.connection.close()


def test_the_job_of_a_killed_worker_is_called_again(
    run_dflite: Callable[..., Server], tmp_path: Path
) -> None:
    from rq import Retry

    queue = Queue(run_dflite().port, tmp_path)
    jobs = [queue.put("held", number, retry=Retry(max=1)) for number in range(3)]
    with queue.worker() as worker:
        queue.notes.wait_for(["held0"])
        worker.kill()
    queue.give_up_those_in_hand()
    (tmp_path / "released").touch()
    with queue.worker():
        wait_until(lambda: are_finished(jobs), PATIENCE)
    assert queue.notes.lines() == {"held0": 1, "done0": 1, "done1": 1, "done2": 1}
    queue.connection.close()


@pytest.mark.parametrize("end", ENDS)
def test_jobs_outlive_the_server(tmp_path: Path, end: str) -> None:
    from rq import Retry

    node = LastingNode(tmp_path / "node", end)
    try:
        queue = Queue(node.port, tmp_path)
        jobs = [queue.put("held", 0, retry=Retry(max=1))]
        jobs += [queue.put("note", number) for number in range(1, 20)]
        with queue.worker() as worker:
            queue.notes.wait_for(["held0"])
            node.restart()
            worker.kill()  # it ends by itself, or not: who calls the job knows nothing of it
        queue.give_up_those_in_hand()
        (tmp_path / "released").touch()
        with queue.worker():
            wait_until(lambda: are_finished(jobs), PATIENCE)
        assert queue.notes.lines() == {"held0": 1, "done0": 1} | {
            str(number): 1 for number in range(1, 20)
        }
        queue.connection.close()
    finally:
        node.stop()
