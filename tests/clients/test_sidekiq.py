"""Sidekiq, as Debian brings it, on dflite: jobs, retries, schedules, and what its web pages ask."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.support.lasting import ENDS, LastingNode
from tests.support.servers import Server, missing, program, wait_until
from tests.support.workers import PATIENCE, Notes, Worker

SCRIPTS: Final = Path(__file__).parent / "ruby"
THREADS: Final = 2


class Sidekiq:
    """Jobs of one server: what a program asks, and workers."""

    def __init__(self, port: int, folder: Path) -> None:
        self.ruby = program("ruby", "ruby")
        self.program = program("sidekiq", "ruby-sidekiq")
        if subprocess.run([self.ruby, "-rsidekiq", "-e1"], check=False).returncode:
            missing("Ruby has no Sidekiq (Debian: ruby-sidekiq)")
        self.folder = folder
        self.notes = Notes(folder / "notes")
        self.env = {
            "JOBS_URL": f"redis://127.0.0.1:{port}/0",
            "JOBS_NOTES": str(self.notes.path),
        }

    def ask(self, *words: str) -> str:
        done = subprocess.run(
            [self.ruby, str(SCRIPTS / "sidekiq.rb"), *words],
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def worker(self) -> Worker:
        words = ["-r", str(SCRIPTS / "sidekiq_jobs.rb"), "-c", str(THREADS), "-t", "1"]
        words += ["-q", "default", "-q", "other"]
        return Worker([self.program, *words], self.folder, self.env)


@pytest.fixture
def sidekiq(run_dflite: Callable[..., Server], tmp_path: Path) -> Sidekiq:
    return Sidekiq(run_dflite("--specialization=sidekiq").port, tmp_path)


def test_jobs_retries_schedules_and_the_web_pages(sidekiq: Sidekiq) -> None:
    sidekiq.ask("put")
    expected = {str(number): 1 for number in [*range(120), 200, 500]} | {"hopeless400": 1}
    with sidekiq.worker():
        sidekiq.notes.wait_for([*expected, "try300"])
        sidekiq.notes.wait_for_count(len(expected) + 2)
    lines = sidekiq.notes.lines()
    assert lines.pop("try300") == 2
    assert lines == expected
    *said, counts = sidekiq.ask("pages").splitlines()
    assert said == [
        "dead: Hopeless never",
        "again: Hopeless of 1, true",
        "other: 1, paused: false",
        'queues: ["default"]',
        "history: 125 2",
    ]
    assert json.loads(counts) == {
        "processed": 0,
        "failed": 0,
        "enqueued": 0,
        "scheduled": 0,
        "retries": 0,
        "dead": 0,
        "processes": 0,
    }


def test_a_killed_worker_takes_no_more_along_than_it_had_in_hand(sidekiq: Sidekiq) -> None:
    sidekiq.ask("put held")
    with sidekiq.worker() as worker:
        sidekiq.notes.wait_for(["held0", "held1"])
        wait_until(lambda: "Held" in sidekiq.ask("processes"), PATIENCE)
        assert "concurrency: 2" in sidekiq.ask("processes")
        worker.kill()
    (sidekiq.folder / "released").touch()
    with sidekiq.worker():
        sidekiq.notes.wait_for([f"done{number}" for number in range(2, 6)])
    # a job is out of its queue before it is done: that is what Sidekiq without a licence promises
    assert sidekiq.notes.lines().total() == 6


def test_jobs_of_a_stopped_worker_go_back_to_their_queue(sidekiq: Sidekiq) -> None:
    sidekiq.ask("put held")
    with sidekiq.worker():
        sidekiq.notes.wait_for(["held0", "held1"])
    (sidekiq.folder / "released").touch()
    with sidekiq.worker():
        sidekiq.notes.wait_for([f"done{number}" for number in range(6)])
    assert sidekiq.notes.lines().total() == 8


@pytest.mark.parametrize("end", ENDS)
def test_jobs_outlive_the_server(tmp_path: Path, end: str) -> None:
    node = LastingNode(tmp_path / "node", end)
    try:
        sidekiq = Sidekiq(node.port, tmp_path)
        count = 1000
        sidekiq.ask("put many", str(count))
        with sidekiq.worker():
            sidekiq.notes.wait_for_count(20)
            node.restart()
            sidekiq.notes.wait_for_count(count - THREADS)
            wait_until(lambda: node.server.call("EXISTS", "queue:default") == 0, PATIENCE)
        lines = sidekiq.notes.lines()
        # what was handed out while the connection broke never arrived
        assert count - THREADS <= lines.total() <= count
        assert max(lines.values()) == 1
    finally:
        node.stop()
