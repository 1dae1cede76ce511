"""One value as RDB: the number of its form, which versions know that, reading and writing.

A value is written in a form that Redis from 7.0 on and Valkey read, if there is one. Fields with
deadlines have none: Redis 7.4 and Valkey 9 each have their own, under the same numbers, and here it
is Valkey's. Members with deadlines are written as Dragonfly does, in whole seconds.
"""

from typing import Final

from dflite.native.keyspace.table import Table
from dflite.native.rdb.load import load
from dflite.native.rdb.reader import BadFormat, Reader
from dflite.native.rdb.save import kind_of, save
from dflite.native.rdb.streams import load_stream, save_stream
from dflite.native.rdb.writer import Writer
from dflite.native.streams.stream import Stream
from dflite.store.db import TYPE_STREAM

DRAGONFLY: Final = 9  # versions of the format by who first had them
REDIS_7_0: Final = 10
REDIS_7_2: Final = 11
REDIS_7_4: Final = 12
VALKEY_9: Final = 80

STREAMS: Final = (15, 19, 21)
# Forms younger than Redis 7.0: sets as listpacks, streams with the times of their consumers'
# successes, fields and members with deadlines.
VERSIONS: Final = {20: REDIS_7_2, 21: REDIS_7_2, 22: VALKEY_9, 32: DRAGONFLY}


def is_known(version: int) -> bool:
    """Can values of that version of the format be read?"""
    return 0 < version <= REDIS_7_4 or version == VALKEY_9


def version_for(kind: int) -> int:
    """The oldest version that knows values written in that way, of those that are written here."""
    return VERSIONS.get(kind, REDIS_7_0)


def write_value(writer: Writer, table: Table, key: bytes) -> None:
    """Write the value at key, which has to be there; its number is `kind_of(table, key)`."""
    value = table.read(key, False)
    if isinstance(value, Stream):
        save_stream(writer, value)
    else:
        save(writer, table, key)


def read_value(reader: Reader, kind: int, version: int, table: Table, key: bytes) -> None:
    """Put the value that follows at key, where nothing is; BadFormat if it is none.

    `kind` is the number of how it is written, in a file or a dump of that version.
    """
    if kind in STREAMS:
        table.set_object(key, TYPE_STREAM, load_stream(reader, kind))
    else:
        load(reader, table, key, kind, version >= VALKEY_9)


__all__ = [
    "BadFormat",
    "Reader",
    "Writer",
    "is_known",
    "kind_of",
    "read_value",
    "version_for",
    "write_value",
]
