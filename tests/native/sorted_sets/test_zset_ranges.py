"""Ranges of sorted sets, in both forms, beside lists."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets import zset_ranges, zsets
from dflite.native.sorted_sets.sortedset import pairs_of
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply
from tests.support.resp import parse_all

KEY = b"zset"
NAMES = st.binary(max_size=2)
LIMITS = st.one_of(st.none(), NAMES)


@pytest.fixture(params=[128, 0], ids=["packed", "large"], autouse=True)
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    set_threshold("zset_max_listpack_entries", request.param)
    yield
    set_threshold("zset_max_listpack_entries", 128)


def table_of(pairs: list[tuple[bytes, float]]) -> Table:
    table = Table(Clock(1))
    if pairs:
        zsets.add(table, KEY, [score for _m, score in pairs], [member for member, _s in pairs])
    return table


@pytest.fixture
def table() -> Table:
    return table_of([(b"a", 1), (b"b", 2), (b"c", 3), (b"d", 4.5)])


@pytest.mark.parametrize("entries", [128, 0])
@settings(deadline=None)
@given(st.sets(NAMES, max_size=100), LIMITS, st.booleans(), LIMITS, st.booleans(), st.booleans())
def test_ranges_by_member_of_equal_scores(
    entries: int,
    members: set[bytes],
    low: bytes | None,
    low_open: bool,
    high: bytes | None,
    high_open: bool,
    reverse: bool,
) -> None:
    set_threshold("zset_max_listpack_entries", entries)
    table = table_of([(member, 7.0) for member in members])
    first, count = zset_ranges.by_member(table, KEY, low, low_open, high, high_open, reverse)
    assert sorted(members)[first : first + count] == [
        member
        for member in sorted(members)
        if (low is None or member > low or (not low_open and member == low))
        and (high is None or member < high or (not high_open and member == high))
    ]


def test_members_of_ranks_are_answered_both_ways(table: Table) -> None:
    reply = Reply()
    zset_ranges.reply_ranks(table, KEY, reply, 1, 2, False, zsets.SHAPE_MEMBERS)
    zset_ranges.reply_ranks(table, KEY, reply, 3, 2, True, zsets.SHAPE_SCORES)
    zset_ranges.reply_ranks(table, KEY, reply, 0, 0, False, zsets.SHAPE_MEMBERS)
    up, down, none = parse_all(reply.take())
    assert [item.data for item in up.items] == [b"b", b"c"]
    assert [item.data for item in down.items] == [b"d", b"4.5", b"c", b"3"]
    assert none.items == []


@pytest.mark.parametrize(
    ("first", "count", "reverse"),
    [(0, 5, False), (4, 1, False), (-1, 1, False), (1, 3, True), (0, -1, False), (4, 1, True)],
)
def test_ranks_that_are_not_there_are_refused(
    table: Table, first: int, count: int, reverse: bool
) -> None:
    with pytest.raises(IndexError):
        zset_ranges.pairs(table, KEY, first, count, reverse)
    with pytest.raises(IndexError):
        zset_ranges.copy_ranks(table, KEY, first, count, reverse)
    if not reverse:
        with pytest.raises(IndexError):
            zset_ranges.remove_ranks(table, KEY, first, count)


def test_a_part_is_copied(table: Table) -> None:
    assert pairs_of(zset_ranges.copy_ranks(table, KEY, 1, 2)) == [(b"b", 2), (b"c", 3)]
    assert pairs_of(zset_ranges.copy_ranks(table, KEY, 3, 2, True)) == [(b"c", 3), (b"d", 4.5)]
    assert pairs_of(zset_ranges.copy_ranks(table, b"nothing", 0, 0)) == []


def test_chosen_members_are_answered_in_the_order_of_choice(table: Table) -> None:
    reply = Reply(True)
    zset_ranges.reply_chosen(table, KEY, reply, [2, 0], zsets.SHAPE_SCORES)
    assert reply.take() == b"*2\r\n*2\r\n$1\r\nc\r\n,3\r\n*2\r\n$1\r\na\r\n,1\r\n"


def test_members_are_drawn_again_and_again(table: Table) -> None:
    reply = Reply()
    reply.array(300)
    zset_ranges.reply_drawn(table, KEY, reply, 300, zsets.SHAPE_MEMBERS)
    assert {item.data for item in parse_all(reply.take())[0].items} == {b"a", b"b", b"c", b"d"}


@pytest.mark.parametrize(
    ("text", "score"),
    [
        (b"1.5", 1.5),
        (b"", 0.0),
        (b" 2", 2.0),
        (b"1e400", float("inf")),
        (b"-inf", float("-inf")),
        (b"1\x00x", 1.0),
        (b"1 ", None),
        (b"nan", None),
        (b"x", None),
        (b"-", None),
    ],
)
def test_ends_of_ranges_are_read_as_c_reads_numbers(text: bytes, score: float | None) -> None:
    assert zset_ranges.read_bound(text) == score


def scan_all(table: Table, count: int, pattern: bytes | None, scores: bool) -> list[bytes]:
    found: list[bytes] = []
    cursor = 0
    while True:
        cursor, page = zset_ranges.scan(table, KEY, cursor, count, pattern, scores)
        found += page
        if cursor == 0:
            return found


def test_a_scan_meets_every_member_that_matches(table: Table) -> None:
    zsets.add(table, KEY, [0.1] * 100, [b"m%d" % i for i in range(100)])
    found = scan_all(table, 7, b"m*", False)
    assert sorted(found) == sorted(b"m%d" % i for i in range(100))
    pairs = scan_all(table, 10, b"[cd]", True)
    assert dict(zip(pairs[::2], pairs[1::2], strict=True)) == {b"c": b"3", b"d": b"4.5"}
    assert zset_ranges.scan(table, b"nothing", 0, 10, None, True) == (0, [])


def test_a_member_that_stays_is_met_while_others_come_and_go() -> None:
    table = table_of([(b"stays:%d" % i, 1) for i in range(200)])
    seen: set[bytes] = set()
    cursor, turn = 0, 0
    while True:
        cursor, page = zset_ranges.scan(table, KEY, cursor, 20, None, False)
        seen.update(page)
        if cursor == 0:
            break
        turn += 1
        goes = [b"goes:%d:%d" % (turn, i) for i in range(300)]
        if turn % 2:
            zsets.add(table, KEY, [0.0] * 300, goes)
        else:
            zsets.remove(table, KEY, [b"goes:%d:%d" % (turn - 1, i) for i in range(300)])
    assert {b"stays:%d" % i for i in range(200)} <= seen
