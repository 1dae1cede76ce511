"""Snapshots and the append-only log: how fast they are saved and loaded; who waits meanwhile."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import Final

from benchmarks.load import percentile
from benchmarks.results import Results
from benchmarks.servers import Running, Server
from benchmarks.settings import Settings
from benchmarks.wire import RESP, SET_REPLY, Connection, fill, key_name, resp, set_request, value_of

SPEED: Final = "persistence_keys"
WAITS: Final = "persistence_us"
LOOK: Final = 50  # round trips between two looks at what runs in the background
LEAST: Final = 2_000  # round trips that a percentile is of
PERCENTILES: Final = (50.0, 99.0, 99.9)
LOG: Final = ("--appendonly", "yes", "--appendfsync", "everysec")
NO_REWRITE: Final = ("--auto-aof-rewrite-percentage", "0")
LEAST_LOAD_S: Final = 0.1  # what starts differ by on a busy machine is no load
TIMEOUT_S: Final = 120.0


def measure_persistence(server: Server, path: str, settings: Settings, results: Results) -> None:
    """Save, load, and round trips of SET alone and beside a snapshot and a rewrite."""
    keys = settings.persistence_keys
    starts = []
    for _ in range(3):
        with Running(server, path) as running:
            starts.append(running.startup_ms / 1000)
    empty_s = min(starts)
    with folder() as place:
        where = ("--dir", place)
        with Running(server, path, more=where) as running:
            fill(running.port, RESP, keys, settings.value_size)
            took = background(running, b"BGSAVE", "rdb_bgsave_in_progress")
            results.add(SPEED, "snapshot, saved", server.name, keys / took / 1000)
            note_waits(running, settings, results, "alone", b"")
            note_waits(running, settings, results, "beside a snapshot", b"BGSAVE")
            note_sync(running, settings, results, keys)
            background(running, b"BGSAVE", "rdb_bgsave_in_progress")
        with Running(server, path, more=where) as running:
            took = max(running.startup_ms / 1000 - empty_s, LEAST_LOAD_S)
            results.add(SPEED, "snapshot, loaded", server.name, keys / took / 1000)
    with folder() as place:
        logged = ("--dir", place, *LOG, *NO_REWRITE)
        with Running(server, path, more=logged) as running:
            begun = time.perf_counter()
            fill(running.port, RESP, keys, settings.value_size)
            took = time.perf_counter() - begun
            results.add(SPEED, "log, written by one client", server.name, keys / took / 1000)
            note_waits(running, settings, results, "with a log synced each second", b"")
            wait_for_log(running)
        with Running(server, path, more=logged) as running:
            took = max(running.startup_ms / 1000 - empty_s, LEAST_LOAD_S)
            results.add(SPEED, "log, loaded", server.name, keys / took / 1000)
            took = background(running, b"BGREWRITEAOF", "aof_rewrite_in_progress")
            results.add(SPEED, "log, rewritten", server.name, keys / took / 1000)
            note_waits(running, settings, results, "beside a rewrite", b"BGREWRITEAOF")
            with contextlib.closing(Connection(running.port)) as client:
                client.line(resp(b"CONFIG", b"SET", b"appendfsync", b"always"))
            note_waits(running, settings, results, "with each write synced", b"")


@contextlib.contextmanager
def folder() -> Iterator[str]:
    """A directory that two processes use, one after the other."""
    place = tempfile.mkdtemp(prefix="benchmark-")
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def field(client: Connection, name: str) -> str:
    """A field of INFO persistence."""
    text = client.bulk(resp(b"INFO", b"persistence")).decode()
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return fields.get(name, "0").strip()


def background(running: Running, command: bytes, busy: str) -> float:
    """Seconds that something takes in the background."""
    with contextlib.closing(Connection(running.port)) as client:
        begun = time.perf_counter()
        client.line(resp(command))
        while field(client, busy) != "0" and time.perf_counter() - begun < TIMEOUT_S:
            time.sleep(0.002)
        return time.perf_counter() - begun


def wait_for_log(running: Running) -> None:
    """All of it shall be in the file before the process ends."""
    with contextlib.closing(Connection(running.port)) as client:
        end = time.perf_counter() + TIMEOUT_S
        while field(client, "aof_buffer_length") != "0" and time.perf_counter() < end:
            time.sleep(0.01)


def note_waits(
    running: Running, settings: Settings, results: Results, row: str, command: bytes
) -> None:
    """Round trips of a client's SETs, all over the keys; with a command as long as that runs."""
    busy = {b"BGSAVE": "rdb_bgsave_in_progress", b"BGREWRITEAOF": "aof_rewrite_in_progress"}
    took: list[int] = []
    with (
        contextlib.closing(Connection(running.port)) as client,
        contextlib.closing(Connection(running.port)) as other,
    ):
        while len(took) < max(LEAST, 0 if command else settings.latency_requests):
            if command:
                other.line(resp(command))
            running_still = True
            while running_still and len(took) < settings.latency_requests:
                took += round_trips(client, len(took), settings)
                running_still = not command or field(other, busy[command]) != "0"
    took.sort()
    for percent in PERCENTILES:
        name = running.server.name
        results.add(WAITS, f"SET p{percent:g}, {row}", name, percentile(took, percent) / 1000)


def note_sync(running: Running, settings: Settings, results: Results, keys: int) -> None:
    """How fast a replica is given all data, and a client's round trips meanwhile."""
    tool = shutil.which("redis-cli")
    if tool is None:
        results.notes.append("full syncs were not measured: redis-cli is not installed")
        return
    command = [tool, "-p", str(running.port), "--rdb", os.devnull]
    with contextlib.closing(Connection(running.port)) as client:
        client.line(resp(b"CONFIG", b"SET", b"repl-diskless-sync-delay", b"0"))
    begun = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False, timeout=TIMEOUT_S)
    seconds = time.perf_counter() - begun
    results.add(SPEED, "full sync, sent", running.server.name, keys / seconds / 1000)
    took: list[int] = []
    with contextlib.closing(Connection(running.port)) as client:
        while len(took) < LEAST:
            with subprocess.Popen(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as follower:
                while follower.poll() is None and len(took) < settings.latency_requests:
                    took += round_trips(client, len(took), settings)
    took.sort()
    for percent in PERCENTILES:
        name = f"SET p{percent:g}, beside a full sync"
        results.add(WAITS, name, running.server.name, percentile(took, percent) / 1000)


def round_trips(client: Connection, first: int, settings: Settings) -> list[int]:
    """Nanoseconds of a few SETs, one by one."""
    took = []
    for number in range(first, first + LOOK):
        place = number * 7919 % settings.persistence_keys
        request = set_request(RESP, key_name(place), value_of(place, settings.value_size))
        begun = time.perf_counter_ns()
        client.expect(request, SET_REPLY[RESP])
        took.append(time.perf_counter_ns() - begun)
    return took
