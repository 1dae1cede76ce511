"""Whether the end of a log was cut off, or something before it is damaged.

A request that the file ends in may have been half written; or its length is damaged, and whole
requests lie in what it takes for its argument. Nothing may be dropped in silence then, so it counts
as cut off only if what is there is the beginning of a request, and no line of it begins another
that is whole and that could be run. An argument that was cut off and is itself a piece of a log
looks like damage: who must decide is told.

Bytes that are zero up to the end were never written: file systems leave them after a power cut.
"""

import mmap
import re
from typing import Final

from dflite.base.errors import CommandError
from dflite.engine.lookup import find

Bytes = bytes | mmap.mmap

START: Final = re.compile(rb"\r\n\*[1-9][0-9]{0,9}\r\n\$[0-9]{1,9}\r\n")
EXEC: Final = re.compile(rb"\r\n\*1\r\n\$4\r\nEXEC\r\n", re.IGNORECASE)
LONGEST_NUMBER: Final = 20
MOST_ARGUMENTS: Final = 1_000_000  # that are looked at, before it counts as damage
CUT: Final = -1  # a line that the end is in


class NoRequest(Exception):
    """What stands there is not the beginning of a request."""


def damage_before_end(data: Bytes, start: int, transaction: int = CUT) -> str:
    """What is wrong with the request at `start`, which has no end; nothing if it was cut off.

    `transaction` is where a MULTI stands whose EXEC did not come.
    """
    end = end_of(data, start)
    if transaction != CUT:
        found = EXEC.search(data, transaction, end)
        if found is not None:
            return f"the EXEC at byte {found.start() + 2} was taken for a part of an argument"
    if data[start : start + 1] in (b"", b"#") or start == end:
        return ""
    try:
        at = behind_arguments(data, start, end)
    except NoRequest:
        return "there is something that is no request"
    if at == end:
        return ""
    behind = next_request(data, at, end)
    if behind != CUT:
        return f"an argument has no end, but the requests go on at byte {behind}"
    return ""


def end_of(data: Bytes, start: int) -> int:
    """Where the last byte was written, at `start` or behind it."""
    end = len(data)
    while end > start and data[end - 1] == 0:
        step = max(start, end - 65536)
        end = step + len(data[step:end].rstrip(b"\0"))
    return end


def behind_arguments(data: Bytes, start: int, end: int) -> int:
    """Where the argument begins that the end is in; the end if it is in none."""
    count, at = number_at(data, start, end, b"*")
    if count == CUT:
        return end
    for _ in range(count):
        length, at = number_at(data, at, end, b"$")
        if length == CUT:
            return end
        stop = at + length
        if end <= stop + 1:
            if end > stop and data[stop:end] != b"\r":
                raise NoRequest
            return end if end >= stop else at
        if data[stop : stop + 2] != b"\r\n":
            raise NoRequest
        at = stop + 2
    raise NoRequest  # it is whole: that is not what is wrong with it


def number_at(data: Bytes, at: int, end: int, mark: bytes) -> tuple[int, int]:
    """The number of a line, and what stands behind it; CUT if the end is in the line."""
    line = data[at : min(at + LONGEST_NUMBER + 3, end)]
    if not line:
        return CUT, end
    number, ended, _ = line.partition(b"\r\n")
    if not ended and at + len(line) == end:
        number = number.removesuffix(b"\r")
        if number[:1] != mark or (number[1:] and not number[1:].isdigit()):
            raise NoRequest
        return CUT, end
    if number[:1] != mark or not number[1:].isdigit():
        raise NoRequest
    return int(number[1:]), at + len(number) + 2


def next_request(data: Bytes, at: int, end: int) -> int:
    """Where the next request begins that is whole and that could be run; CUT if none does."""
    seen = 0
    for found in START.finditer(data, at, end):
        begins = found.start() + 2
        words, count = request_at(data, begins, end)
        seen += count
        if seen > MOST_ARGUMENTS or could_be_run(words, count):
            return begins
    return CUT


def request_at(data: Bytes, start: int, end: int) -> tuple[list[bytes], int]:
    """Two words of the request at `start`, and how many it has; none if it is not whole."""
    words: list[bytes] = []
    try:
        count, at = number_at(data, start, end, b"*")
        for number in range(min(count, MOST_ARGUMENTS)):
            length, at = number_at(data, at, end, b"$")
            if length == CUT or at + length + 2 > end:
                return [], number
            if data[at + length : at + length + 2] != b"\r\n":
                return [], number
            if number < 2:
                words.append(data[at : at + length])
            at += length + 2
    except NoRequest:
        return [], len(words)
    return words, count


def could_be_run(words: list[bytes], count: int) -> bool:
    """Is it a request of some command?"""
    if not words:
        return False
    try:
        command = find(words)
    except CommandError:
        return False
    return command.fits(count) and command.handler is not None
