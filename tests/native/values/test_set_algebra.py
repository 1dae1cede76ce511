"""Combining sets beside Python's: of all forms, empty places and one set twice among them."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.values import set_algebra, set_walks, sets

KEYS = (b"a", b"b", b"c")
MEMBERS = st.one_of(
    st.integers(-5, 40).map(lambda number: b"%d" % number),
    st.integers(0, 40).map(lambda number: b"m%d" % number),
    st.sampled_from([b"", b"007", b"-0", b"y" * 300]),
)
# Integers only, packed ones, and too many of them for either.
SETS = st.one_of(
    st.sets(st.integers(-5, 40).map(lambda number: b"%d" % number)),
    st.sets(MEMBERS, max_size=30),
    st.sets(st.integers(0, 300).map(lambda number: b"m%d" % number), min_size=129, max_size=200),
)
SOURCES = st.lists(st.sampled_from([*KEYS, b"none"]), min_size=1, max_size=4)


@given(values=st.lists(SETS, min_size=len(KEYS), max_size=len(KEYS)), keys=SOURCES)
def test_combines_as_python_does(values: list[set[bytes]], keys: list[bytes]) -> None:
    table = Table(Clock(1))
    model = dict(zip(KEYS, values, strict=True))
    for key, members in model.items():
        if members:
            sets.add(table, key, sorted(members))
    sources = [(table, key) for key in keys]
    first, *rest = [model.get(key, set()) for key in keys]
    for found, expected in (
        (set_algebra.intersection(sources), first.intersection(*rest)),
        (set_algebra.union(sources), first.union(*rest)),
        (set_algebra.difference(sources), first.difference(*rest)),
    ):
        assert len(found) == len(set(found))
        assert set(found) == expected
    common = len(first.intersection(*rest))
    assert set_algebra.count_intersection(sources) == common
    assert set_algebra.count_intersection(sources, 3) == min(common, 3)
    for key, members in model.items():
        assert set(set_walks.members(table, key)) == members
    table.check()


@given(first=SETS, second=SETS)
def test_the_way_of_a_difference_is_chosen_without_changing_its_result(
    first: set[bytes], second: set[bytes]
) -> None:
    """Whether all of the first are looked up in the rest, or the rest are taken from it."""
    table = Table(Clock(1))
    for key, members in ((b"a", first), (b"b", second)):
        if members:
            sets.add(table, key, sorted(members))
    for sources in ([(table, b"a"), (table, b"b")], [(table, b"b"), (table, b"a")]):
        expected = first - second if sources[0][1] == b"a" else second - first
        assert isinstance(set_algebra.takes_all_first(sources), bool)
        assert set(set_algebra.difference(sources)) == expected
