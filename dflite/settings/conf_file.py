"""The lines of redis.conf: words with Redis' quoting, comments, and files that include files.

Inline requests are quoted alike, but their splitter is native, which no health check shall load.
"""

import glob
import os
import sys
from typing import Final

SPACES: Final = b" \t\n\r\v\f"
QUOTED_ESCAPES: Final = {
    ord("n"): ord("\n"),
    ord("r"): ord("\r"),
    ord("t"): ord("\t"),
    ord("b"): ord("\b"),
    ord("a"): ord("\a"),
}
DEEPEST_INCLUDE: Final = 16

# Names that mean something else in a file: there, `user` describes one for ACL.
FLAG_ONLY: Final = frozenset({"user"})


class FileProblem(Exception):
    """A line, or a file, that cannot be read; the text is a sentence with file and line."""


class Line:
    """A directive, in words, and where it stands."""

    def __init__(self, words: list[str], place: str) -> None:
        self.words = words
        self.place = place


def split_line(line: bytes) -> list[bytes] | None:
    """Words between spaces; "..." knows escapes, '...' only \\'. None: quotes do not match."""
    words: list[bytes] = []
    at = 0
    while True:
        while at < len(line) and line[at] in SPACES:
            at += 1
        if at == len(line):
            return words
        word = bytearray()
        while at < len(line) and line[at] not in SPACES:
            if line[at] in b"\"'":
                end = read_quoted(line, at, word)
                # A closing quote ends the word: nothing may touch it.
                if end is None or (end < len(line) and line[end] not in SPACES):
                    return None
                at = end
                break
            word.append(line[at])
            at += 1
        words.append(bytes(word))


def read_quoted(line: bytes, at: int, word: bytearray) -> int | None:
    """Appends what stands in the quotes that open at `at`; returns where they have closed."""
    quote = line[at]
    at += 1
    while at < len(line):
        char = line[at]
        if char == quote:
            return at + 1
        if char == ord("\\") and at + 1 < len(line):
            if quote == ord("'"):
                if line[at + 1] == quote:
                    char = quote
                    at += 1
            elif line[at + 1] == ord("x") and is_hex(line[at + 2 : at + 4]):
                char = int(line[at + 2 : at + 4], 16)
                at += 3
            else:
                char = QUOTED_ESCAPES.get(line[at + 1], line[at + 1])
                at += 1
        word.append(char)
        at += 1
    return None


def is_hex(digits: bytes) -> bool:
    return len(digits) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in digits)


def split_text(text: str) -> list[str] | None:
    words = split_line(text.encode("utf-8", "surrogateescape"))
    if words is None:
        return None
    return [word.decode("utf-8", "surrogateescape") for word in words]


def read_text(path: str) -> str:
    """A file's text; `-` is standard input. Bytes that are no UTF-8 survive a rewrite."""
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror}") from None


def read_conf_file(path: str, depth: int = 0) -> list[Line]:
    """All directives of a file and of those that it includes, in order."""
    if depth > DEEPEST_INCLUDE:
        raise FileProblem(f"{path}: files include each other more than {DEEPEST_INCLUDE} deep")
    lines: list[Line] = []
    shown = "standard input" if path == "-" else path
    for number, text in enumerate(read_text(path).split("\n"), 1):
        text = text.strip(" \t\r\n")
        if not text or text.startswith("#"):
            continue
        place = f"{shown}, line {number}"
        words = split_text(text)
        if words is None:
            raise FileProblem(f"{place}: the quotes do not match")
        if not words:
            continue
        words[0] = words[0].lower()
        if words[0] != "include":
            lines.append(Line(words, place))
            continue
        if len(words) != 2:
            raise FileProblem(f"{place}: include takes one path")
        for included in included_files(words[1]):
            lines.extend(read_conf_file(included, depth + 1))
    return lines


def included_files(pattern: str) -> list[str]:
    """A pattern may match nothing; a plain path that is not there is an error when it is read."""
    if any(char in pattern for char in "*?["):
        return sorted(path for path in glob.glob(pattern) if os.path.isfile(path))
    return [pattern]
