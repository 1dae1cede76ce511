"""Celery's side of tests/clients/test_celery.py: the tasks, in worker and client alike."""

import os
import time
from pathlib import Path

from celery import Celery

URL = os.environ["JOBS_URL"]
NOTES = Path(os.environ["JOBS_NOTES"])

app = Celery("celery_jobs", broker=URL, backend=URL)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 3,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
        "unacked_mutex_expire": 2,
    },
)


def add_line(word: str) -> None:
    with open(NOTES, "a") as file:
        file.write(f"{word}\n")


@app.task(name="note")
def note(number: int) -> int:
    add_line(str(number))
    return number


@app.task(name="total")
def total(numbers: list[int]) -> int:
    return sum(numbers)


@app.task(name="retried", bind=True, max_retries=3)
def retried(self, number: int):
    add_line(f"try{number}")
    if self.request.retries < 2:
        raise self.retry(countdown=0.05)
    return number


@app.task(name="held")
def held(number: int) -> int:
    """Never ends in the first worker, which is killed with it."""
    if not NOTES.with_name("released").exists():
        add_line(f"held{number}")
        time.sleep(3600)
    add_line(f"done{number}")
    return number
