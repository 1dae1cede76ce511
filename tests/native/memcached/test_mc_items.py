"""CAS numbers and marks of entries: they come when asked for, and go with a new value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.memcached import mc_items

NOW = 1_800_000_000_000
KEYS = [b"a", b"b", b"k" * 300]


def make_table() -> Table:
    return Table(Clock(NOW))


def test_a_number_comes_when_it_is_asked_for_and_goes_with_the_value() -> None:
    table = make_table()
    table.set_string(b"k", b"v", NOW + 5, 7)
    before = table.memory
    assert mc_items.known_cas(table, b"k") == 0
    assert table.memory == before
    number = mc_items.cas_at(table, b"k")
    assert mc_items.known_cas(table, b"k") == mc_items.cas_at(table, b"k") == number
    assert (table.read(b"k"), table.deadline(b"k")) == (b"v", NOW + 5)
    assert table.memcached_flags(b"k") == 7
    table.check()
    table.set_string(b"k", b"v")
    assert mc_items.known_cas(table, b"k") == 0
    assert mc_items.cas_at(table, b"k") > number


def test_a_change_in_place_gives_a_new_number() -> None:
    table = make_table()
    table.set_string(b"k", b"abc")
    number = mc_items.cas_at(table, b"k")
    table.overwrite(b"k", 1, b"x")
    assert mc_items.known_cas(table, b"k") not in (0, number)


def test_marks_stay_with_the_value() -> None:
    table = make_table()
    table.set_string(b"k", b"v")
    assert mc_items.marks(table, b"k") == 0
    mc_items.set_marks(table, b"k", mc_items.MARK_STALE | mc_items.MARK_WON)
    mc_items.mark_fetched(table, b"k")
    table.set_deadline(b"k", NOW + 9)
    assert mc_items.marks(table, b"k") == mc_items.MARK_STALE | mc_items.MARK_WON
    assert mc_items.is_fetched(table, b"k")
    mc_items.begin_anew(table, b"k")
    assert mc_items.marks(table, b"k") == 0
    assert not mc_items.is_fetched(table, b"k")
    table.set_string(b"k", b"v")
    assert mc_items.marks(table, b"k") == 0


def test_who_is_not_there_has_none() -> None:
    table = make_table()
    assert mc_items.known_cas(table, b"k") == mc_items.marks(table, b"k") == 0
    assert not mc_items.is_fetched(table, b"k")
    mc_items.mark_fetched(table, b"k")
    mc_items.begin_anew(table, b"k")
    with pytest.raises(KeyError):
        mc_items.cas_at(table, b"k")
    assert mc_items.fresh_cas() < mc_items.fresh_cas()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["set", "cas", "mark", "deadline", "never", "overwrite", "move", "drop"]
            ),
            st.sampled_from(KEYS),
            st.binary(max_size=40) | st.just(b"5" * 70_000),
        ),
        max_size=40,
    )
)
def test_the_field_disturbs_no_other(steps: list[tuple[str, bytes, bytes]]) -> None:
    table = make_table()
    model: dict[bytes, tuple[bytes, int]] = {}
    for step, key, value in steps:
        if step == "set":
            table.set_string(key, value, -1, len(value) & 3)
            model[key] = (value, -1)
        elif key in model:
            old, deadline = model[key]
            if step == "cas":
                mc_items.set_cas(table, key, 77)
            elif step == "mark":
                mc_items.set_marks(table, key, 1)
            elif step in ("deadline", "never"):
                deadline = NOW + 5 if step == "deadline" else -1
                table.set_deadline(key, deadline)
                model[key] = (old, deadline)
            elif step == "overwrite":
                table.overwrite(key, len(old), value)
                model[key] = (old + value, deadline)
            elif step == "drop":
                table.delete(key)
                del model[key]
            else:
                table.move(key, table, b"moved")
                model[b"moved"] = model.pop(key)
        table.check()
    for key, (value, deadline) in model.items():
        assert (table.read(key), table.deadline(key)) == (value, deadline)
    assert len(table) == len(model)
