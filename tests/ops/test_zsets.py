"""What can be done to sorted sets, below commands: effects, and what other families build on."""

import pytest

from dflite.base.collection_errors import ScoreNotANumber
from dflite.base.errors import WrongType
from dflite.native.sorted_sets.zset_algebra import AGGREGATE_SUM
from dflite.native.sorted_sets.zsets import IF_ABSENT, IF_GREATER, SHAPE_MEMBERS
from dflite.native.wire.reply import Reply
from dflite.ops import zsets
from dflite.store.db import Db
from tests.support.node import Node

Events = list[tuple[bytes, str]]


@pytest.fixture
def db(node: Node) -> Db:
    node.effects.observed = True
    return node.db


def take_events(db: Db) -> Events:
    events = [(change.key, change.event) for change in db.effects.changes]
    db.effects.changes.clear()
    return events


def test_adding_announces_what_was_done(db: Db) -> None:
    added = zsets.add(db, b"z", [1.0, 2.0], [b"a", b"b"])
    assert (added.new, added.changed) == (2, 0)
    added = zsets.add(db, b"z", [5.0, 3.0], [b"a", b"c"], IF_ABSENT)
    assert (added.new, added.changed) == (1, 0)
    assert take_events(db) == [(b"z", "zadd"), (b"z", "zadd")]
    zsets.add(db, b"z", [1.0], [b"a"])
    assert take_events(db) == []


def test_incrementing_has_an_event_of_its_own(db: Db) -> None:
    assert zsets.increment(db, b"z", 2.0, b"a") == 2.0
    assert take_events(db) == [(b"z", "zincr")]
    assert zsets.increment(db, b"z", 0.0, b"a") == 2.0
    assert zsets.increment(db, b"z", -1.0, b"a", IF_GREATER) is None
    assert take_events(db) == []
    zsets.add(db, b"z", [float("inf")], [b"a"])
    with pytest.raises(ScoreNotANumber):
        zsets.increment(db, b"z", float("-inf"), b"a")


def test_a_key_goes_with_its_last_member(db: Db) -> None:
    zsets.add(db, b"z", [1.0, 2.0, 3.0], [b"a", b"b", b"c"])
    assert zsets.remove(db, b"z", [b"a"]) == 1
    assert zsets.pop(db, b"z", 1, True, Reply(), SHAPE_MEMBERS) == 1
    assert zsets.pop(db, b"z", 9, False, Reply(), SHAPE_MEMBERS) == 1
    assert take_events(db) == [
        (b"z", "zadd"), (b"z", "zrem"), (b"z", "zpopmax"), (b"z", "zpopmin"), (b"z", "del"),
    ]  # fmt: skip
    assert not db.exists(b"z")


def test_a_result_takes_the_place_of_what_is_there(db: Db) -> None:
    db.put_string(b"z", b"text", db.now_ms() + 1000)
    assert zsets.store_pairs(db, b"z", [(b"b", 2.0), (b"a", 1.0)], "geosearchstore") == 2
    assert zsets.score_of(db, b"z", b"b") == 2.0
    assert db.deadline(b"z") == -1
    assert zsets.store_pairs(db, b"z", [], "geosearchstore") == 0
    assert zsets.store_pairs(db, b"z", [], "geosearchstore") == 0
    assert take_events(db) == [(b"z", "geosearchstore"), (b"z", "del")]


def test_sorted_sets_and_sets_are_combined(node: Node, db: Db) -> None:
    node.client().run("SADD s a x")
    zsets.add(db, b"z", [2.0, 3.0], [b"a", b"b"])
    keys, weights = [b"z", b"s", b"none"], [1.0, 10.0, 1.0]
    assert len(zsets.combine(db, keys, weights, zsets.UNION, AGGREGATE_SUM)) == 3
    assert len(zsets.combine(db, keys, weights, zsets.INTERSECTION, AGGREGATE_SUM)) == 0
    assert len(zsets.combine(db, keys, weights, zsets.DIFFERENCE, AGGREGATE_SUM)) == 1
    assert (db.hits, db.misses) == (0, 0)
    zsets.check_sources(db, keys)
    assert (db.hits, db.misses) == (2, 1)


def test_other_types_are_refused(db: Db) -> None:
    db.put_string(b"s", b"text")
    for refused in (
        lambda: zsets.add(db, b"s", [1.0], [b"a"]),
        lambda: zsets.increment(db, b"s", 1.0, b"a"),
        lambda: zsets.remove(db, b"s", [b"a"]),
        lambda: zsets.size(db, b"s"),
        lambda: zsets.score_of(db, b"s", b"a"),
        lambda: zsets.check_sources(db, [b"s"]),
    ):
        with pytest.raises(WrongType):
            refused()
