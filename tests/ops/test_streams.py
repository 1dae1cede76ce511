"""Operations on streams: results, announcements, journal."""

import pytest

from dflite.base.errors import WrongType
from dflite.base.stream_errors import EntryTooLarge, IdNotGreater, StreamExhausted
from dflite.native.streams.stream import Stream
from dflite.native.streams.stream_id import MAX_ID
from dflite.ops import streams
from dflite.ops.streams import Trim
from dflite.store.db import Db
from tests.support.databases import NOW, announced, journaled, make_db


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def add(db: Db, number: int = -1, trim: Trim | None = None, create: bool = True) -> bytes | None:
    return streams.add_entry(db, b"s", number, False, [b"f", b"v"], 0, trim, create)


def to_length(length: int, roughly: bool = False) -> Trim:
    trim = Trim()
    trim.by = streams.LENGTH
    trim.length = length
    trim.roughly = roughly
    return trim


def test_adding(db: Db) -> None:
    assert add(db, create=False) is None
    assert add(db) == b"%d-0" % NOW
    assert add(db, (NOW + 1) << 64 | 5) == b"%d-5" % (NOW + 1)
    assert announced(db) == [("xadd", b"s"), ("xadd", b"s")]
    assert journaled(db) == [b"XADD s %d-0 f v" % NOW, b"XADD s %d-5 f v" % (NOW + 1)]


def test_an_id_has_to_be_behind_the_last_one(db: Db) -> None:
    add(db, 7)
    with pytest.raises(IdNotGreater):
        add(db, 7)
    add(db, MAX_ID)
    with pytest.raises(StreamExhausted):
        add(db)


def test_an_entry_has_its_limit(db: Db) -> None:
    with pytest.raises(EntryTooLarge):
        streams.add_entry(db, b"s", -1, False, [b"x" * (1 << 20)] * 1025 + [b""], 0, None, True)


def test_adding_and_trimming(db: Db) -> None:
    for number in (1, 2, 3):
        add(db, number, to_length(2))
    assert announced(db) == [("xadd", b"s")] * 3 + [("xtrim", b"s")]
    assert journaled(db)[-1] == b"XADD s MAXLEN = 2 0-3 f v"


def test_an_entry_that_is_trimmed_away_at_once_is_so_for_replicas(db: Db) -> None:
    trim = Trim()
    trim.by = streams.ID
    trim.least = 9
    trim.roughly = True
    add(db, 3, trim)
    stream = streams.find_stream(db, b"s")
    assert stream is not None
    assert len(stream) == 0
    most = b"18446744073709551615"
    assert journaled(db) == [b"XADD s MINID = %b-%b 0-3 f v" % (most, most)]


def test_trimming(db: Db) -> None:
    assert streams.trim_key(db, b"s", to_length(0)) == 0
    for number in range(1, 251):
        add(db, number)
    announced(db)
    journaled(db)
    assert streams.trim_key(db, b"s", to_length(120, True)) == 100
    least = Trim()
    least.by = streams.ID
    least.least = 140
    assert streams.trim_key(db, b"s", least) == 39
    assert streams.trim_key(db, b"s", least) == 0
    assert announced(db) == [("xtrim", b"s")] * 2
    assert journaled(db) == [b"XTRIM s MAXLEN = 150", b"XTRIM s MINID = 0-140"]


def test_rough_trimming_stops_after_a_while(db: Db) -> None:
    stream = streams.create_stream(db, b"s")
    for number in range(1, 10_501):
        stream.add(0, number, False, [b"f", b"v"], 0)
    trim = to_length(0, True)
    trim.limit = streams.SOME
    assert streams.trim_key(db, b"s", trim) == 10_000
    assert streams.trim_key(db, b"s", trim) == 500


def test_deleting(db: Db) -> None:
    assert streams.delete_entries(db, b"s", [1]) == 0
    add(db, 1)
    add(db, 2)
    announced(db)
    assert streams.delete_entries(db, b"s", [2, 2, 5]) == 1
    assert streams.delete_entries(db, b"s", [5]) == 0
    assert announced(db) == [("xdel", b"s")]


def test_other_types_and_keys_that_are_due(db: Db) -> None:
    db.put_string(b"string", b"x")
    for find in (streams.find_stream, streams.read_stream):
        with pytest.raises(WrongType):
            find(db, b"string")
        assert find(db, b"none") is None
        db.put_value(b"old", streams.TYPE_STREAM, Stream(), NOW - 1)
        assert find(db, b"old") is None
        assert not db.exists(b"old")
