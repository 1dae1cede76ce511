"""What can be done to a stream: no argv, no reply. Consumer groups are in stream_groups.py.

IDs are whole numbers, `ms << 64 | seq`.
"""

from typing import Final

from dflite.base.errors import WrongType
from dflite.base.stream_errors import EntryTooLarge, IdNotGreater, StreamExhausted
from dflite.native.base.bytesops import format_int
from dflite.native.keyspace.table import EXPIRED as DUE
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID, id_text
from dflite.store.db import Db
from dflite.store.effects import STREAM

TYPE_STREAM: Final = 6

# What a stream is trimmed by.
NOTHING: Final = 0
LENGTH: Final = 1
ID: Final = 2

SOME: Final = -1  # as many entries as are trimmed quickly


class Trim:
    """How a stream is trimmed: to a length, or to entries from an ID on; no more than `limit`."""

    def __init__(self) -> None:
        self.by = NOTHING
        self.length = 0
        self.least = 0  # ID
        self.roughly = False  # only what goes as a whole node
        self.limit = 0  # entries; 0 for any number, or SOME


def find_stream(db: Db, key: bytes) -> Stream | None:
    """The stream at key, for a command that may change it."""
    value = db.table(key).read(key, db.touching)
    if value is None or isinstance(value, Stream):
        return value
    if value is DUE:
        db.expire(key)
        return None
    raise WrongType


def read_stream(db: Db, key: bytes) -> Stream | None:
    """The stream at key, for a command that only reads it; counted as a hit or a miss."""
    value = db.read(key)
    if value is None or isinstance(value, Stream):
        return value
    raise WrongType


def create_stream(db: Db, key: bytes) -> Stream:
    """An empty stream at key, where nothing is."""
    stream = Stream()
    db.put_value(key, TYPE_STREAM, stream)
    return stream


def add_entry(
    db: Db,
    key: bytes,
    wanted: int,
    any_seq: bool,
    argv: list[bytes],
    at: int,
    trim: Trim | None,
    create: bool,
) -> bytes | None:
    """Add an entry of argv's words from `at` on, fields and values in turn; the text of its ID.

    The ID is `wanted`, with another sequence number if it may be any, or of this time if it is
    negative. None if there is no stream and none is to be created.
    """
    stream = find_stream(db, key)
    if stream is None:
        if not create:
            return None
        stream = create_stream(db, key)
    try:
        text = stream.add(db.clock.now_ms, wanted, any_seq, argv, at)
    except OverflowError:
        raise EntryTooLarge from None
    if text is None:
        if stream.last_id == MAX_ID:
            raise StreamExhausted
        raise IdNotGreater
    db.changed(key, "xadd", STREAM)
    if trim is not None and trim_stream(stream, trim):
        db.also(key, "xtrim", STREAM)
    if db.effects.journaling:
        words = [b"XADD", key]
        if trim is not None:
            words += exact_trim(stream, trim)
        db.replicate_as([*words, text, *argv[at:]])
    return text


def trim_stream(stream: Stream, trim: Trim) -> int:
    """Take entries from the front; how many they were."""
    if trim.by == LENGTH:
        return stream.trim_to_length(trim.length, trim.roughly, trim.limit)
    return stream.trim_to_id(trim.least, trim.roughly, trim.limit)


def exact_trim(stream: Stream, trim: Trim) -> list[bytes]:
    """The words of a trimming that leaves what this one has left."""
    if trim.by == LENGTH:
        length = len(stream) if trim.roughly else trim.length
        return [b"MAXLEN", b"=", format_int(length)]
    least = trim.least
    if trim.roughly:
        least = stream.first_entry_id()
        if least < 0:
            least = MAX_ID  # nothing is left
    return [b"MINID", b"=", id_text(least)]


def trim_key(db: Db, key: bytes, trim: Trim) -> int:
    """Trim the stream at key; how many entries went."""
    stream = find_stream(db, key)
    if stream is None:
        return 0
    removed = trim_stream(stream, trim)
    if removed:
        db.changed(key, "xtrim", STREAM)
        if db.effects.journaling:
            db.replicate_as([b"XTRIM", key, *exact_trim(stream, trim)])
    return removed


def delete_entries(db: Db, key: bytes, ids: list[int]) -> int:
    """Take entries out of the stream at key; how many there were."""
    stream = find_stream(db, key)
    if stream is None:
        return 0
    removed = 0
    for number in ids:
        if stream.delete(number):
            removed += 1
    if removed:
        db.changed(key, "xdel", STREAM)
    return removed
