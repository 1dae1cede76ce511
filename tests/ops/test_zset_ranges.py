"""Ranges of sorted sets, below commands: which part of one is chosen."""

import pytest

from dflite.native.sorted_sets.zsets import SHAPE_MEMBERS
from dflite.native.wire.reply import Reply
from dflite.ops import zset_ranges, zsets
from dflite.ops.zset_ranges import (
    EVERYTHING,
    Choice,
    MemberRange,
    NoRange,
    Range,
    RankRange,
    ScoreRange,
)
from dflite.store.db import Db
from tests.support.node import Node

SCORES = ScoreRange(2.0, False, 4.0, False)


@pytest.fixture
def db(node: Node) -> Db:
    node.effects.observed = True
    zsets.add(node.db, b"z", [1.0, 2.0, 3.0, 4.0, 5.0], [b"a", b"b", b"c", b"d", b"e"])
    zsets.add(node.db, b"names", [0.0, 0.0, 0.0], [b"a", b"b", b"c"])
    node.effects.changes.clear()
    return node.db


def chosen(db: Db, key: bytes, choice: Choice) -> str:
    return b"".join(member for member, _score in zset_ranges.pairs(db, key, choice)).decode()


@pytest.mark.parametrize(
    ("among", "reverse", "offset", "limit", "found"),
    [
        (RankRange(1, 3), False, 0, EVERYTHING, "bcd"),
        (RankRange(1, -1), True, 0, EVERYTHING, "dcba"),
        (RankRange(5, 9), False, 0, EVERYTHING, ""),
        (SCORES, False, 0, EVERYTHING, "bcd"),
        (SCORES, True, 0, EVERYTHING, "dcb"),
        (SCORES, False, 1, 1, "c"),
        (SCORES, True, 2, 5, "b"),
        (SCORES, False, 3, 5, ""),
        (SCORES, False, -1, 5, ""),
        (SCORES, False, 0, 0, ""),
        (ScoreRange(2.0, True, 4.0, True), False, 0, EVERYTHING, "c"),
        (NoRange(), False, 0, EVERYTHING, ""),
    ],
)
def test_parts_of_a_sorted_set(
    db: Db, among: Range, reverse: bool, offset: int, limit: int, found: str
) -> None:
    choice = Choice(among, reverse, offset, limit)
    assert chosen(db, b"z", choice) == found
    reply = Reply()
    zset_ranges.answer(db, b"z", choice, reply, SHAPE_MEMBERS)
    assert reply.take().startswith(b"*%d\r\n" % len(found))


def test_parts_between_names(db: Db) -> None:
    assert chosen(db, b"names", Choice(MemberRange(b"a", True, None, False), False, 0, 1)) == "b"
    assert chosen(db, b"names", Choice(MemberRange(None, False, b"c", True), True, 0, -1)) == "ba"


def test_nothing_has_no_parts(db: Db) -> None:
    assert chosen(db, b"none", Choice(SCORES, False, 0, EVERYTHING)) == ""
    assert zset_ranges.count(db, b"none", SCORES) == 0
    assert zset_ranges.remove(db, b"none", SCORES, "zremrangebyscore") == 0


def test_a_range_is_removed_and_announced(db: Db) -> None:
    assert zset_ranges.count(db, b"z", SCORES) == 3
    assert zset_ranges.remove(db, b"z", SCORES, "zremrangebyscore") == 3
    assert zset_ranges.remove(db, b"z", SCORES, "zremrangebyscore") == 0
    assert zset_ranges.remove(db, b"z", RankRange(0, -1), "zremrangebyrank") == 2
    assert [change.event for change in db.effects.changes] == [
        "zremrangebyscore", "zremrangebyrank", "del",
    ]  # fmt: skip


def test_a_range_is_stored_and_announced(db: Db) -> None:
    choice = Choice(SCORES, True, 0, 2)
    assert zset_ranges.store_range(db, b"d", b"z", choice) == 2
    assert chosen(db, b"d", Choice(RankRange(0, -1), False, 0, EVERYTHING)) == "cd"
    assert zset_ranges.store_range(db, b"d", b"none", choice) == 0
    assert [change.event for change in db.effects.changes] == ["zrangestore", "del"]
