"""Walks through a table that changes meanwhile: scans, and sweeps for what is due."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from tests.native.models import INT64_MAX
from tests.support.tables import NOW, keys_of, named, scan_all, table_at

# --- scanning ------------------------------------------------------------------------------------


@given(
    seed=st.integers(0, 2**32),
    size=st.integers(0, 4_000),
    peak=st.integers(0, 12_000),
    count=st.integers(1, 300),
)
@settings(max_examples=40, deadline=None)
def test_what_is_there_throughout_is_scanned_whatever_else_comes_and_goes(
    seed: int, size: int, peak: int, count: int
) -> None:
    chance = random.Random(seed)
    table = table_at()
    stay = {b"stay:%d" % number for number in range(size)}
    for key in stay:
        table.set_string(key, b"")
    others: list[int] = []
    found: set[bytes] = set()
    cursor = calls = 0
    while calls == 0 or cursor:
        cursor, keys = table.scan(cursor, count)
        assert 0 <= cursor < 2**48
        found.update(keys)
        calls += 1
        if chance.random() < 0.5 and len(others) < peak:
            for number in range(chance.randrange(1000)):
                others.append(calls * 1000 + number)
                table.set_string(b"other:%d" % others[-1], b"")
        else:
            for _ in range(min(len(others), chance.randrange(2000))):
                table.delete(b"other:%d" % others.pop())
    assert stay <= found
    table.check()


def test_a_scan_returns_about_as_many_keys_as_asked() -> None:
    table = table_at()
    for number in range(20_000):
        table.set_string(named(number), b"")
    for count in (1, 10, 100, 1000):
        sizes = [len(keys) for keys in scan_all(table, count)]
        assert sum(sizes) == 20_000
        assert max(sizes) <= count + 40
        assert min(sizes[:-1]) >= count


def test_a_scan_of_few_keys_among_many_places_ends() -> None:
    table = table_at()
    for number in range(20_000):
        table.set_string(named(number), b"")
    for number in range(1, 20_000):
        table.delete(named(number))
    assert keys_of(table) == [named(0)]


def test_the_largest_count_scans_everything_at_once() -> None:
    table = table_at()
    for number in range(5_000):
        table.set_string(named(number), b"")
    for count in (INT64_MAX, 2**64 - 1, 2**62):
        cursor, keys = table.scan(0, count)
        assert (cursor, len(keys)) == (0, 5_000)


def test_any_cursor_is_good_for_something() -> None:
    table = table_at()
    for number in range(3_000):
        table.set_string(named(number), b"")
    for cursor in (1, 2**47, 2**48 - 1, 2**48, 2**64 - 1):
        after, _ = table.scan(cursor, 10)
        assert 0 <= after < 2**48


def test_a_scan_leaves_out_other_names_other_types_and_the_dead() -> None:
    table = table_at()
    table.set_string(b"string", b"v")
    table.set_string(b"dead", b"v", NOW)
    table.set_object(b"list", 2, [])
    assert sorted(keys_of(table)) == [b"list", b"string"]
    assert table.scan(0, 100, b"s*") == (0, [b"string"])
    assert table.scan(0, 100, None, 2) == (0, [b"list"])
    assert table.scan(0, 100, b"s*", 2) == (0, [])


# --- sweeping ------------------------------------------------------------------------------------


def sweep(table: Table, limit: int = 100) -> tuple[list[bytes], int]:
    """Remove everything that is due; the keys, and how many calls that took."""
    gone: list[bytes] = []
    calls = 0
    more = True
    while more:
        count, keys, more = table.expire_due(limit, 0, True)
        assert keys is not None
        assert len(keys) == count
        calls += 1
        gone += keys
    return gone, calls


def test_a_sweep_finds_all_that_is_due_and_nothing_else() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(10_000):
        table.set_string(named(number), b"", NOW + 1 + number % 100)
    assert table.expire_due(100, 1000, True) == (0, [], False)
    clock.advance(50)
    gone, calls = sweep(table)
    assert sorted(gone) == sorted(named(n) for n in range(10_000) if n % 100 < 50)
    assert calls > 4
    sweep(table)
    assert table.next_deadline == NOW + 51
    clock.advance(50)
    sweep(table)
    assert len(table) == table.expiring == 0
    assert table.next_deadline == -1


def test_one_call_of_a_sweep_looks_at_a_bounded_part_of_the_table() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(300_000):
        table.set_string(named(number), b"")
    table.set_string(b"dying", b"", NOW + 1)
    clock.advance(1)
    gone, calls = sweep(table, limit=10)
    assert gone == [b"dying"]
    assert calls >= 300_000 / 896 / 65


def test_deadlines_set_while_a_sweep_goes_on_are_seen_by_the_next() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(5_000):
        table.set_string(named(number), b"", NOW + 1)
    clock.advance(1)
    assert table.expire_due(1, 0, False) == (1, None, True)
    for number in range(5_000, 10_000):
        table.set_string(named(number), b"", NOW + 5)
    for _ in range(3):  # what one sweep has found, the next may forget
        sweep(table)
    assert len(table) == 5_000
    assert table.next_deadline == NOW + 5
    clock.advance(4)
    sweep(table)
    assert len(table) == 0


def test_a_deadline_that_went_hides_no_later_one() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(5_000):
        table.set_string(named(number), b"", NOW + 100)
    for number in range(5_000):
        table.set_deadline(named(number), -1)
    table.set_string(b"soon", b"", NOW + 1)
    clock.advance(1)
    assert sweep(table)[0] == [b"soon"]
    assert sweep(table)[0] == []
    for number in range(5_000):
        table.set_deadline(named(number), NOW + 150)
    table.check()
    assert -1 < table.next_deadline <= NOW + 150
    clock.advance(150)
    sweep(table)
    assert len(table) == 0


def test_a_sweep_loses_nothing_while_the_table_grows_and_shrinks() -> None:
    chance = random.Random(3)
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(20_000):
        table.set_string(named(number), b"", NOW + 1)
    clock.advance(1)
    gone: set[bytes] = set()
    fill = 0
    more = True
    while more:
        _, keys, more = table.expire_due(50, 0, True)
        gone.update(keys or [])
        if chance.random() < 0.3:
            for number in range(fill, fill + 10_000):
                table.set_string(b"fill:%d" % number, b"")
            fill += 10_000
        elif fill:
            for number in range(fill - 5_000, fill):
                table.delete(b"fill:%d" % number)
            fill -= 5_000
    assert len(gone) == 20_000
    table.check()


def test_a_sweep_that_nobody_sees_makes_no_keys() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(10_000):
        table.set_string(named(number), b"", NOW + 1 + number % 2)
    clock.advance(1)
    gone = 0
    more = True
    while more:
        count, keys, more = table.expire_due(300, 0, False)
        assert keys is None
        assert count <= 300
        gone += count
    assert gone == len(table) == 5_000
    table.check()


def test_looks_are_counted_only_where_something_may_be_due() -> None:
    clock = Clock(NOW)
    table = Table(clock)
    for number in range(50_000):
        table.set_string(named(number), b"", NOW + 1_000_000)
    table.set_string(b"dying", b"", NOW + 1)
    clock.advance(1)
    sweep(table)
    assert 1 <= table.sweep_looked <= 1_024
    assert not table.sweeping
