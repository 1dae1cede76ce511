"""Dramatiq's side of tests/clients/test_dramatiq.py: the actors, in worker and client alike."""

import os
import time
from pathlib import Path

import dramatiq
from dramatiq.brokers.redis import RedisBroker

NOTES = Path(os.environ["JOBS_NOTES"])

broker = RedisBroker(
    url=os.environ["JOBS_URL"],
    heartbeat_timeout=1000,
    maintenance_chance=500_000,  # of a million: what dead workers had is looked for often
)
dramatiq.set_broker(broker)


def add_line(word: str) -> None:
    with open(NOTES, "a") as file:
        file.write(f"{word}\n")


@dramatiq.actor
def note(number):
    add_line(str(number))


@dramatiq.actor(max_retries=3, min_backoff=50, max_backoff=50)
def flaky(number):
    add_line(f"try{number}")
    if NOTES.read_text().split().count(f"try{number}") < 3:
        raise ValueError("not yet")


@dramatiq.actor
def held(number):
    """Never ends in the first worker, which is killed with it."""
    if not NOTES.with_name("released").exists():
        add_line(f"held{number}")
        time.sleep(3600)
    add_line(f"done{number}")
