"""Celery tasks that do nothing: `celery_tasks.py PORT TASKS` puts them in, works, prints rates."""

import json
import os
import subprocess
import sys
import time

from celery import Celery

PORT = int(os.environ.get("TASKS_PORT") or sys.argv[1])
app = Celery("celery_tasks", broker=f"redis://127.0.0.1:{PORT}/0")
app.conf.update(
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=16,
)


@app.task(name="nothing", acks_late=True)
def nothing(number: int) -> int:
    return number


def main() -> None:
    tasks = int(sys.argv[2])
    begun = time.perf_counter()
    for number in range(tasks):
        nothing.delay(number)
    added = tasks / (time.perf_counter() - begun)
    words = ["-A", "celery_tasks", "worker", "--pool=solo", "--loglevel=ERROR"]
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", *words, "--without-mingle", "--without-gossip"],
        env={**os.environ, "TASKS_PORT": str(PORT)},
        cwd=os.path.dirname(os.path.abspath(__file__)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with app.connection_for_read() as connection:
            client = connection.default_channel.client
            waiting = tasks
            while waiting > tasks * 9 // 10:  # until it is at work
                waiting = client.llen("celery")
                time.sleep(0.005)
            begun = time.perf_counter()
            first = waiting
            while waiting:
                waiting = client.llen("celery")
                time.sleep(0.005)
            worked = first / (time.perf_counter() - begun)
    finally:
        worker.kill()
        worker.wait()
    print(json.dumps({"added": added, "worked": worked}))


if __name__ == "__main__":
    main()
