"""The lines of redis.conf: words with Redis' quoting, comments, and files that include files."""

import glob
import os
import sys
from typing import Final

from dflite.native.connection import split_inline

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


def split_text(text: str) -> list[str] | None:
    """The words of a line, quoted as in inline requests; None if its quotes do not match."""
    words = split_inline(text.encode("utf-8", "surrogateescape"))
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
