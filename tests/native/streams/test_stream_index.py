"""The index of streams against a sorted list."""

from bisect import bisect_left, insort

from hypothesis import given, settings
from hypothesis import strategies as st

from dflite.native.streams.stream_index import IdSet

IDS = st.one_of(
    st.integers(0, 400),
    st.integers(0, 400).map(lambda n: n << 64),
    st.integers((1 << 128) - 50, (1 << 128) - 1),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), IDS), max_size=600))
def test_it_holds_what_a_sorted_list_holds(steps: list[tuple[bool, int]]) -> None:
    ids = IdSet()
    model: list[int] = []
    for adds, number in steps:
        there = number in model
        if adds:
            assert ids.add(number) is not there
            if not there:
                insort(model, number)
        else:
            at = bisect_left(model, number)
            following = ids.remove(number)
            if there:
                model.remove(number)
                assert following == (model[at] if at < len(model) else -1)
            else:
                assert following == -2
        ids.check()
    assert len(ids) == len(model)
    for _adds, number in steps[:20]:
        assert ids.from_id(number) == model[bisect_left(model, number) :]
    assert ids.backwards() == model[::-1]
    assert ids.copy().from_id(0) == model


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 200), st.booleans())
def test_many_ids_come_and_go(count: int, stride: int, from_the_front: bool) -> None:
    ids = IdSet()
    numbers = [n * stride for n in range(count)]
    for number in numbers:
        ids.add(number)
    for number in numbers[::2]:
        ids.add(number + 1)  # in between
    ids.check()
    model = sorted({*numbers, *[number + 1 for number in numbers[::2]]})
    gone = model[: len(model) * 3 // 4] if from_the_front else model[::3] + model[1::3]
    for number in gone:
        ids.remove(number)
    ids.check()
    left = sorted(set(model) - set(gone))
    assert ids.from_id(0) == left
