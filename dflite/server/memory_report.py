"""`dflite memory report`: what takes the memory of a node, found out while it serves.

The keyspace is walked by MEMORY SCAN, some hundred keys at a time, so nobody waits for it; what
changes meanwhile is counted as it is met.
"""

import heapq
import socket
import ssl
import sys
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote, urlsplit

from dflite.base.numbers import human_size
from dflite.base.resp import request
from dflite.settings.command_line import UsageError

USAGE: Final = """\
Usage: dflite memory report [URI] [--top=10] [--separator=:]

Tells what takes the memory of a running node: bytes by type, by prefix of the keys, the biggest
keys, and for how long keys have not been used. URI is redis://user:password@host:port, rediss://
for TLS, or unix:///path; without one redis://127.0.0.1:6379. With a database behind, as in
redis://host:port/3, it tells about that one only. The user needs the right to MEMORY SCAN.
"""
USUAL: Final = "redis://127.0.0.1:6379"
USUAL_PORT: Final = 6379
KEYS_A_CALL: Final = 200
MOST_PREFIXES: Final = 20_000
TIMEOUT_S: Final = 30.0
SPANS: Final = [
    (60, "up to a minute"),
    (600, "up to 10 minutes"),
    (3600, "up to an hour"),
    (86_400, "up to a day"),
    (7 * 86_400, "up to a week"),
    (1 << 62, "longer"),
]


class ReportFailed(Exception):
    """The text says why there is no report."""


class Sums:
    """Keys and bytes of something."""

    def __init__(self) -> None:
        self.keys = 0
        self.bytes = 0

    def add(self, size: int, keys: int = 1) -> None:
        self.keys += keys
        self.bytes += size


