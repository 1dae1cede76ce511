"""Rate limits: what may be taken when, what the key holds, what the journal repeats."""

import pytest

from dflite.base.errors import NotAnInteger, WrongType
from dflite.ops.throttle import take
from dflite.store.db import Db
from tests.support.databases import NOW, announced, journaled, make_db
from tests.support.values import LIST, Thing


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def db(request: pytest.FixtureRequest) -> Db:
    return make_db(shards=request.param)


def outcome(db: Db, quantity: int = 1) -> tuple[bool, int, int, int]:
    taken = take(db, b"k", 3, 1000, quantity)
    return taken.limited, taken.remaining, taken.retry_ms, taken.reset_ms


def test_units_are_taken_and_come_back(db: Db) -> None:
    assert outcome(db) == (False, 2, -1000, 1000)
    assert outcome(db) == (False, 1, -1000, 2000)
    assert outcome(db) == (False, 0, -1000, 3000)
    assert outcome(db) == (True, 0, 1000, 3000)
    db.clock.advance(600)
    assert outcome(db) == (True, 0, 400, 2400)
    db.clock.advance(400)
    assert outcome(db) == (False, 0, -1000, 3000)
    db.clock.advance(3000)
    assert outcome(db) == (False, 2, -1000, 1000)


def test_several_at_once(db: Db) -> None:
    assert outcome(db, 2) == (False, 1, -1000, 2000)
    assert outcome(db, 2) == (True, 1, 1000, 2000)
    assert outcome(db, 4) == (True, 1, -1000, 2000)
    assert outcome(db, 0) == (False, 1, -1000, 2000)


def test_nothing_taken_of_nothing_leaves_no_key(db: Db) -> None:
    assert outcome(db, 0) == (False, 3, -1000, 0)
    assert not db.exists(b"k")
    db.put_string(b"k", b"5")
    assert outcome(db, 0) == (False, 3, -1000, 0)
    assert not db.exists(b"k")


def test_the_journal_gets_the_time(db: Db) -> None:
    outcome(db)
    assert journaled(db) == [b"SET k %d PXAT %d" % (NOW + 1000, NOW + 1000)]
    assert announced(db) == [("set", b"k"), ("expire", b"k")]
    assert db.read(b"k") == b"%d" % (NOW + 1000)
    assert db.deadline(b"k") == NOW + 1000
    outcome(db, 3)
    assert journaled(db) == []
    assert announced(db) == []


@pytest.mark.parametrize(
    ("limit", "interval", "quantity"),
    [(2**62, 4, 1), (1, 2**62, 4), (1, 2**63 - 1, 1)],
)
def test_times_beyond_64_bits(db: Db, limit: int, interval: int, quantity: int) -> None:
    with pytest.raises(NotAnInteger):
        take(db, b"k", limit, interval, quantity)
    assert not db.exists(b"k")


def test_what_is_no_time_is_refused(db: Db) -> None:
    db.put_string(b"k", b"text")
    with pytest.raises(NotAnInteger):
        outcome(db)
    db.put_value(b"k", LIST, Thing())
    with pytest.raises(WrongType):
        outcome(db)
