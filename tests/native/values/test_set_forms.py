"""Up to which size a set is integers or packed elements."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import set_forms, set_walks, sets
from tests.native.models import INT64_MAX, INT64_MIN


def forms(members: list[bytes]) -> list[int]:
    """The form after each of these was added."""
    table = Table(Clock(1))
    found = []
    for member in members:
        sets.add(table, b"k", [member])
        found.append(set_forms.form(table, b"k"))
    return found


def test_integers_stay_integers_up_to_the_threshold() -> None:
    found = forms([b"%d" % number for number in range(513)])
    assert set(found[:512]) == {set_forms.INTEGERS}
    assert found[512] == set_forms.LARGE


def test_another_member_makes_integers_packed_elements() -> None:
    assert forms([b"1", b"2", b"x"]) == [set_forms.INTEGERS, set_forms.INTEGERS, set_forms.PACKED]


def test_another_member_makes_many_integers_a_large_set() -> None:
    assert forms([*[b"%d" % number for number in range(128)], b"x"])[-1] == set_forms.LARGE
    assert forms([*[b"%d" % number for number in range(127)], b"x"])[-1] == set_forms.PACKED


def test_packed_elements_stay_packed_up_to_the_thresholds() -> None:
    found = forms([b"m%d" % number for number in range(129)])
    assert set(found[:128]) == {set_forms.PACKED}
    assert found[128] == set_forms.LARGE
    assert forms([b"x" * 64]) == [set_forms.PACKED]
    assert forms([b"x" * 65]) == [set_forms.LARGE]
    assert forms([b"x", b"y" * 65]) == [set_forms.PACKED, set_forms.LARGE]


def test_many_members_at_once_need_no_small_form() -> None:
    table = Table(Clock(1))
    sets.add(table, b"k", [b"x"] * 129)
    assert set_forms.form(table, b"k") == set_forms.LARGE
    sets.add(table, b"p", [b"x"])
    sets.add(table, b"p", [b"x"] * 129)
    assert set_forms.form(table, b"p") == set_forms.LARGE
    sets.add(table, b"i", [b"1"])
    sets.add(table, b"i", [b"1"] * 513)
    assert set_forms.form(table, b"i") == set_forms.LARGE


def test_many_sets_of_eight_integers_are_small() -> None:
    table = Table(Clock(1))
    count = 20_000
    for number in range(count):
        sets.add(table, b"key:%09d" % number, [b"%d" % (number % 1000 + n) for n in range(8)])
    assert table.memory / count < 64


@given(st.lists(st.integers(INT64_MIN, INT64_MAX), min_size=1, max_size=20))
def test_wider_integers_widen_all(numbers: list[int]) -> None:
    table = Table(Clock(1))
    for number in numbers:
        sets.add(table, b"k", [b"%d" % number])
    assert [int(member) for member in set_walks.members(table, b"k")] == sorted(set(numbers))
    set_forms.check(table, b"k")
