"""Names of snapshots: one file that is replaced, or with {timestamp} a new one each time."""

import contextlib
import os
import re
import time
from typing import Final

TIMESTAMP: Final = "{timestamp}"
FORMAT: Final = "%Y-%m-%dT%H:%M:%S"  # UTC, so that names are in order of time
PATTERN: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"
SUFFIX: Final = ".rdb"


def is_series(name: str) -> bool:
    """Does each snapshot get a name of its own?"""
    return TIMESTAMP in name


def with_suffix(name: str) -> str:
    """A name with {timestamp} is given without a suffix, as Dragonfly's; it gets one."""
    return name if "." in name.replace(TIMESTAMP, "") else name + SUFFIX


def name_at(name: str, now_s: float) -> str:
    """The file's name for a snapshot of that time."""
    if not is_series(name):
        return name
    return with_suffix(name).replace(TIMESTAMP, time.strftime(FORMAT, time.gmtime(now_s)))


def files_of(directory: str, name: str) -> list[str]:
    """Names of the snapshots that are there, the newest first."""
    if not is_series(name):
        return [name] if os.path.exists(os.path.join(directory, name)) else []
    parts = [re.escape(part) for part in with_suffix(name).split(TIMESTAMP)]
    pattern = re.compile(PATTERN.join(parts))
    found = [entry for entry in os.listdir(directory) if pattern.fullmatch(entry)]
    return sorted(found, key=lambda entry: re.findall(PATTERN, entry), reverse=True)


def remove_old(directory: str, name: str, keep: int) -> list[str]:
    """Remove all but the newest `keep` of a series, 0 keeps all; the names that went."""
    gone: list[str] = []
    if keep > 0 and is_series(name):
        for entry in files_of(directory, name)[keep:]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(directory, entry))
                gone.append(entry)
    return gone


def remove_unfinished(directory: str, name: str) -> None:
    """Remove what snapshots that were cut short have left behind."""
    remove_temporaries(directory, pattern_of(name))


def remove_unfinished_of_log(directory: str, name: str) -> None:
    """Remove what rewrites of a log that were cut short have left behind."""
    if os.path.isdir(directory):
        remove_temporaries(directory, re.escape(name) + r"\.(\d+\.base\.rdb|manifest)")


def pattern_of(name: str) -> str:
    parts = [re.escape(part) for part in name.split(TIMESTAMP)]
    if is_series(name):
        parts = [re.escape(part) for part in with_suffix(name).split(TIMESTAMP)]
    return PATTERN.join(parts)


def remove_temporaries(directory: str, of: str) -> None:
    """Remove files that were to take the names of a pattern."""
    pattern = re.compile(of + r"\.\d+(\.\d+)?\.tmp")
    for entry in os.listdir(directory):
        if pattern.fullmatch(entry):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(directory, entry))
