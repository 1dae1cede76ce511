"""`dflite check FILE`: reads a snapshot or a log to its last byte; says what is in it, or wrong."""

import argparse
import os
import stat
import sys
from typing import Final

import dflite.commands  # noqa: F401  (enters every command in the table: requests name them)
from dflite.base.errors import CommandError
from dflite.base.script_errors import ScriptsUnavailable
from dflite.engine.executor import Executor
from dflite.native.base.clock import Clock
from dflite.native.wire.lane import Lane
from dflite.persistence.log_load import RequestsLoad
from dflite.persistence.manifest import SUFFIX, BadManifest, read_manifest
from dflite.persistence.rdb_file import (
    HEAD_BYTES,
    MAGICS,
    DamagedFile,
    DatabaseBeyond,
    FileLoad,
)
from dflite.scripting.scripting import FLUSH, take_functions
from dflite.server.host import NodeHost
from dflite.server.log_loading import about_functions, begins_as_snapshot
from dflite.settings.settings import Settings
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace

USAGE: Final = "dflite check FILE [--databases N]"
SLICE_US: Final = 100_000
FEW_DATABASES: Final = 1024  # that cost nothing
MOST_DATABASES: Final = 65_536  # that are looked at unless more are asked for
ALL: Final = -1  # keys that are due are looked at too
OF_LOGS: Final = ("aof-base", "aof-preamble")  # requests may stand behind these
MANIFEST_START: Final = b"file "
REQUEST_STARTS: Final = (b"*", b"#")
INCREMENT: Final = ".incr.aof"  # which has nothing yet when it was just begun
HOW_IT_LOADS: Final = (
    "a start of which this is the log's end cuts it there and goes on, unless "
    "--aof_load_truncated=no"
)
KNOWN: Final = {
    "dflite-ver": "written by dflite",
    "valkey-ver": "written by Valkey",
    "redis-ver": "written by Redis",
}


class CutOff(Exception):
    """Where requests end in the middle of one."""


def main(arguments: list[str]) -> int:
    """The exit status: 0 for a sound file, 1 for another, 2 for what was asked wrongly."""
    parser = argparse.ArgumentParser(
        "dflite check", USAGE, "Verify a snapshot, or a log by its manifest."
    )
    parser.add_argument("file")
    parser.add_argument(
        "--databases", type=int, default=0, help="that there may be (as many as the file has)"
    )
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:  # it has said why
        return int(end.code or 0)
    path: str = options.file
    shown = os.fsencode(path).decode("utf-8", "replace")
    try:
        strange = what_it_is(path)
        if strange:
            print(f"dflite check: {shown} {strange}", file=sys.stderr)
            return 1
        strange = what_it_holds(path)
        if strange:
            print(f"{shown} {strange}")
            return 1
        said = check_with(max(0, options.databases), path)
    except CutOff as cut:
        print(f"{shown} is cut off: {cut}; {HOW_IT_LOADS}")
        return 1
    except (DamagedFile, BadManifest) as error:
        print(f"{shown} is damaged: {error}")
        return 1
    except OSError as problem:
        name = os.fsencode(problem.filename or path).decode("utf-8", "replace")
        print(f"dflite check: {name}: {problem.strerror or problem}", file=sys.stderr)
        return 1
    print(f"{shown} is sound: {said}")
    return 0


def check_with(databases: int, path: str) -> str:
    """What is in it, for so many databases; 0: for as many as it has."""
    try:
        return check(bare_executor(databases or FEW_DATABASES), path)
    except DatabaseBeyond as beyond:
        if databases or beyond.database >= MOST_DATABASES:
            allowed = databases or MOST_DATABASES
            raise DamagedFile(
                f"it has a database {beyond.database}, where {allowed} are looked at: "
                "--databases says how many there may be"
            ) from None
    return check(bare_executor(MOST_DATABASES), path)


def check(executor: Executor, path: str) -> str:
    """What is in it."""
    if is_manifest(path):
        return check_log(executor, path)
    if begins_as_snapshot(path):
        return check_file(executor, path)
    return check_requests(executor, path, 0)


