"""RDB files as a whole: what stands before the keys and behind them, and reading a file.

"REDIS" and four digits, or "VALKEY" and three | fields | keys | 0xFF | CRC-64 of all before

Without a checksum its eight bytes are zero.
"""

import mmap
import os
from collections.abc import Callable
from typing import Final

from dflite.native.base.bytesops import quote
from dflite.native.rdb.loader import Loader
from dflite.native.rdb.reader import Reader, Truncated
from dflite.native.rdb.writer import Writer
from dflite.rdb.values import REDIS_7_2, VALKEY_9, BadFormat, is_known
from dflite.store.db import TYPE_HASH
from dflite.store.keyspace import Keyspace

AUX: Final = 0xFA
SELECT: Final = 0xFE
END: Final = b"\xff"
SUM_BYTES: Final = 8
SHOWN_BYTES: Final = 100  # of a key that a message names
MAGICS: Final = ((b"REDIS", 4), (b"VALKEY", 3))
HEAD_BYTES: Final = 9
SUM_PIECE: Final = 1 << 24
FOR_EVER_US: Final = 1 << 50
ALL: Final = -1  # no key is due
PLACE: Final = b"repl-offset"  # the field that says where in a stream the data stand


class DamagedFile(Exception):
    """What is wrong with a file, in a sentence, and where."""


class DatabaseBeyond(DamagedFile):
    """It has keys of a database that is not here."""

    def __init__(self, database: int, problem: str) -> None:
        super().__init__(problem)
        self.database = database


def shown(key: bytes) -> str:
    """The start of a key, quoted as Redis does."""
    return quote(key[:SHOWN_BYTES]).decode("ascii")


def version_for(keyspace: Keyspace) -> int:
    """The version that a file of these keys needs: Redis' as long as that has forms for all.

    Fields with deadlines are the ones that it has none for.
    """
    for db in keyspace.dbs:
        for key in db.element_deadlines.first:
            if db.table(key).type_of(key) == TYPE_HASH:
                return VALKEY_9
    return REDIS_7_2


def head(version: int, fields: list[tuple[str, str]]) -> bytes:
    """What stands before the keys; fields tell about the file."""
    writer = Writer()
    for name, text in fields:
        writer.byte(AUX)
        writer.string(name.encode())
        writer.string(text.encode())
    magic = b"VALKEY%03d" % version if version >= VALKEY_9 else b"REDIS%04d" % version
    return magic + writer.take()


def read_version(data: bytes) -> int:
    """The version in a file's first nine bytes; DamagedFile if it is no RDB file, or too new."""
    for magic, digits in MAGICS:
        text = data[len(magic) : len(magic) + digits]
        if data.startswith(magic) and len(text) == digits and text.isdigit():
            version = int(text)
            if not is_known(version):
                raise DamagedFile(f"its version, {version}, is none that this server reads")
            return version
    raise DamagedFile("it does not begin as an RDB file does")


class Contents:
    """What a file holds beside keys. The loader calls the methods."""

    def __init__(self, keyspace: Keyspace) -> None:
        self.keyspace = keyspace
        self.fields: dict[str, str] = {}
        self.functions: list[bytes] = []
        self.on_history: Callable[[], None] | None = None  # the place in a stream was read

    def field(self, name: bytes, value: bytes) -> None:
        self.fields[name.decode("latin-1")] = value.decode("latin-1")
        if name == PLACE and self.on_history is not None:
            self.on_history()

    def function(self, code: bytes) -> None:
        self.functions.append(code)

    def elements(self, database: int, key: bytes, deadline: int) -> None:
        self.keyspace.dbs[database].note_element_deadline(key, deadline)

    def shard_of(self, key: bytes) -> int:
        return self.keyspace.shard_of(key)


class FileLoad:
    """A file that is being read into a keyspace, in slices; `close` it in the end.

    `now_ms` is when keys must not be due yet, -1 takes all. With `keeping` off everything is looked
    at and no value is kept. Raises OSError, and DamagedFile where it is not as it should be.
    """

    def __init__(self, path: str, keyspace: Keyspace, now_ms: int, keeping: bool = True) -> None:
        self.path = path
        with open(path, "rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            if self.size < HEAD_BYTES:
                raise DamagedFile("it is shorter than the head of an RDB file")
            self.map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            self.version = read_version(self.map[:HEAD_BYTES])
        except DamagedFile:
            self.map.close()
            raise
        self.contents = Contents(keyspace)
        self.reader = Reader(self.map, HEAD_BYTES)
        self.loader = Loader(keyspace.tables, self.version, self.contents, now_ms, keeping)
        self.sum = 0
        self.summed = 0
        self.loaded_bytes = HEAD_BYTES
        self.end = 0  # the byte behind it, where the requests of an old log begin

    def run(self, budget_us: int) -> bool:
        """Read for about so long; False when all was read and the checksum is right."""
        try:
            more = self.loader.run(self.reader, budget_us)
            self.loaded_bytes = self.reader.at
            if more:
                self.add_to_sum(self.loaded_bytes)
                return True
        except Truncated:
            raise DamagedFile(f"it ends too soon: {self.where()}") from None
        except BadFormat as error:
            problem = f"{error}: {self.where()}"
            database = self.database_beyond()
            if database is not None:
                raise DatabaseBeyond(database, problem) from None
            raise DamagedFile(problem) from None
        self.check_sum()
        return False

    def keep_due_keys(self) -> None:
        """From now on keys that are due are taken too."""
        self.loader.now_ms = ALL

    def where(self) -> str:
        """Where the record is that could not be read."""
        place = f"at byte {self.loader.place or HEAD_BYTES} of {self.size}"
        key = self.loader.key
        return place if key is None else f"{place}, at key {shown(key)}"

    def database_beyond(self) -> int | None:
        """The one that cannot be selected, if that is what could not be read."""
        place = self.loader.place or HEAD_BYTES
        if self.map[place] != SELECT:
            return None
        try:
            database = Reader(self.map, place + 1).length()
        except BadFormat:
            return None
        return database if database >= len(self.contents.keyspace.dbs) else None

    def add_to_sum(self, end: int) -> None:
        while self.summed < end:
            stop = min(end, self.summed + SUM_PIECE)
            self.sum = self.reader.sum(self.sum, self.summed, stop)
            self.summed = stop

    def check_sum(self) -> None:
        end = self.end = self.reader.at
        if self.version < 5:
            return  # there was none yet
        self.end += SUM_BYTES
        written = self.map[end : end + SUM_BYTES]
        if len(written) < SUM_BYTES:
            raise DamagedFile(f"it ends before its checksum, at byte {end}")
        if not any(written):
            return
        self.add_to_sum(end)
        expected = int.from_bytes(written, "little")
        if expected != self.sum:
            raise DamagedFile(
                f"wrong checksum (CRC error): it ends with {expected:016x}, its bytes make "
                f"{self.sum:016x}: some of them are not as they were written"
            )

    def close(self) -> None:
        """Give the file back. What was read stays."""
        del self.reader
        self.map.close()


def load_file(
    path: str,
    keyspace: Keyspace,
    now_ms: int,
    between: Callable[[], None] | None = None,
    replacing: bool = False,
) -> FileLoad:
    """Read a whole file; `between` is called now and then.

    With `replacing` its keys take the place of those that are there; else none may be.
    """
    load = FileLoad(path, keyspace, now_ms)
    load.loader.replacing = replacing
    try:
        while load.run(10_000 if between is not None else FOR_EVER_US):
            if between is not None:
                between()
    finally:
        load.close()
    return load