class Report:
    """What was met so far."""

    def __init__(self, top: int, separator: bytes) -> None:
        self.top = top
        self.separator = separator
        self.total = Sums()
        self.types: dict[bytes, Sums] = {}
        self.prefixes: dict[bytes, Sums] = {}
        self.idle: list[Sums] = [Sums() for _ in SPANS]
        self.biggest: list[tuple[int, int, bytes, bytes]] = []

    def add(self, db: int, key: bytes, kind: bytes, size: int, idle: int) -> None:
        """One key was met."""
        self.total.add(size)
        self.types.setdefault(kind, Sums()).add(size)
        prefix, separator, _ = key.partition(self.separator)
        name = prefix + separator if separator else b"(no prefix)"
        if name not in self.prefixes and len(self.prefixes) >= MOST_PREFIXES:
            self.fold_prefixes()
        self.prefixes.setdefault(name, Sums()).add(size)
        for (limit, _), sums in zip(SPANS, self.idle, strict=True):
            if idle <= limit:
                sums.add(size)
                break
        row = (size, db, key, kind)
        if len(self.biggest) < self.top:
            heapq.heappush(self.biggest, row)
        elif self.biggest and size > self.biggest[0][0]:
            heapq.heapreplace(self.biggest, row)

    def fold_prefixes(self) -> None:
        """There are too many prefixes to keep them all: the smaller half becomes one row."""
        ranked = sorted(self.prefixes.items(), key=lambda row: row[1].bytes)
        others = self.prefixes.pop(b"(others)", Sums())
        for name, sums in ranked[: len(ranked) // 2]:
            if name != b"(others)":
                others.add(sums.bytes, sums.keys)
                del self.prefixes[name]
        self.prefixes[b"(others)"] = others

    def text(self) -> str:
        """As people read it."""
        lines = [f"{self.total.keys} keys take {human_size(self.total.bytes)}", "", "By type"]
        lines += self.table(sorted(self.types.items(), key=weight))
        lines += ["", "By prefix"]
        lines += self.table(sorted(self.prefixes.items(), key=weight)[: self.top])
        lines += ["", "Not used for"]
        named = [(text.encode(), sums) for (_, text), sums in zip(SPANS, self.idle, strict=True)]
        lines += self.table([row for row in named if row[1].keys])
        lines += ["", "The biggest"]
        for size, db, key, kind in sorted(self.biggest, reverse=True):
            where = f" in database {db}" if db else ""
            lines.append(f"  {human_size(size):>10}  {kind.decode()} {shown(key)}{where}")
        return "\n".join(lines) + "\n"

    def table(self, rows: list[tuple[bytes, Sums]]) -> list[str]:
        whole = max(self.total.bytes, 1)
        return [
            f"  {human_size(sums.bytes):>10}  {sums.bytes * 100 / whole:5.1f} %  "
            f"{sums.keys:>12} keys  {shown(name)}"
            for name, sums in rows
        ]


def weight(row: tuple[bytes, Sums]) -> int:
    """For sorting, the heaviest first."""
    return -row[1].bytes


def shown(key: bytes) -> str:
    """A key as text of a bearable length."""
    text = key.decode("utf-8", "backslashreplace")
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 80 else text[:77] + "..."


class Caller:
    """A blocking connection to a node."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri if "://" in uri else "redis://" + uri)
        if not uri or parts.scheme not in ("redis", "rediss", "unix"):
            raise UsageError(f"no such address: {uri or 'an empty one'}")
        if parts.query or parts.fragment:
            raise UsageError(f"an address has nothing behind its database: {uri}")
        try:
            port = parts.port
        except ValueError:
            raise UsageError(f"no such port: {uri}") from None
        self.database = None if parts.scheme == "unix" else database_named(parts.path, uri)
        try:
            self.socket = connected(parts.scheme, parts.hostname, port, parts.path)
        except OSError as error:
            host = parts.hostname or "127.0.0.1"
            host = f"[{host}]" if ":" in host else host
            where = parts.path if parts.scheme == "unix" else f"{host}:{port or USUAL_PORT}"
            raise ReportFailed(f"cannot reach {where}: {error.strerror or error}") from error
        self.stream = self.socket.makefile("rb")
        if parts.password:
            words = [b"AUTH", unquote(parts.password).encode()]
            if parts.username:
                words.insert(1, unquote(parts.username).encode())
            self.call(*words)

    def call(self, *words: bytes) -> object:
        """One request; its reply as Python values."""
        try:
            self.socket.sendall(request(*words))
            return self.reply()
        except OSError as error:
            raise ReportFailed(f"the connection is gone: {error}") from error

    def reply(self) -> object:
        line = self.stream.readline()
        if not line.endswith(b"\r\n"):
            raise ReportFailed("the node closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ReportFailed(f"the node says: {rest.decode('utf-8', 'replace')}")
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return self.stream.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        return rest

    def close(self) -> None:
        self.stream.close()
        self.socket.close()


def database_named(path: str, uri: str) -> int | None:
    """The database that an address names behind its host; None if all are meant."""
    name = path.removeprefix("/")
    if not name:
        return None
    if not (name.isascii() and name.isdigit()):
        raise UsageError(f"a database has a number, in {uri}")
    return int(name)


def connected(scheme: str, host: str | None, port: int | None, path: str) -> socket.socket:
    if scheme == "unix":
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(TIMEOUT_S)
        made.connect(path)
        return made
    made = socket.create_connection((host or "127.0.0.1", port or USUAL_PORT), TIMEOUT_S)
    if scheme == "rediss":
        return ssl.create_default_context().wrap_socket(made, server_hostname=host)
    return made


def survey(call: Callable[..., object], report: Report, only: int | None = None) -> None:
    """Walk all databases of a node, or one."""
    for db in databases_in(call(b"INFO", b"keyspace")) if only is None else [only]:
        call(b"SELECT", b"%d" % db)
        cursor = b"0"
        while True:
            reply = call(b"MEMORY", b"SCAN", cursor, b"COUNT", b"%d" % KEYS_A_CALL)
            if not isinstance(reply, list) or len(reply) != 2 or not isinstance(reply[1], list):
                raise ReportFailed("the node does not know MEMORY SCAN")
            rows = reply[1]
            for at in range(0, len(rows), 4):
                report.add(db, rows[at], rows[at + 1], rows[at + 2], rows[at + 3])
            cursor = reply[0]
            if cursor == b"0":
                break


def databases_in(info: object) -> list[int]:
    """The numbers of the databases that hold keys."""
    if not isinstance(info, bytes):
        return []
    lines = [line for line in info.decode().splitlines() if line.startswith("db")]
    return [int(line[2 : line.index(":")]) for line in lines]


def main(arguments: list[str]) -> int:
    """The exit status: 0, or 1 if there is no report."""
    top, separator = 10, b":"
    uris: list[str] = []
    if arguments[:1] != ["report"] or "--help" in arguments:
        print(USAGE, end="", file=sys.stdout if "--help" in arguments else sys.stderr)
        return 0 if "--help" in arguments else 2
    for word in arguments[1:]:
        name, _, value = word.partition("=")
        if name == "--top" and value.isdigit() and int(value):
            top = int(value)
        elif name == "--separator" and value:
            separator = value.encode()
        elif not word.startswith("-"):
            uris.append(word)
        else:
            raise UsageError(f"dflite memory report does not know {word}")
    if len(uris) > 1:
        raise UsageError(f"dflite memory report tells about one node, not also {uris[1]}")
    report = Report(top, separator)
    try:
        caller = Caller(uris[0] if uris else USUAL)
        survey(caller.call, report, caller.database)
        caller.close()
    except ReportFailed as failure:
        print(f"dflite memory report: {failure}", file=sys.stderr)
        return 1
    print(report.text(), end="")
    return 0
