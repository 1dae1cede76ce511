"""Operations on HyperLogLogs: results, announcements; broken ones are found out."""

import pytest

from dflite.base.errors import WrongType
from dflite.base.string_errors import CorruptHyperLogLog, NotAHyperLogLog
from dflite.ops import hyperloglog
from dflite.store.db import Db
from tests.support.databases import announced, make_db
from tests.support.values import LIST, Thing

MOST = 3000
BROKEN = b"HYLL\x01" + b"\0" * 10 + b"\x80" + b"\x00"


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def test_adding_tells_what_changed(db: Db) -> None:
    before = db.effects.changed
    assert hyperloglog.add(db, b"k", [], MOST)
    assert announced(db) == [("pfadd", b"k")]
    assert hyperloglog.add(db, b"k", [b"a", b"b", b"a"], MOST)
    assert announced(db) == [("pfadd", b"k")]
    assert db.effects.changed == before + 1 + 2
    assert not hyperloglog.add(db, b"k", [b"a"], MOST)
    assert announced(db) == []


def test_a_new_estimate_is_a_change_without_an_event(db: Db) -> None:
    hyperloglog.add(db, b"k", [b"a", b"b"], MOST)
    announced(db)
    assert hyperloglog.count(db, b"k") == 2
    assert announced(db) == [("", b"k")]
    assert hyperloglog.count(db, b"k") == 2
    assert announced(db) == []
    assert hyperloglog.count(db, b"none") == 0
    assert (db.hits, db.misses) == (2, 1)


def test_unions(db: Db) -> None:
    hyperloglog.add(db, b"a", [b"1", b"2"], MOST)
    hyperloglog.add(db, b"b", [b"2", b"3"], MOST)
    announced(db)
    assert hyperloglog.count_union(db, [b"a", b"b", b"none"]) == 3
    assert announced(db) == []
    hyperloglog.store_union(db, b"c", [b"a", b"b", b"none"], MOST)
    assert announced(db) == [("pfadd", b"c")]
    assert hyperloglog.count(db, b"c") == 3


def test_broken_ones(db: Db) -> None:
    db.put_string(b"broken", BROKEN)
    hyperloglog.add(db, b"k", [b"a"], MOST)
    announced(db)
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.count(db, b"broken")
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.count_union(db, [b"k", b"broken"])
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.store_union(db, b"k", [b"broken"], MOST)
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.to_dense(db, b"broken")
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.add(db, b"broken", [b"a"], MOST)
    assert announced(db) == []
    assert db.read(b"broken") == BROKEN


def test_what_is_added_before_the_damage_is_met_stays(db: Db) -> None:
    db.put_string(b"k", BROKEN[:16] + b"\x60\x00")  # the first 8193 registers only
    with pytest.raises(CorruptHyperLogLog):
        hyperloglog.add(db, b"k", [b"1", b"0", b"4"], MOST)
    assert announced(db) == [("", b"k")]


def test_others_are_refused(db: Db) -> None:
    db.put_value(b"l", LIST, Thing())
    db.put_string(b"s", b"text")
    for key, error in ((b"l", WrongType), (b"s", NotAHyperLogLog)):
        with pytest.raises(error):
            hyperloglog.add(db, key, [b"a"], MOST)
        with pytest.raises(error):
            hyperloglog.count(db, key)
        with pytest.raises(error):
            hyperloglog.store_union(db, b"k", [key], MOST)
    assert not db.exists(b"k")
