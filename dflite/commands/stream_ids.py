"""IDs of stream entries as requests spell them."""

from dflite.base.stream_errors import InvalidIntervalEnd, InvalidIntervalStart, InvalidStreamId
from dflite.engine.args import Args
from dflite.native.streams.stream_id import INVALID, MAX_ID, parse_id

LAST_SEQ = (1 << 64) - 1


def read_id(text: bytes) -> int:
    """An ID, the sequence number 0 if it has none."""
    number = parse_id(text)
    if number == INVALID:
        raise InvalidStreamId
    return number


def read_ids(args: Args) -> list[int]:
    """All arguments that are left."""
    return [read_id(text) for text in args.rest()]


def read_bound(text: bytes, missing_seq: int) -> int:
    """An end of a range: `-` and `+` are the first and the last ID there may be."""
    ends = text.split(b"\0", 1)[0]
    if ends == b"-":
        return 0
    if ends == b"+":
        return MAX_ID
    number = parse_id(text, missing_seq)
    if number == INVALID:
        raise InvalidStreamId
    return number


def read_start(text: bytes) -> int:
    """The start of a range; behind `(` it is left out."""
    if len(text) < 2 or not text.startswith(b"("):
        return read_bound(text, 0)
    number = read_id(text[1:])
    if number == MAX_ID:
        raise InvalidIntervalStart
    return number + 1


def read_end(text: bytes) -> int:
    """The end of a range; behind `(` it is left out."""
    if len(text) < 2 or not text.startswith(b"("):
        return read_bound(text, LAST_SEQ)
    number = parse_id(text[1:], LAST_SEQ)
    if number == INVALID:
        raise InvalidStreamId
    if number == 0:
        raise InvalidIntervalEnd
    return number - 1
