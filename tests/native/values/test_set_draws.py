"""Members of large sets by chance; test_sets.py has draws from all forms beside a model."""

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import element_deadlines, set_draws, set_forms, sets

KEY = b"key"


def names(count: int) -> list[bytes]:
    return [b"member:%d" % number for number in range(count)]


def test_what_is_drawn_is_alive_even_if_few_are() -> None:
    clock = Clock(1000)
    table = Table(clock)
    element_deadlines.add_expiring(table, KEY, names(5000), 2000, False)
    sets.add(table, KEY, [b"stays"])
    clock.advance(1000)
    assert set_draws.draw_one(table, KEY) == b"stays"
    assert set_draws.sample(table, KEY, 10) == [b"stays"]
    assert set_draws.pop_many(table, KEY, 1) == [b"stays"]
    assert set_draws.draw_one(table, KEY) is None


def test_draws_reach_every_member() -> None:
    table = Table(Clock(1))
    sets.put(table, KEY, names(300), set_forms.LARGE)
    seen: set[bytes | None] = set()
    for _ in range(10_000):
        seen.add(set_draws.draw_one(table, KEY))
    assert seen == set(names(300))


def test_what_is_left_of_a_large_set_is_small_again() -> None:
    table = Table(Clock(1))
    sets.put(table, b"k", [b"m%d" % number for number in range(600)], set_forms.LARGE, 5000)
    assert len(set_draws.pop_many(table, b"k", 490)) == 490
    assert set_forms.form(table, b"k") == set_forms.LARGE
    assert len(set_draws.pop_many(table, b"k", 100)) == 100
    assert set_forms.form(table, b"k") == set_forms.PACKED
    assert sets.count(table, b"k") == 10
    assert table.deadline(b"k") == 5000
