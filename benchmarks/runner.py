"""The order of a run: one server at a time, the noisy measures in rounds over all servers."""

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from benchmarks.collection_cpu import measure_collections
from benchmarks.cpu import measure_cpu
from benchmarks.elements import FILLINGS, measure_elements
from benchmarks.eviction import measure_hits
from benchmarks.expiry import measure_expiry
from benchmarks.giants import measure_giants
from benchmarks.latency import measure_latency, measure_pause
from benchmarks.limit import measure_limit, measure_resident
from benchmarks.load import Generator, LoadFailed
from benchmarks.memory import measure_memory, measure_startup
from benchmarks.persistence import measure_persistence
from benchmarks.queues import QUEUES, QueueMissing
from benchmarks.results import Results
from benchmarks.scripting import measure_many_calls, measure_scripts
from benchmarks.servers import SERVERS, Running, Server, ServerFailed, dflite_form
from benchmarks.settings import Settings
from benchmarks.soak import measure_soak
from benchmarks.tls import measure_tls
from benchmarks.wire import RESP, UnexpectedReply

# Measures that start servers themselves, with settings of their own.
OWN_STARTS: Final[dict[str, Callable[[Server, str, Settings, Results], None]]] = {
    "eviction": measure_hits,
    "limit": measure_limit,
    "persistence": measure_persistence,
    "resident": measure_resident,
    "expiry": measure_expiry,
    "soak": measure_soak,
}
FAILURES = (ServerFailed, LoadFailed, UnexpectedReply, OSError)


class Found:
    """A server that is installed and starts."""

    def __init__(self, server: Server, path: str) -> None:
        self.server = server
        self.path = path
        self.name = server.name
        # The load for commands speaks RESP only; what memcached's protocol needs for get and set
        # belongs into wire.operation, and then this question goes.
        self.takes_commands = server.protocol == RESP


def find_servers(settings: Settings, results: Results) -> list[Found]:
    """The servers asked for that start, with their versions."""
    found = []
    for name in settings.servers:
        server = SERVERS[name]
        path = server.find()
        if path is None:
            results.missing[name] = server.missing
            continue
        try:
            with Running(server, path) as running:
                version = running.version()
        except FAILURES as error:
            results.missing[name] = f"it does not start: {error}"
            continue
        if name == "dflite":
            version += f" ({dflite_form()})"
        results.versions[name] = version
        found.append(Found(server, path))
    return found


def run(found: list[Found], settings: Settings, generator: Generator, results: Results) -> None:
    """Every measure that was asked for."""
    if {"cpu", "collections", "latency", "scripts"} & set(settings.measures):
        run_rounds(found, settings, generator, results)
    if "memory" in settings.measures:
        for one in found:
            for size in settings.value_sizes:
                say(f"memory, values of {size}: {one.name}")
                work = partial(measure_memory, value_size=size, settings=settings, results=results)
                with_server(one, results, work)
    if "elements" in settings.measures:
        for one in commanded(found):
            for row, _, _ in FILLINGS:
                say(f"memory, {row}: {one.name}")
                work = partial(measure_elements, row=row, settings=settings, results=results)
                with_server(one, results, work)
    if "giants" in settings.measures:
        for one in commanded(found):
            say(f"huge collections: {one.name}")
            work = partial(measure_giants, settings=settings, results=results)
            with_server(one, results, work)
    if "scripts" in settings.measures:
        for one in commanded(found):
            say(f"a script that is called {settings.script_calls} times: {one.name}")
            work = partial(measure_many_calls, settings=settings, results=results)
            with_server(one, results, work)
    if "queues" in settings.measures:
        run_queues(found, settings, results)
    if "pause" in settings.measures:
        for _ in range(settings.pause_rounds):
            for one in commanded(found):
                say(f"pauses: {one.name}")
                work = partial(measure_pause, settings=settings, results=results)
                with_server(one, results, work)
    if "startup" in settings.measures:
        for one in found:
            say(f"starting and idling: {one.name}")
            try:
                measure_startup(one.server, one.path, settings, results)
            except FAILURES as error:
                note_failure(one, error, results)

    for measure, begin in OWN_STARTS.items():
        if measure in settings.measures:
            for one in commanded(found):
                say(f"{measure}: {one.name}")
                try:
                    begin(one.server, one.path, settings, results)
                except FAILURES as error:
                    note_failure(one, error, results)

    if "tls" in settings.measures:
        for number in range(settings.rounds):
            for one in found:
                if one.server.tls_arguments is not None:
                    say(f"TLS, round {number + 1} of {settings.rounds}: {one.name}")
                    try:
                        measure_tls(one.server, one.path, settings, results)
                    except FAILURES as error:
                        note_failure(one, error, results)


def run_queues(found: list[Found], settings: Settings, results: Results) -> None:
    """Jobs of each queue whose programs can be had, in rounds."""
    for queue in QUEUES:
        try:
            work = queue(settings)
        except QueueMissing as reason:
            results.notes.append(str(reason))
            continue
        for number in range(settings.rounds):
            for one in commanded(found):
                say(f"{work.name}, round {number + 1} of {settings.rounds}: {one.name}")
                with_server(one, results, partial(work.measure, results=results))


def commanded(found: list[Found]) -> list[Found]:
    """Those that the load for commands can speak to."""
    return [one for one in found if one.takes_commands]


def run_rounds(
    found: list[Found], settings: Settings, generator: Generator, results: Results
) -> None:
    """Commands and round trips, in rounds, so that a busy minute hits all servers alike."""
    rivals = commanded(found)
    begun = time.monotonic()
    for number in range(settings.rounds):
        if number and time.monotonic() - begun > settings.time_limit_s:
            results.notes.append(f"out of time: only {number} rounds")
            break
        # Nobody is always first.
        shift = number % max(1, len(rivals))
        for one in rivals[shift:] + rivals[:shift]:
            say(f"round {number + 1} of {settings.rounds}: {one.name}")
            work = partial(measure_round, settings=settings, generator=generator, results=results)
            with_server(one, results, work)


def measure_round(
    running: Running, settings: Settings, generator: Generator, results: Results
) -> None:
    """What is measured again in every round."""
    if "cpu" in settings.measures:
        measure_cpu(running, settings, generator, results)
    if "collections" in settings.measures:
        measure_collections(running, settings, generator, results)
    if "latency" in settings.measures:
        measure_latency(running, settings, results)
    if "scripts" in settings.measures:
        measure_scripts(running, settings, generator, results)


def with_server(one: Found, results: Results, work: Callable[[Running], None]) -> None:
    """Do this with a fresh server; a failure becomes a note, and the other servers go on."""
    try:
        with Running(one.server, one.path) as running:
            work(running)
    except FAILURES as error:
        note_failure(one, error, results)


def note_failure(one: Found, error: Exception, results: Results) -> None:
    """Say once that a server failed, and how."""
    note = f"{one.name} failed: {error}"
    if note not in results.notes:
        results.notes.append(note)


def say(text: str) -> None:
    """Progress, apart from the figures."""
    print(f"  {text}", file=sys.stderr, flush=True)