def what_it_is(path: str) -> str:
    """Nothing if it is a file."""
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        return "is a directory: name a snapshot, or the manifest of a log"
    return "" if stat.S_ISREG(mode) else "is no file that could be checked"


def what_it_holds(path: str) -> str:
    """What it is if neither snapshot nor log; nothing if it may be one."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    if is_manifest(path) or begins_as_snapshot(path) or head.startswith(REQUEST_STARTS):
        return ""
    if not head:
        return "" if path.endswith(INCREMENT) else "is empty: no snapshot, and no log"
    if len(head) < HEAD_BYTES and any(magic.startswith(head) for magic, _ in MAGICS):
        return f"is damaged: it ends too soon: {len(head)} bytes are no snapshot"
    return "is neither a snapshot nor a log"


def is_manifest(path: str) -> bool:
    with open(path, "rb") as file:
        return path.endswith(SUFFIX) or file.read(len(MANIFEST_START)) == MANIFEST_START


def check_log(executor: Executor, path: str) -> str:
    """Every file of a log; what is in them."""
    files = read_manifest(path).files()
    places = [os.path.join(os.path.dirname(path), file.name) for file in files]
    sizes = [os.path.getsize(place) for place in places]
    found = []
    for number, file in enumerate(files):
        place = places[number]
        try:
            if begins_as_snapshot(place):
                said = check_file(executor, place)
            else:
                said = check_requests(executor, place, 0)
        except DatabaseBeyond:
            raise
        except DamagedFile as error:
            raise DamagedFile(f"{file.name}: {error}") from None
        except CutOff as cut:
            if any(sizes[number + 1 :]):
                raise DamagedFile(
                    f"{file.name} is cut off {cut}, and it is not the last file of the log"
                ) from None
            raise CutOff(f"{file.name} {cut}") from None
        found.append(f"{file.name} ({said})")
    return ", ".join(found) or "the first base is not finished, there are no data"


def check_file(executor: Executor, path: str) -> str:
    """A snapshot, and the requests behind it in an old log; what is in it."""
    load = FileLoad(path, executor.keyspace, ALL, keeping=False)
    try:
        while load.run(SLICE_US):
            continue
    finally:
        load.close()
    check_functions(executor, load.contents.functions)
    said = describe(load)
    fields = load.contents.fields
    if load.end < load.size and any(fields.get(name, "0") != "0" for name in OF_LOGS):
        said += ", " + check_requests(executor, path, load.end)
    return said


def check_requests(executor: Executor, path: str, start: int) -> str:
    """Requests of a log; how many there are."""
    executor.loading = True  # so that all of them come by
    executor.observers_changed()
    requests = RequestsLoad(path, executor, start, keeping=False)
    try:
        while requests.run(SLICE_US):
            continue
    finally:
        requests.close()
    if requests.truncated:
        raise CutOff(f"at byte {requests.valid} of {requests.size}, in the middle of a request")
    return f"{requests.session.requests} requests, {requests.size - start} bytes"


def bare_executor(databases: int) -> Executor:
    """An engine that nobody asks: functions need one to be compiled."""
    clock, effects = Clock(0), Effects()
    keyspace = Keyspace(clock, effects, databases)
    lane = Lane(clock, keyspace.tables)
    return Executor(keyspace, lane, clock, effects, NodeHost(Settings()))


def check_functions(executor: Executor, codes: list[bytes]) -> None:
    """DamagedFile unless the libraries can be loaded; without Lua here they are left alone."""
    try:
        take_functions(executor, codes, FLUSH)
    except ScriptsUnavailable:
        return
    except CommandError as error:
        raise DamagedFile(about_functions(error)) from None


def describe(load: FileLoad) -> str:
    """What is in a file, in a line."""
    fields = load.contents.fields
    parts = [f"{load.loader.keys} keys"]
    if load.contents.functions:
        libraries = len(load.contents.functions)
        parts.append(f"{libraries} {'library' if libraries == 1 else 'libraries'} of functions")
    parts += [f"{load.size} bytes", f"version {load.version}"]
    by = [f"{text} {fields[name]}" for name, text in KNOWN.items() if name in fields]
    parts += by[:1]
    return ", ".join(parts)
