"""The files of an append-only log, as its manifest names them: a base, increments, history.

file appendonly.aof.2.base.rdb seq 2 type b
file appendonly.aof.2.incr.aof seq 2 type i

The base holds all keys of a moment, the increments what happened since, in order. History is what
nobody needs any more. Names, words and order are those of Redis 7; words that are not known here
are passed over. Before the first base is whole a note says so: a manifest that names history only
would have Redis begin files of the same names, and then remove them.
"""

import os
from typing import Final

from dflite.native.wire.inline import split_inline
from dflite.persistence.disk import SafeFile

BASE: Final = "b"
INCREMENT: Final = "i"
HISTORY: Final = "h"
SUFFIX: Final = ".manifest"
UNFINISHED: Final = "# the first base is not finished: what files there are do not count\n"
LONGEST_LINE: Final = 1024
PLAIN: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&()*+,-./:;<=>?@[]^_`{|}~"
)


class BadManifest(Exception):
    """What is wrong with it, in a sentence."""


class LogFile:
    """A file of the log."""

    def __init__(self, name: str, number: int, kind: str) -> None:
        self.name = name
        self.number = number
        self.kind = kind

    def line(self) -> str:
        return f"file {quoted(self.name)} seq {self.number} type {self.kind}\n"


class Manifest:
    """What files there are. Changes are made to a `copy`, which is then written."""

    def __init__(self) -> None:
        self.base: LogFile | None = None
        self.increments: list[LogFile] = []
        self.history: list[LogFile] = []

    def copy(self) -> "Manifest":
        other = Manifest()
        other.base = self.base
        other.increments = self.increments.copy()
        other.history = self.history.copy()
        return other

    def files(self) -> list[LogFile]:
        """Those that hold data, in the order in which they are loaded."""
        base = [] if self.base is None else [self.base]
        return base + self.increments

    def next_base(self, log_name: str) -> str:
        return f"{log_name}.{self.last_base + 1}.base.rdb"

    def replace_base(self, name: str, increments: int) -> None:
        """A new base is there, and holds what all but the last `increments` hold."""
        number = self.last_base + 1
        if self.base is not None:
            self.history.append(LogFile(self.base.name, self.base.number, HISTORY))
        self.base = LogFile(name, number, BASE)
        old = len(self.increments) - increments
        for file in self.increments[:old]:
            self.history.append(LogFile(file.name, file.number, HISTORY))
        self.increments = self.increments[old:]

    def add_increment(self, log_name: str) -> LogFile:
        """Another increment, behind those that are there."""
        number = self.last_number + 1
        file = LogFile(f"{log_name}.{number}.incr.aof", number, INCREMENT)
        self.increments.append(file)
        return file

    def give_up(self, name: str, number: int) -> None:
        """That file was begun and is not needed; its number is not given again.

        For the manifest that was to name it may be the one on the disk.
        """
        if all(file.name != name for file in self.files() + self.history):
            self.history.append(LogFile(name, number, HISTORY))

    @property
    def last_base(self) -> int:
        """The number of the last base that there is, or was."""
        numbers = [] if self.base is None else [self.base.number]
        numbers += [file.number for file in self.history if ".base." in file.name]
        return max(numbers, default=0)

    @property
    def last_number(self) -> int:
        """Of the last increment that there is, or was."""
        numbers = [file.number for file in self.increments]
        numbers += [file.number for file in self.history if ".incr." in file.name]
        return max(numbers, default=0)

    def text(self) -> str:
        order = [] if self.base is None else [self.base]
        lines = [file.line() for file in order + self.history + self.increments]
        return "".join(lines) or UNFINISHED

    def write(self, path: str) -> None:
        """Put it in the place of the one at `path`; raises OSError."""
        file = SafeFile(path)
        try:
            file.append(self.text().encode("utf-8", "surrogateescape"))
            file.commit()
        except OSError:
            file.discard()
            raise


def quoted(name: str) -> str:
    """A name as it stands in a line."""
    if name and all(letter in PLAIN for letter in name):
        return name
    raw = name.encode("utf-8", "surrogateescape")
    plain = PLAIN | {" ", "'"}
    letters = [chr(byte) if chr(byte) in plain else f"\\x{byte:02x}" for byte in raw]
    return '"' + "".join(letters) + '"'


def read_manifest(path: str) -> Manifest:
    """The manifest at `path`; raises OSError and BadManifest."""
    with open(path, "rb") as file:
        lines = file.read().split(b"\n")
    manifest = Manifest()
    if lines[-1] == b"":
        lines.pop()
    else:
        raise BadManifest("its last line does not end")
    if lines == [UNFINISHED.encode().rstrip()]:
        return manifest
    for number, line in enumerate(lines, 1):
        if line.startswith(b"#"):
            continue
        if len(line) >= LONGEST_LINE:
            raise BadManifest(f"line {number} is too long")
        try:
            take(manifest, read_line(line))
        except BadManifest as problem:
            raise BadManifest(f"line {number}: {problem}") from None
    if not manifest.files() and not manifest.history:
        raise BadManifest("it names no files")
    return manifest


def read_line(line: bytes) -> LogFile:
    words = split_inline(line)
    if not words or len(words) % 2:
        raise BadManifest("no pairs of a word and a value")
    pairs = dict(zip(words[::2], words[1::2], strict=True))
    name, number, kind = pairs.get(b"file"), pairs.get(b"seq"), pairs.get(b"type")
    if name is None or number is None or kind is None:
        raise BadManifest("a file needs the words file, seq and type")
    if not name or b"/" in name:
        raise BadManifest("the file has no plain name")
    if not number.isdigit() or not int(number):
        raise BadManifest("seq is no number from 1")
    text = kind.decode("latin-1")
    if text not in (BASE, INCREMENT, HISTORY):
        raise BadManifest(f"type {text!r} is not known")
    return LogFile(os.fsdecode(name), int(number), text)


def take(manifest: Manifest, file: LogFile) -> None:
    """Enter a line's file."""
    if file.kind == BASE:
        if manifest.base is not None:
            raise BadManifest("a second base")
        manifest.base = file
    elif file.kind == HISTORY:
        manifest.history.append(file)
    else:
        if manifest.increments and file.number <= manifest.increments[-1].number:
            raise BadManifest("increments are out of order")
        manifest.increments.append(file)
