"""Integers in order beside Python's sorted lists: the format, and where a number is or goes."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.values.intset import blob_of, index_of, integers_of
from tests.native.models import INT64_MAX, INT64_MIN

EDGES = [
    edge + step for edge in (0, 2**15, -(2**15), 2**31, -(2**31)) for step in (-2, -1, 0, 1)
] + [INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX]
NUMBERS = st.one_of(
    st.integers(-300, 300), st.sampled_from(EDGES), st.integers(INT64_MIN, INT64_MAX)
)


@given(st.sets(NUMBERS, max_size=40))
def test_a_blob_holds_its_integers(numbers: set[int]) -> None:
    assert integers_of(blob_of(sorted(numbers))) == sorted(numbers)


@given(st.sets(NUMBERS, max_size=40))
def test_a_blob_is_as_wide_as_its_widest_integer(numbers: set[int]) -> None:
    width = 2
    for number in numbers:
        while not -(2 ** (8 * width - 1)) <= number < 2 ** (8 * width - 1):
            width *= 2
    assert len(blob_of(sorted(numbers))) == 1 + width * len(numbers)


@given(st.sets(NUMBERS, max_size=40), NUMBERS)
def test_a_number_is_found_where_it_is_or_goes(numbers: set[int], number: int) -> None:
    ordered = sorted(numbers)
    found, index = index_of(blob_of(ordered), number)
    assert found == (number in numbers)
    assert index == bisect_left(ordered, number)
