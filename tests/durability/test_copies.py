"""A few rounds of kills with a replica; `python -m tests.durability --copies` does many."""

from tests.durability.copies import MOMENTS, run_copy_rounds


def test_what_wait_has_promised_is_there_whoever_is_left() -> None:
    tally = run_copy_rounds(len(MOMENTS), seed=5, tell=lambda _: None)
    assert tally.answered > 0
    assert set(tally.rounds) == set(MOMENTS)
