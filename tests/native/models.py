"""The native modules said plainly: the specifications that their tests compare them with."""

import re
from typing import Final

from dflite.native.base.bytesops import key_slot
from dflite.native.base.floattext import format_float

INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
WHITE: Final = b" \t\n\v\f\r"

BYTES: Final = 0
INT: Final = 1
GROWN: Final = 2
OBJECT: Final = 3


def spelled_integer(text: bytes) -> int | None:
    """The 64-bit integer of which text is the one canonical spelling."""
    if not re.fullmatch(rb"0|-?[1-9][0-9]{0,18}", text):
        return None
    number = int(text)
    return number if INT64_MIN <= number <= INT64_MAX else None


# --- the table -----------------------------------------------------------------------------------


class Item:
    """A key's value and what is kept with it."""

    def __init__(
        self, kind: int, encoding: int, value: object, deadline: int, flags: int, used_s: int
    ) -> None:
        self.kind = kind
        self.encoding = encoding
        self.value = value
        self.deadline = deadline
        self.flags = flags
        self.used_s = used_s

    @property
    def text(self) -> bytes:
        assert isinstance(self.value, bytes)
        return self.value


class TableModel:
    """The keyspace table as a dict."""

    def __init__(self) -> None:
        self.items: dict[bytes, Item] = {}
        self.now_ms = 0

    @property
    def now_s(self) -> int:
        return self.now_ms // 1000

    def due(self, key: bytes) -> bool:
        item = self.items[key]
        return 0 <= item.deadline <= self.now_ms

    def due_keys(self) -> set[bytes]:
        return {key for key in self.items if self.due(key)}

    def set_string(self, key: bytes, value: bytes, deadline: int, flags: int) -> None:
        encoding = BYTES if spelled_integer(value) is None else INT
        self.items[key] = Item(1, encoding, value, max(deadline, -1), flags, self.now_s)

    def set_raw(self, key: bytes, value: bytes, deadline: int) -> None:
        self.items[key] = Item(1, BYTES, value, max(deadline, -1), 0, self.now_s)

    def set_object(self, key: bytes, kind: int, value: object, deadline: int) -> None:
        self.items[key] = Item(kind, OBJECT, value, max(deadline, -1), 0, self.now_s)

    def update_string(self, key: bytes, value: bytes, raw: bool) -> None:
        old = self.items.get(key)
        deadline, flags = (old.deadline, old.flags) if old else (-1, 0)
        self.set_string(key, value, deadline, flags)
        if raw:
            self.items[key].encoding = BYTES

    def copy(self, key: bytes, target: "TableModel", new_key: bytes) -> bool:
        old = self.items.get(key)
        if old is None:
            return False
        if target is not self or key != new_key:
            target.items[new_key] = Item(
                old.kind, old.encoding, old.value, old.deadline, old.flags, self.now_s
            )
        return True

    def move(self, key: bytes, target: "TableModel", new_key: bytes) -> bool:
        found = self.copy(key, target, new_key)
        if found and (target is not self or key != new_key):
            del self.items[key]
        return found

    def set_deadline(self, key: bytes, deadline: int) -> bool:
        if key not in self.items:
            return False
        self.items[key].deadline = max(deadline, -1)
        return True

    def overwrite(self, key: bytes, offset: int, patch: bytes) -> int:
        item = self.items[key]
        text = item.text.ljust(offset, b"\0")
        item.value = text[:offset] + patch + text[offset + len(patch) :]
        item.encoding = GROWN
        item.used_s = self.now_s
        return len(item.text)

    def delete(self, key: bytes) -> bool:
        return self.items.pop(key, None) is not None


# --- replies -------------------------------------------------------------------------------------


