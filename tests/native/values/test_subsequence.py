"""Longest common subsequences beside the table that everybody learns."""

from hypothesis import given
from hypothesis import strategies as st

from dflite.native.values.subsequence import common_length, common_runs

Runs = list[tuple[int, int, int]]


def by_the_table(first: bytes, second: bytes) -> tuple[int, Runs]:
    """The length, and the runs found walking back: from the end, `second`'s dropped on a tie."""
    table = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in range(1, len(first) + 1):
        for j in range(1, len(second) + 1):
            if first[i - 1] == second[j - 1]:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    runs: Runs = []
    i, j = len(first), len(second)
    while i and j:
        if first[i - 1] == second[j - 1]:
            i, j = i - 1, j - 1
            if runs and runs[-1][0] == i + 1 and runs[-1][1] == j + 1:
                runs[-1] = (i, j, runs[-1][2] + 1)
            else:
                runs.append((i, j, 1))
        elif table[i - 1][j] > table[i][j - 1]:
            i -= 1
        else:
            j -= 1
    return table[-1][-1], runs


few_letters = st.lists(st.sampled_from(b"abc"), max_size=150).map(bytes)
any_bytes = st.binary(max_size=150)


@given(few_letters, few_letters)
def test_runs_and_length_are_those_of_the_table(first: bytes, second: bytes) -> None:
    length, runs = by_the_table(first, second)
    assert common_length(first, second) == length
    assert common_runs(first, second) == runs


@given(any_bytes, any_bytes)
def test_any_bytes_will_do(first: bytes, second: bytes) -> None:
    length, runs = by_the_table(first, second)
    assert common_length(first, second) == length
    assert common_runs(first, second) == runs


def test_an_empty_string_has_nothing_in_common() -> None:
    assert common_length(b"", b"abc") == common_length(b"abc", b"") == common_length(b"", b"") == 0
    assert common_runs(b"", b"abc") == common_runs(b"abc", b"") == common_runs(b"", b"") == []


def test_long_strings_are_one_run_when_equal() -> None:
    text = bytes(range(256)) * 40
    assert common_length(text, text) == len(text)
    assert common_runs(text, text) == [(0, 0, len(text))]


def test_one_long_and_one_short_string_take_no_more_room_than_their_table() -> None:
    text = b"x" * 5_000_000 + b"y"
    assert common_length(text, b"y") == 1
    assert common_runs(b"y", text) == [(0, 5_000_000, 1)]
