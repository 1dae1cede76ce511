"""Unions, intersections and differences beside what dicts say."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.table import Table
from dflite.native.sorted_sets import zset_algebra, zsets
from dflite.native.sorted_sets.sortedset import SortedSet, pairs_of, sorted_set
from dflite.native.sorted_sets.zset_algebra import (
    AGGREGATE_MAX,
    AGGREGATE_MIN,
    AGGREGATE_SUM,
    Source,
)
from dflite.native.values import sets
from dflite.native.values.thresholds import set_threshold
from dflite.native.wire.reply import Reply

INFINITY = float("inf")
JOIN: dict[int, Callable[[float, float], float]] = {
    AGGREGATE_SUM: lambda a, b: a + b,
    AGGREGATE_MIN: min,
    AGGREGATE_MAX: max,
}
ZSETS = st.dictionaries(
    st.integers(0, 30).map(lambda number: b"m%d" % number),
    st.integers(-5, 5).map(float),
    max_size=20,
)


@pytest.fixture(autouse=True)
def default_threshold() -> Iterator[None]:
    yield
    set_threshold("zset_max_listpack_entries", 128)


def sources_of(
    table: Table, inputs: list[dict[bytes, float]], weights: list[float]
) -> list[Source]:
    for i, pairs in enumerate(inputs):
        if pairs and i % 3 == 2:
            sets.add(table, b"%d" % i, list(pairs))
        elif pairs:
            zsets.add(table, b"%d" % i, list(pairs.values()), list(pairs))
    return [Source(table, b"%d" % i, weight) for i, weight in enumerate(weights)]


def weighted(inputs: list[dict[bytes, float]], weights: list[float]) -> list[dict[bytes, float]]:
    """What the sources say: a set's scores are 1."""
    return [
        {member: (1.0 if i % 3 == 2 else score) * weights[i] for member, score in pairs.items()}
        for i, pairs in enumerate(inputs)
    ]


@pytest.mark.parametrize("entries", [128, 0])
@settings(deadline=None)
@given(
    st.lists(st.tuples(ZSETS, st.sampled_from([1.0, 2.0, -1.0])), min_size=1, max_size=4),
    st.sampled_from([AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX]),
)
def test_they_are_what_dicts_say(
    entries: int, inputs: list[tuple[dict[bytes, float], float]], aggregate: int
) -> None:
    set_threshold("zset_max_listpack_entries", entries)
    given_pairs, weights = [pair[0] for pair in inputs], [pair[1] for pair in inputs]
    clock = Clock(1)
    table = Table(clock)
    sources = sources_of(table, given_pairs, weights)
    models = weighted(given_pairs, weights)
    join = JOIN[aggregate]
    any_has: dict[bytes, float] = {}
    for model in models:
        for member, score in model.items():
            any_has[member] = join(any_has[member], score) if member in any_has else score
    common = {member for member in models[0] if all(member in model for model in models)}
    only_first = {
        member: score
        for member, score in models[0].items()
        if not any(member in model for model in models[1:])
    }
    results = [
        (zset_algebra.union(clock, sources, aggregate), any_has),
        (
            zset_algebra.intersection(clock, sources, aggregate),
            {member: any_has[member] for member in common},
        ),
        (zset_algebra.difference(clock, sources), only_first),
    ]
    for zset, expected in results:
        zset.check()
        assert dict(pairs_of(zset)) == expected
    assert zset_algebra.count_common(sources, 0) == len(common)
    assert zset_algebra.count_common(sources, 2) == min(len(common), 2)


def test_infinities_that_cancel_each_other_make_0() -> None:
    clock = Clock(1)
    table = Table(clock)
    zsets.add(table, b"a", [INFINITY], [b"m"])
    zsets.add(table, b"b", [-INFINITY], [b"m"])
    sources = [Source(table, b"a"), Source(table, b"b")]
    assert pairs_of(zset_algebra.union(clock, sources, AGGREGATE_SUM)) == [(b"m", 0)]
    assert pairs_of(zset_algebra.intersection(clock, sources, AGGREGATE_SUM)) == [(b"m", 0)]
    nothing = [Source(table, b"a", 0.0)]
    assert pairs_of(zset_algebra.union(clock, nothing, AGGREGATE_SUM)) == [(b"m", 0)]


def test_strings_are_no_source() -> None:
    table = Table(Clock(1))
    table.set_string(b"a", b"text")
    with pytest.raises(TypeError):
        Source(table, b"a")


def test_what_is_put_is_packed_if_it_is_small() -> None:
    clock = Clock(1)
    table = Table(clock)
    pairs = [(b"m%03d" % i, i / 2) for i in range(128)]
    zset_algebra.put(table, b"a", sorted_set(clock, pairs))
    assert table.encoding_of(b"a") == 4
    assert zsets.size(table, b"a") == 128
    assert zsets.rank(table, b"a", b"m007") == (7, 3.5)
    zset_algebra.put(table, b"a", sorted_set(clock, [*pairs, (b"x", 0)]))
    value = table.read(b"a")
    assert isinstance(value, SortedSet)
    assert len(value) == 129
    zset_algebra.put(table, b"a", sorted_set(clock, [(b"x" * 65, 0)]))
    assert isinstance(table.read(b"a"), SortedSet)
    with pytest.raises(ValueError, match="without members"):
        zset_algebra.put(table, b"a", sorted_set(clock, []))


def test_all_members_are_answered() -> None:
    zset = sorted_set(Clock(1), [(b"a", 1), (b"b", 2.5)])
    for resp3, scores, expected in (
        (False, False, b"*2\r\n$1\r\na\r\n$1\r\nb\r\n"),
        (False, True, b"*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$3\r\n2.5\r\n"),
        (True, True, b"*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n"),
    ):
        reply = Reply(resp3)
        zset_algebra.answer(zset, reply, scores)
        assert reply.take() == expected