class ReplyModel:
    """Replies as a bytes object that grows."""

    def __init__(self, resp3: bool) -> None:
        self.resp3 = resp3
        self.data = b""

    def line(self, sign: str, text: bytes) -> None:
        self.data += sign.encode() + text + b"\r\n"

    def ok(self) -> None:
        self.line("+", b"OK")

    def simple(self, text: bytes) -> None:
        self.line("+", text)

    def error(self, text: bytes) -> None:
        self.line("-", text.replace(b"\r", b" ").replace(b"\n", b" "))

    def integer(self, number: int) -> None:
        self.line(":", b"%d" % number)

    def bulk(self, text: bytes) -> None:
        self.line("$", b"%d\r\n" % len(text) + text)

    def null(self) -> None:
        self.line("_", b"") if self.resp3 else self.line("$", b"-1")

    def bulk_or_null(self, text: bytes | None) -> None:
        self.null() if text is None else self.bulk(text)

    def null_array(self) -> None:
        self.line("_", b"") if self.resp3 else self.line("*", b"-1")

    def array(self, count: int) -> None:
        self.line("*", b"%d" % count)

    def map(self, count: int) -> None:
        self.line("%", b"%d" % count) if self.resp3 else self.line("*", b"%d" % (2 * count))

    def set(self, count: int) -> None:
        self.line("~" if self.resp3 else "*", b"%d" % count)

    def push(self, count: int) -> None:
        self.line(">" if self.resp3 else "*", b"%d" % count)

    def attribute(self, count: int) -> None:
        self.line("|", b"%d" % count)

    def boolean(self, truth: bool) -> None:
        if self.resp3:
            self.line("#", b"t" if truth else b"f")
        else:
            self.integer(int(truth))

    def double(self, number: float) -> None:
        text = format_float(number)
        self.line(",", text) if self.resp3 else self.bulk(text)

    def big_number(self, digits: bytes) -> None:
        self.line("(", digits) if self.resp3 else self.bulk(digits)

    def verbatim(self, text: bytes, kind: bytes) -> None:
        if self.resp3:
            self.line("=", b"%d\r\n" % (len(text) + 4) + kind + b":" + text)
        else:
            self.bulk(text)

    def bulks(self, texts: list[bytes | None]) -> None:
        self.array(len(texts))
        for text in texts:
            self.bulk_or_null(text)

    def integers(self, numbers: list[int]) -> None:
        self.array(len(numbers))
        for number in numbers:
            self.integer(number)

    def raw(self, data: bytes) -> None:
        self.data += data


# --- requests ------------------------------------------------------------------------------------


class Fault(Exception):
    """The input is no request."""


class Stranger:
    """What a client may send before it has authenticated."""

    words = 10
    word_length = 16384


LINE_LIMIT: Final = 64 * 1024


def header(data: bytes, at: int, sign: bytes, what: str) -> tuple[int, int] | None:
    """The number in the line at `at` and where the next line begins; None if it is not all here."""
    end = data.find(b"\r", at)
    if end < 0:
        if len(data) - at > LINE_LIMIT:
            raise Fault(f"too big {'mbulk' if sign == b'*' else 'bulk'} count string")
        return None
    if end + 2 > len(data):
        return None
    if data[at : at + 1] != sign:
        raise Fault(f"expected '$', got '{data[at : at + 1].decode('latin-1')}'")
    number = spelled_integer(data[at + 1 : end])
    if number is None:
        raise Fault(f"invalid {what} length")
    return number, end + 2


def parse_request(
    data: bytes, at: int, trusted: bool, longest: int
) -> tuple[list[bytes], int] | None:
    """The request at `at` (none if it has no words), where the next begins; None: not all here."""
    if data[at : at + 1] != b"*":
        end = data.find(b"\n", at)
        if end < 0:
            if len(data) - at > LINE_LIMIT:
                raise Fault("too big inline request")
            return None
        words = split_line(data[at:end].removesuffix(b"\r"))
        if words is None:
            raise Fault("unbalanced quotes in request")
        return words, end + 1
    head = header(data, at, b"*", "multibulk")
    if head is None:
        return None
    count, at = head
    if count > 2**31 - 1:
        raise Fault("invalid multibulk length")
    if count > Stranger.words and not trusted:
        raise Fault("unauthenticated multibulk length")
    words = []
    for _ in range(count):
        head = header(data, at, b"$", "bulk") if at < len(data) else None
        if head is None:
            return None
        length, at = head
        if not 0 <= length <= longest:
            raise Fault("invalid bulk length")
        if length > Stranger.word_length and not trusted:
            raise Fault("unauthenticated bulk length")
        if at + length + 2 > len(data):
            return None
        words.append(data[at : at + length])
        at += length + 2
    return words, at


