"""`dflite check FILE`: reads a snapshot to its last byte; says what is in it, or what is wrong."""

import argparse
import sys
from typing import Final

from dflite.base.errors import CommandError
from dflite.base.script_errors import ScriptsUnavailable
from dflite.engine.executor import Executor
from dflite.native.clock import Clock
from dflite.native.lane import Lane
from dflite.persistence.rdb_file import DamagedFile, FileLoad
from dflite.scripting.scripting import FLUSH, take_functions
from dflite.server.host import NodeHost
from dflite.server.log_loading import about_functions
from dflite.settings.settings import Settings
from dflite.store.effects import Effects
from dflite.store.keyspace import Keyspace

USAGE: Final = "dflite check FILE [--databases N]"
SLICE_US: Final = 100_000
ALL: Final = -1  # keys that are due are looked at too
KNOWN: Final = {
    "dflite-ver": "written by dflite",
    "valkey-ver": "written by Valkey",
    "redis-ver": "written by Redis",
}


def main(arguments: list[str]) -> int:
    """The exit status: 0 for a sound file, 1 for another, 2 for what was asked wrongly."""
    parser = argparse.ArgumentParser(
        "dflite check", USAGE, "Verify a snapshot: every value in it, and its checksum."
    )
    parser.add_argument("file")
    parser.add_argument("--databases", type=int, default=16, help="that there may be (16)")
    try:
        options = parser.parse_args(arguments)
    except SystemExit as end:  # it has said why
        return int(end.code or 0)
    path: str = options.file
    executor = bare_executor(max(1, options.databases))
    try:
        load = FileLoad(path, executor.keyspace, ALL, keeping=False)
        try:
            while load.run(SLICE_US):
                continue
        finally:
            load.close()
        check_functions(executor, load.contents.functions)
    except DamagedFile as error:
        print(f"{path} is damaged: {error}")
        return 1
    except OSError as error:
        print(f"dflite check: {path}: {error.strerror or error}", file=sys.stderr)
        return 1
    print(f"{path} is sound: {describe(load)}")
    return 0


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
