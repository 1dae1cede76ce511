"""RQ's side of tests/clients/test_rq.py: the functions that are called."""

import os
import time
from pathlib import Path
from typing import Final

NOTES: Final = Path(os.environ.get("JOBS_NOTES", "notes"))


def add_line(word: str) -> None:
    with open(NOTES, "a") as file:
        file.write(f"{word}\n")


def note(number: int) -> int:
    add_line(str(number))
    return number


def flaky(number: int) -> int:
    """Fails once."""
    add_line(f"try{number}")
    if NOTES.read_text().split().count(f"try{number}") < 2:
        raise ValueError("not yet")
    return number


def held(number: int) -> int:
    """Never ends in the first worker, which is killed with it."""
    if not NOTES.with_name("released").exists():
        add_line(f"held{number}")
        time.sleep(3600)
    add_line(f"done{number}")
    return number