def parse_requests(
    data: bytes, trusted: bool = True, longest: int = 512 * 1024 * 1024
) -> tuple[list[list[bytes]], str | None]:
    """All requests in data, and what is wrong with what follows them."""
    requests = []
    at = 0
    try:
        while at < len(data):
            found = parse_request(data, at, trusted, longest)
            if found is None:
                break
            words, at = found
            if words:
                requests.append(words)
    except Fault as fault:
        return requests, str(fault)
    return requests, None


ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "a": "\a"}
WORD: Final = re.compile(
    r"""(?P<plain>[^\s"'\0]+)
      | "(?P<double>(?:\\.|[^"\\])*)" (?=[ \t\n\v\f\r]|$)
      | '(?P<single>(?:\\'|[^'\\]|\\(?!'))*)' (?=[ \t\n\v\f\r]|$)""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)


def unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else ESCAPES.get(match[2], match[2])


def split_line(line: bytes) -> list[bytes] | None:
    """The words of an inline request; None if its quotes are unbalanced. NUL ends the line."""
    text = line.decode("latin-1")
    words: list[str] = []
    at = 0
    while True:
        while at < len(text) and text[at] in " \t\n\v\f\r":
            at += 1
        if at == len(text) or text[at] == "\0":
            return [word.encode("latin-1") for word in words]
        word = ""
        while at < len(text) and text[at] not in " \t\n\v\f\r\0":
            match = WORD.match(text, at)
            if match is None:
                return None
            if match["plain"] is not None:
                word += match["plain"]
            elif match["double"] is not None:
                word += ESCAPE.sub(unescaped, match["double"])
            else:
                word += match["single"].replace("\\'", "'")
            at = match.end()
            if match["plain"] is None:
                break
        words.append(word)


# --- the hot lane --------------------------------------------------------------------------------


def shard_of(key: bytes, shards: int) -> int:
    return key_slot(key) % shards


class LaneModel:
    """What the lane does to a database of strings; None leaves a request to its handler."""

    def __init__(self, resp3: bool) -> None:
        self.table = TableModel()
        self.resp3 = resp3
        self.reads = True
        self.writes = True

    def kept(self, key: bytes) -> bool:
        """Is the key one that only a handler may touch?"""
        return key in self.table.items and self.table.due(key)

    def no_string(self, key: bytes) -> bool:
        return key in self.table.items and self.table.items[key].kind != 1

    def answer(self, argv: list[bytes]) -> bytes | None:
        """The reply to a request, or None if the handler is to answer it."""
        name = argv[0].upper().decode("latin-1")
        keys = argv[1::2] if name in ("SET", "MSET") else argv[1:]
        reply = ReplyModel(self.resp3)
        items = self.table.items
        if name == "PING":
            if not self.reads or len(argv) != 1:
                return None
            reply.simple(b"PONG")
        elif name in ("GET", "TTL"):
            if not self.reads or len(argv) != 2 or self.kept(argv[1]):
                return None
            if name == "GET":
                if self.no_string(argv[1]):
                    return None
                item = items.get(argv[1])
                reply.bulk_or_null(item.text if item else None)
            elif argv[1] not in items:
                reply.integer(-2)
            else:
                left = items[argv[1]].deadline - self.table.now_ms
                reply.integer(-1 if items[argv[1]].deadline < 0 else (left + 500) // 1000)
        elif name == "MGET":
            if not self.reads or len(argv) < 2 or any(self.kept(key) for key in keys):
                return None
            found = [None if self.no_string(key) else items.get(key) for key in keys]
            reply.bulks([item.text if item else None for item in found])
        elif name == "EXISTS":
            if not self.reads or len(argv) < 2 or any(self.kept(key) for key in keys):
                return None
            reply.integer(sum(key in items for key in keys))
        elif not self.writes:
            return None
        elif name == "EXPIRE":
            seconds = spelled_integer(argv[2]) if len(argv) == 3 else None
            if seconds is None or not 0 < seconds <= 10**9 or self.kept(argv[1]):
                return None
            deadline = self.table.now_ms + seconds * 1000
            reply.integer(int(self.table.set_deadline(argv[1], deadline)))
        elif name in ("SET", "MSET"):
            if len(argv) < 3 or len(argv) % 2 == 0 or (name == "SET" and len(argv) != 3):
                return None
            if any(self.kept(key) or self.no_string(key) for key in keys):
                return None
            for key, value in zip(keys, argv[2::2], strict=True):
                self.table.set_string(key, value, -1, 0)
            reply.ok()
        elif name in ("INCR", "DECR"):
            if len(argv) != 2 or self.kept(argv[1]) or self.no_string(argv[1]):
                return None
            old = items.get(argv[1])
            if old is not None and old.encoding != INT:
                return None
            number = (int(old.text) if old else 0) + (1 if name == "INCR" else -1)
            if not INT64_MIN <= number <= INT64_MAX:
                return None
            deadline, flags = (old.deadline, old.flags) if old else (-1, 0)
            self.table.set_string(argv[1], b"%d" % number, deadline, flags)
            reply.integer(number)
        elif name == "DEL":
            if len(argv) < 2 or any(self.kept(key) or self.no_string(key) for key in keys):
                return None
            reply.integer(sum([self.table.delete(key) for key in keys]))
        else:
            return None
        return reply.data
