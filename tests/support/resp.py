"""RESP2 and RESP3 as a test sees them: requests from words, replies with their exact kind."""

from collections.abc import Iterable
from typing import Final, NamedTuple

Word = bytes | str | int | float

SIMPLE: Final = "simple"
ERROR: Final = "error"
INTEGER: Final = "integer"
BULK: Final = "bulk"
NULL_BULK: Final = "null bulk"
ARRAY: Final = "array"
NULL_ARRAY: Final = "null array"
NULL: Final = "null"
BOOLEAN: Final = "boolean"
DOUBLE: Final = "double"
BIG_NUMBER: Final = "big number"
BULK_ERROR: Final = "bulk error"
VERBATIM: Final = "verbatim"
MAP: Final = "map"
SET: Final = "set"
PUSH: Final = "push"
ATTRIBUTE: Final = "attribute"


class Incomplete(Exception):
    """The buffer ends before the reply does."""


class NotResp(Exception):
    """The bytes are no reply of RESP2 or RESP3."""


class Reply(NamedTuple):
    """One reply: what kind of thing came, and what it said.

    Numbers that a server writes as text (doubles, big numbers) stay bytes, so that
    `,1` and `,1.0` are two different replies. Maps are lists of pairs, in their order.
    """

    kind: str
    value: object = None

    @property
    def items(self) -> "list[Reply]":
        """The members of an array, a set or a push."""
        assert isinstance(self.value, list), f"{self} has no items"
        return self.value

    @property
    def pairs(self) -> "list[tuple[Reply, Reply]]":
        """The fields of a map; of a flat array as RESP2 sends maps, too."""
        if self.kind == MAP:
            assert isinstance(self.value, list)
            return self.value
        items = self.items
        return list(zip(items[0::2], items[1::2], strict=True))

    @property
    def data(self) -> bytes:
        """The bytes of a simple string, an error, a bulk or a verbatim string."""
        assert isinstance(self.value, bytes), f"{self} has no bytes"
        return self.value

    @property
    def number(self) -> int:
        assert self.kind == INTEGER, f"{self} is no integer"
        assert isinstance(self.value, int)
        return self.value

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    @property
    def is_error(self) -> bool:
        return self.kind == ERROR or self.kind == BULK_ERROR

    @property
    def is_null(self) -> bool:
        return self.kind in (NULL, NULL_BULK, NULL_ARRAY)

    def __repr__(self) -> str:
        if self.kind in (NULL, NULL_BULK, NULL_ARRAY):
            return self.kind
        if self.kind == MAP:
            return "map{" + ", ".join(f"{k!r}: {v!r}" for k, v in self.pairs) + "}"
        if isinstance(self.value, list):
            return self.kind + "[" + ", ".join(repr(item) for item in self.value) + "]"
        return f"{self.kind} {self.value!r}"


def as_bytes(word: Word) -> bytes:
    if isinstance(word, bytes):
        return word
    if isinstance(word, str):
        return word.encode()
    return repr(word).encode()


def encode(argv: Iterable[Word]) -> bytes:
    """One request, as every client library writes it."""
    words = [as_bytes(word) for word in argv]
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


def encode_all(requests: Iterable[Iterable[Word]]) -> bytes:
    return b"".join(encode(argv) for argv in requests)


LINES: Final = {
    ord("+"): SIMPLE,
    ord("-"): ERROR,
    ord(","): DOUBLE,
    ord("("): BIG_NUMBER,
}
BLOBS: Final = {ord("$"): BULK, ord("!"): BULK_ERROR, ord("="): VERBATIM}
LISTS: Final = {ord("*"): ARRAY, ord("~"): SET, ord(">"): PUSH}
PAIRS: Final = {ord("%"): MAP, ord("|"): ATTRIBUTE}


def parse(buffer: bytes | bytearray, at: int = 0) -> tuple[Reply, int]:
    """The reply that starts at `at`, and where it ends."""
    line_end = buffer.find(b"\r\n", at)
    if line_end < 0:
        raise Incomplete
    mark = buffer[at]
    line = bytes(buffer[at + 1 : line_end])
    end = line_end + 2
    if mark in LINES:
        return Reply(LINES[mark], line), end
    if mark == ord(":"):
        return Reply(INTEGER, exact_integer(line)), end
    if mark in BLOBS:
        length = exact_integer(line)
        if length == -1 and mark == ord("$"):
            return Reply(NULL_BULK), end
        if len(buffer) < end + length + 2:
            raise Incomplete
        if buffer[end + length : end + length + 2] != b"\r\n":
            raise NotResp(f"a blob of {length} bytes is not followed by CRLF")
        return Reply(BLOBS[mark], bytes(buffer[end : end + length])), end + length + 2
    if mark in LISTS:
        count = exact_integer(line)
        if count == -1 and mark == ord("*"):
            return Reply(NULL_ARRAY), end
        items: list[Reply] = []
        for _ in range(count):
            item, end = parse(buffer, end)
            items.append(item)
        return Reply(LISTS[mark], items), end
    if mark in PAIRS:
        pairs: list[tuple[Reply, Reply]] = []
        for _ in range(exact_integer(line)):
            key, end = parse(buffer, end)
            value, end = parse(buffer, end)
            pairs.append((key, value))
        return Reply(PAIRS[mark], pairs), end
    if mark == ord("_") and not line:
        return Reply(NULL), end
    if mark == ord("#") and line in (b"t", b"f"):
        return Reply(BOOLEAN, line == b"t"), end
    raise NotResp(f"no reply starts with {bytes(buffer[at : at + 40])!r}")


class Framer:
    """Finds where a reply ends while its bytes come in, without reading anything twice."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.missing = 1

    def end(self, buffer: bytes | bytearray) -> int:
        """Where the reply ends; 0 as long as some of it is missing."""
        while self.missing:
            line_end = buffer.find(b"\r\n", self.at)
            if line_end < 0:
                return 0
            mark = buffer[self.at]
            after = line_end + 2
            if mark in BLOBS or mark in LISTS or mark in PAIRS:
                count = max(0, exact_integer(bytes(buffer[self.at + 1 : line_end])))
                if mark in LISTS:
                    self.missing += count
                elif mark in PAIRS:
                    self.missing += 2 * count
                elif buffer[self.at + 1] != ord("-"):
                    after += count + 2
                    if len(buffer) < after:
                        return 0
            self.missing -= 1
            self.at = after
        return self.at


def exact_integer(text: bytes) -> int:
    """An integer in the one spelling a server may use for it."""
    try:
        number = int(text)
    except ValueError:
        raise NotResp(f"{text!r} is no integer") from None
    if b"%d" % number != text:
        raise NotResp(f"{text!r} is an odd way to write {number}")
    return number


def parse_all(raw: bytes) -> list[Reply]:
    """Every reply in `raw`, which must end where the last reply ends."""
    replies: list[Reply] = []
    at = 0
    while at < len(raw):
        reply, at = parse(raw, at)
        replies.append(reply)
    return replies
