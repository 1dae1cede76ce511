"""Large sorted sets, the tree and the index beside it, against a list that is sorted anew."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dflite.native.base.clock import Clock
from dflite.native.keyspace.value import buried, free_buried, value_memory
from dflite.native.sorted_sets.sortedset import SortedSet, pairs_of, sorted_set

Pairs = list[tuple[bytes, float]]

SIZES = (0, 1, 2, 63, 64, 65, 200, 2_000, 5_000)
SCORES = st.one_of(
    st.integers(-3, 3).map(float),
    st.sampled_from(
        [0.0, -0.0, 0.5, 2.0**43, -(2.0**43), 2.0**43 - 1, float("inf"), float("-inf"), 5e-324]
    ),
    st.floats(allow_nan=False),
)
MEMBERS = st.one_of(
    st.binary(max_size=4),
    st.sampled_from([0, 7, 24, 254, 255, 256, 70_000]).map(lambda length: b"m" * length),
)


def in_order(pairs: Pairs) -> Pairs:
    return sorted(pairs, key=lambda pair: (pair[1], pair[0]))


def made(pairs: Pairs) -> SortedSet:
    return sorted_set(Clock(1), pairs)


def named(count: int) -> list[bytes]:
    return [b"member:%06d" % i for i in range(count)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", ["upwards", "downwards", "shuffled", "equal", "from both ends"])
def test_members_are_in_order_however_they_come(size: int, way: str) -> None:
    pairs = [(member, float(i)) for i, member in enumerate(named(size))]
    if way == "downwards":
        pairs.reverse()
    elif way == "shuffled":
        random.Random(size).shuffle(pairs)
    elif way == "equal":
        pairs = [(member, 1.0) for member, _score in pairs]
        random.Random(size).shuffle(pairs)
    elif way == "from both ends":
        pairs = [pairs[i // 2 if i % 2 else -1 - i // 2] for i in range(size)]
    zset = made(pairs)
    zset.check()
    assert pairs_of(zset) == in_order(pairs)


@given(st.dictionaries(MEMBERS, SCORES, max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_scores_and_members_come_back(pairs: dict[bytes, float]) -> None:
    zset = made(list(pairs.items()))
    zset.check()
    found = pairs_of(zset)
    assert found == in_order(list(pairs.items()))
    assert [str(score) for _m, score in found if score == 0] == [
        str(pairs[member]) for member, score in found if score == 0
    ]


def test_a_copy_is_equal_and_shares_nothing() -> None:
    pairs = [(member, float(i % 100)) for i, member in enumerate(named(3_000))]
    zset = made(pairs)
    other = zset.copy()
    other.check()
    assert pairs_of(other) == in_order(pairs)
    del zset
    other.check()
    assert pairs_of(other) == in_order(pairs)


def test_a_member_is_named_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        made([(b"a", 1.0), (b"a", 2.0)])


def test_what_it_holds_is_charged_and_given_back() -> None:
    while buried():
        free_buried(1_000_000)
    before = value_memory()
    zset = made([(member, 0.25) for member in named(1_000)])
    assert value_memory() - before == zset.memory
    del zset
    assert value_memory() == before


@pytest.mark.parametrize(("score", "most"), [(1.0, 60), (0.25, 76)])
def test_a_member_takes_few_bytes(score: float, most: int) -> None:
    members = [b"%016d" % i for i in range(50_000)]
    random.Random(1).shuffle(members)
    zset = made([(member, score * i) for i, member in enumerate(members)])
    assert zset.memory < most * len(members)


def test_its_form_has_redis_name() -> None:
    assert made([]).encoding == b"skiplist"
